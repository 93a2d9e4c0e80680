"""Which of the clock's jobs have something to do."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Agenda:
    """Which jobs have something to do; others need not even look."""

    has_memberships: bool
    has_fundings: bool
    has_dues: bool
    has_old: bool
    has_true_ups: bool
    #: Calls that are kept no longer were not looked for today.
    has_old_usage: bool
    #: Who is who: somebody is found, or usage is not where it belongs.
    has_identities: bool
    #: Usage waits for its person, and nobody was told for a week.
    has_waiting: bool
    #: Nothing came from a source for a day, and not everybody was told of that, or reminded.
    has_silence: bool
    #: Notices waited for too long for a workspace that let go of the bot.
    has_stale: bool
