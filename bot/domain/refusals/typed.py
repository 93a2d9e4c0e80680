"""What was typed, and can't be taken as it is."""

from dataclasses import dataclass
from enum import StrEnum

from bot.domain.refusals.refusal import Refusal


class AmountFault(StrEnum):
    """Why an amount can't be read as a number of tokens."""

    EMPTY = "empty"
    NOT_A_NUMBER = "not_a_number"
    ZERO = "zero"
    NEGATIVE = "negative"
    FRACTION = "fraction"
    TOO_LARGE = "too_large"
    DECIMAL_COMMA = "decimal_comma"
    DOTTED_THOUSANDS = "dotted_thousands"
    EXPONENT = "exponent"
    FOREIGN_DIGITS = "foreign_digits"
    SPACED = "spaced"


@dataclass(eq=False)
class AmountRefused(Refusal):
    """`typed` is no amount; `nearest` is what was probably meant, in a form that would be read."""

    typed: str
    fault: AmountFault
    nearest: str | None = None


@dataclass(eq=False)
class NoteTooLong(Refusal):
    """A reason of `length` characters, where `limit` fit."""

    length: int
    limit: int
