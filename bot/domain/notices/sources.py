"""What admins are told of the sources of usage."""

from collections.abc import Mapping
from dataclasses import dataclass

from bot.domain.directory import UserId


@dataclass(frozen=True, slots=True, kw_only=True)
class SourcesSilent:
    """Sources fell silent while people are active; told of those that are silent still by then."""

    recipient: UserId
    #: Each with the moment since when nothing came, as in 2026-03-02T09:30:00.000000+00:00.
    sources: Mapping[str, str]
    #: The recipient was told of all of them a week ago.
    is_reminder: bool
