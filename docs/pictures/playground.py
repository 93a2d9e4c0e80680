"""The real bot in a simulated workspace, for one story."""

import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from pydantic import SecretStr

from bot import bootstrap
from bot.bootstrap import Handle, system_clock
from bot.bootstrap.watching import Watcher
from bot.config import Settings
from bot.domain.counts import Counts
from bot.domain.directory import Standing, UserId, WorkspaceId
from bot.domain.usage_events import SourceRole, UsageEvent
from bot.playground.clock import PlaygroundClock
from bot.playground.people import CAST, Person
from bot.playground.server import SimulatedSlack
from bot.services import members, usage

WORKSPACE = "T0PLAYGROUND"
#: A Monday. Every story begins then, so that pictures change only where the product does.
BEGIN = datetime(2026, 3, 2, 8, 30, tzinfo=UTC)
#: What happened before the first picture, where a channel would be empty.
NEWS = "Budgets for the search prototype are in. Ana, Ben: type `/tokens balance`."


@contextmanager
def workplace(
    folder: Path, people: Sequence[Person] = CAST
) -> Iterator[tuple[SimulatedSlack, Handle]]:
    """The bot in its workspace, on a clock that moves."""
    started = system_clock()
    clock = PlaygroundClock(lambda: BEGIN + (system_clock() - started))
    with SimulatedSlack(clock=clock, signing_clock=clock, people=people) as slack:
        settings = Settings(
            slack_bot_token=SecretStr(slack.bot_token),
            slack_signing_secret=SecretStr(slack.signing_secret),
            slack_app_token=None,
            slack_api_url=slack.api_url,
            database_url=f"sqlite:///{folder / 'pictures.db'}",
            host="127.0.0.1",
            port=0,
        )
        with bootstrap.running(settings, clock=clock) as handle:
            slack.bot_url, slack.travel.bot, slack.completion.bot = handle.url, handle, handle
            slack.feed.books = Watcher(handle.bot.database, clock)
            # The bot reads who is here once it has started; until then it knows no names.
            slack.wait_until(lambda: all(is_known(handle, one) for one in people), 15)
            yield slack, handle
            slack.travel.stop()


def is_known(handle: Handle, who: Person) -> bool:
    found = members.member(handle.bot.database, WorkspaceId(WORKSPACE), UserId(who.id))
    return found.standing is not Standing.UNSEEN


def use(handle: Handle, who: Person, tokens: int, model: str, project: str) -> None:
    """So many tokens in calls of about 20,000, the last of them now, as a gateway tells of them."""
    many = max(tokens // 20_000, 1)
    each, rest = divmod(tokens, many)
    take_in(
        handle,
        [
            event(
                who,
                handle.clock() - timedelta(minutes=9 * nth),
                model=model,
                counts=_parted(each + (rest if nth == 0 else 0)),
                project=project,
            )
            for nth in range(many)
        ],
    )


def _parted(tokens: int) -> Counts:
    output = tokens // 12
    return Counts(input_uncached=tokens - output, cache_read=0, cache_write=0, output=output)


def event(
    who: Person, at: datetime, *, model: str, counts: Counts, project: str = ""
) -> UsageEvent:
    """A call of somebody's."""
    return UsageEvent(
        source="litellm",
        external_id=f"chatcmpl-{uuid.uuid5(uuid.NAMESPACE_OID, f'{who.id} {at} {model}').hex[:16]}",
        occurred_at=at,
        user=who.email or who.id,
        model=model,
        provider="openai" if model.startswith("gpt") else "anthropic",
        counts=counts,
        cost_nano=counts.input * 900 + counts.output * 15_000,
        project=project,
    )


def take_in(handle: Handle, events: Sequence[UsageEvent]) -> None:
    taken = usage.take_in(
        handle.bot.database,
        WorkspaceId(WORKSPACE),
        events,
        role=SourceRole.GATEWAY,
        owner=None,
        actor="key:gateway",
        now=handle.clock(),
    )
    if taken.accepted != len(events):
        raise RuntimeError(f"{len(events) - taken.accepted} calls were not taken in")
