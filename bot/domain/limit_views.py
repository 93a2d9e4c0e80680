"""What limits somebody's calls, for whoever looks."""

from dataclasses import dataclass
from datetime import datetime

from bot.domain.directory import Member
from bot.domain.limits import Limit, Measure, narrowest
from bot.domain.policies import Mode, Rules

_OF_SOME = frozenset({Measure.MODEL, Measure.PROJECT})


@dataclass(frozen=True, slots=True, kw_only=True)
class UnderWay:
    """Calls whose holds are open."""

    calls: int = 0
    #: What they may use still, and what of that is held.
    tokens: int = 0
    held: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class LimitView:
    """The chain of a person's limits as it stands: what is enforced is what is shown."""

    viewer: Member
    subject: Member
    #: The team that pays, whose policy holds.
    team: str
    rules: Rules
    chain: tuple[Limit, ...]
    under_way: UnderWay
    #: Whether anything ever came to them or was used.
    is_begun: bool
    #: Whether the viewer may lift what refuses their calls.
    may_lift: bool
    #: The id of the latest lift, in force or not; empty where there never was one.
    latest_lift: str
    #: The model or project whose caps alone are shown; empty for all.
    about: str = ""
    now: datetime

    @property
    def is_own(self) -> bool:
        return self.viewer.user_id == self.subject.user_id

    @property
    def tightest(self) -> Limit:
        """What a call meets first as it grows, if all of these concern it."""
        return narrowest(self.chain)

    @property
    def deciding(self) -> Limit:
        """The same for any call; of caps only those that were asked about concern each."""
        return narrowest(self.chain if self.about else self.general)

    @property
    def refuses(self) -> bool:
        """Whether calls that don't fit are refused."""
        return self.rules.mode in {Mode.SOFT, Mode.HARD}

    @property
    def general(self) -> tuple[Limit, ...]:
        """Those of every call, in the order of the chain."""
        return tuple(one for one in self.chain if one.measure not in _OF_SOME)

    @property
    def caps(self) -> tuple[Limit, ...]:
        """Those of some models and projects, the tightest first."""
        found = [one for one in self.chain if one.measure in _OF_SOME]
        return tuple(sorted(found, key=lambda one: one.room))
