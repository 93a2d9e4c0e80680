"""Asked by every service that moves tokens: do these people take part here?"""

from bot.domain import participants as rules
from bot.domain.directory import Member, WorkspaceId
from bot.storage import settings
from bot.storage.database import Transaction


def refuse_absent(tx: Transaction, workspace_id: WorkspaceId, *people: Member) -> None:
    """Raises the refusal for the first who does not; the setting is read only for outsiders."""
    outsiders_take_part = (
        any(rules.is_outsider(person) for person in people)
        and settings.value(tx, workspace_id, "outsiders_take_part") == "yes"
    )
    for person in people:
        rules.refuse_absent(person, outsiders_take_part=outsiders_take_part)
