"""Who is behind the ids of a report: the organisation's list of users, by e-mail."""

from collections.abc import Mapping, Set

from bot.domain.pulls import ProviderRefused
from bot.providers.rows import Remarks
from bot.providers.vendor import Vendor


class People:
    """An organisation's people, remembered from day to day."""

    def __init__(self, vendor: Vendor, path: str, *, cursor: str) -> None:
        """`cursor` is the parameter after which a page of the list begins."""
        self._vendor = vendor
        self._path = path
        self._cursor = cursor
        self._emails: Mapping[str, str] = {}
        #: In no list of users when it was read: they have left, or are services.
        self._gone: set[str] = set()

    def emails(self, users: Set[str], remarks: Remarks) -> Mapping[str, str]:
        """The e-mail behind each id; the list is read again where one of these is new."""
        if users - self._emails.keys() - self._gone:
            try:
                self._emails = self._vendor.emails(self._path, cursor=self._cursor)
            except ProviderRefused as refused:  # a key that may not see it still sees the figures
                remarks.add(f"people appear by their ids, for {refused}")
            self._gone |= users - self._emails.keys()
        return self._emails
