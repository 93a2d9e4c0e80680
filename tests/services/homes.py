"""People who look at their Homes, and what is drawn for them."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from bot.domain.directory import UserId
from bot.domain.home import Home
from bot.domain.notices import HomeStale
from bot.services import directory, fresh_homes, home, outbox
from bot.storage.database import Database
from tests.company import Company


@dataclass(slots=True)
class Lookers:
    """Their Homes are drawn as delivery draws them, and Slack takes them all."""

    company: Company
    drawn: dict[UserId, list[Home]] = field(default_factory=dict)

    def open(self, *users: UserId) -> None:
        for user in users:
            directory.home_opened(
                self.company.database,
                self.company.workspace_id,
                user_id=user,
                event_id=f"open:{user}:{self.company.now}",
                now=self.company.later(milliseconds=1),
            )
        self.draw()

    def look(self, database: Database | None = None) -> list[UserId]:
        """Whose Homes were found to be stale, now."""
        fresh_homes.look(database or self.company.database, self.company.now)
        return sorted(self._owed())

    def fresh(self) -> list[UserId]:
        """The same, and they are drawn."""
        found = self.look()
        self.draw()
        return found

    def newest(self, user: UserId) -> Home:
        return self.drawn[user][-1]

    def draw(self) -> None:
        """Draw what is owed."""
        company = self.company
        for claimed in self._claimed():
            user = claimed.recipient
            sight = fresh_homes.sight(company.database, company.workspace_id, user)
            shown = home.home(company.database, company.workspace_id, user, company.now)
            fresh_homes.drawn(
                company.database,
                company.workspace_id,
                shown,
                of=sight,
                fingerprint=str(hash(str(shown))),
                now=company.now,
            )
            self.drawn.setdefault(user, []).append(shown)

    def _owed(self) -> Iterator[UserId]:
        for notice in self.company.notices():
            if isinstance(notice, HomeStale):
                yield notice.recipient

    def _claimed(self) -> Iterator[HomeStale]:
        company = self.company
        while found := outbox.claim(
            company.database, now=company.now, spacing=company.now - company.now, limit=50
        ):
            for one in found:
                outbox.mark_sent(company.database, one, None, company.now)
                if isinstance(one.notice, HomeStale):
                    yield one.notice
