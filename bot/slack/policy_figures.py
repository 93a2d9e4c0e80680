"""Figures of a policy as they are typed, in a command or a form: tokens, or a part of the funds."""

from collections.abc import Mapping

from bot.domain import amounts
from bot.domain.policies import PERCENT_MAX
from bot.domain.refusals import AmountFault, AmountRefused, PolicyRefused


def share(typed: str, field: str) -> tuple[int | None, int | None]:
    """`200k` as tokens or `20%` as percent; the other is None.

    `field` is what the refusal names. Raises `AmountRefused` and `PolicyRefused`.
    """
    text = typed.strip()
    if not text.endswith("%"):
        return amounts.parse(text), None
    digits = text[:-1].strip()
    if digits.startswith(("-", "−", "–")):
        raise AmountRefused(typed, AmountFault.NEGATIVE)
    if not (digits.isascii() and digits.isdigit()):
        raise AmountRefused(typed, AmountFault.NOT_A_NUMBER, "10%")
    percent = int(digits[:4])
    if not 1 <= percent <= PERCENT_MAX:
        raise PolicyRefused(field, f"is from 1 % to {PERCENT_MAX} %")
    return None, percent


def grace(typed: str) -> Mapping[str, int]:
    """The fields of how far calls may go past the end."""
    tokens, percent = share(typed, "grace_percent")
    return {"grace_tokens": tokens or 0, "grace_percent": percent or 0}


def pace(typed: str) -> Mapping[str, int | None]:
    """The fields of the most that a person may use in a day."""
    tokens, percent = share(typed, "day_percent")
    return {"day_tokens": tokens, "day_percent": percent}
