"""What a member has."""

from dataclasses import dataclass

from bot.domain.directory import Member


@dataclass(frozen=True, slots=True, kw_only=True)
class Balance:
    """A member's tokens, as `viewer` may see them."""

    viewer: Member
    subject: Member
    balance: int
    held: int

    @property
    def available(self) -> int:
        return self.balance - self.held

    @property
    def is_own(self) -> bool:
        return self.viewer.user_id == self.subject.user_id
