"""What is arranged beside the page: newcomers, and what sources tell of usage."""

from bot.bootstrap.handle import Handle
from bot.domain.directory import WorkspaceId
from bot.domain.usage_events import SourceRole, UsageEvent
from bot.playground.people import Person
from bot.playground.server import SimulatedSlack
from bot.services import usage


def newcomer(slack: SimulatedSlack, name: str) -> Person:
    """Somebody new, whose name is this and a number."""
    nth = len(slack.workspace.people)
    one = Person(id=f"U4{nth}NEW", name=f"{name}{nth}", real_name=f"{name.capitalize()} {nth}")
    slack.add_person(one)
    return one


def handle(slack: SimulatedSlack) -> Handle:
    found = slack.travel.bot
    assert isinstance(found, Handle)
    return found


def tell(slack: SimulatedSlack, *events: UsageEvent) -> None:
    """A gateway tells of these calls."""
    running = handle(slack)
    usage.take_in(
        running.bot.database,
        WorkspaceId(slack.team_id),
        events,
        role=SourceRole.GATEWAY,
        owner=None,
        actor="key:test",
        now=running.clock(),
    )
