"""Asked by every service that moves tokens: do these people take part here?"""

from collections.abc import Collection, Iterable

from bot.domain import participants as rules
from bot.domain.directory import Member, UserId, WorkspaceId
from bot.domain.refusals import Refusal
from bot.storage import settings
from bot.storage.database import Transaction


def refuse_absent(tx: Transaction, workspace_id: WorkspaceId, *people: Member) -> None:
    """Raises the refusal for the first who does not; the setting is read only for outsiders."""
    outsiders_take_part = _outsiders_take_part(tx, workspace_id, people)
    for person in people:
        rules.refuse_absent(person, outsiders_take_part=outsiders_take_part)


def absent(
    tx: Transaction, workspace_id: WorkspaceId, people: Collection[Member]
) -> frozenset[UserId]:
    """Those of them who do not."""
    outsiders_take_part = _outsiders_take_part(tx, workspace_id, people)
    return frozenset(
        person.user_id
        for person in people
        if _is_refused(person, outsiders_take_part=outsiders_take_part)
    )


def _outsiders_take_part(
    tx: Transaction, workspace_id: WorkspaceId, people: Iterable[Member]
) -> bool:
    return (
        any(rules.is_outsider(person) for person in people)
        and settings.value(tx, workspace_id, "outsiders_take_part") == "yes"
    )


def _is_refused(person: Member, *, outsiders_take_part: bool) -> bool:
    try:
        rules.refuse_absent(person, outsiders_take_part=outsiders_take_part)
    except Refusal:
        return True
    return False
