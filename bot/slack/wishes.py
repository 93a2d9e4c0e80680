"""What a command's words ask for: whole, or a draft for the form that asks for the rest."""

from collections.abc import Sequence
from dataclasses import dataclass

from bot.domain import amounts
from bot.domain.directory import UserId
from bot.domain.refusals import AmountFault, AmountRefused, NotAPerson
from bot.slack.payloads import as_typed, mention

_LINKING = frozenset({"to", "from", "and", ","})


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """People, an amount and a reason; `tokens` is None where the amount is missing."""

    people: tuple[UserId, ...]
    tokens: int | None
    typed_amount: str
    reason: str


def with_people(words: Sequence[str]) -> Wish:
    """`@ana @ben 1M for the demo`. People named after the amount, without `for`, leave it open.

    Raises `NotAPerson` for a word that stands where a mention belongs, and `AmountRefused`.
    """
    people, rest = _leading_people(words)
    if rest and not people and looks_like_amount(rest[0]):
        return _amount_first(rest)
    if rest and not looks_like_amount(rest[0]):
        typed = as_typed(rest[0])
        if people and not typed.startswith(("@", "#", "!")):
            raise AmountRefused(typed, AmountFault.NOT_A_NUMBER)
        raise NotAPerson(typed)
    if len(rest) > 1 and mention(rest[1]):
        later, reason = _leading_people(rest[1:])
        return _draft([*people, *later], rest[0], reason)
    if not rest:
        return _draft(people, "", ())
    tokens, reason = amounts.read([as_typed(word) for word in rest])
    return Wish(
        people=tuple(people), tokens=tokens, typed_amount=as_typed(rest[0]), reason=" ".join(reason)
    )


def without_people(words: Sequence[str]) -> Wish:
    """`500k for the demo`. Raises `AmountRefused`."""
    if not words:
        return _draft([], "", ())
    tokens, reason = amounts.read([as_typed(word) for word in words])
    return Wish(people=(), tokens=tokens, typed_amount=as_typed(words[0]), reason=" ".join(reason))


def _amount_first(words: Sequence[str]) -> Wish:
    """`1M @ana`: the form opens with both, so that the person sees what was understood."""
    tokens, _ = amounts.read([as_typed(word) for word in words])
    people, reason = _leading_people(words[1:])
    return _draft(people, amounts.exact(tokens), reason)


def _draft(people: Sequence[UserId], typed_amount: str, reason: Sequence[str]) -> Wish:
    said = [as_typed(word) for word in reason]
    if said and said[0].lower() == "for":
        said = said[1:]
    return Wish(
        people=tuple(people),
        tokens=None,
        typed_amount=as_typed(typed_amount),
        reason=" ".join(said),
    )


def _leading_people(words: Sequence[str]) -> tuple[list[UserId], Sequence[str]]:
    people: list[UserId] = []
    for position, word in enumerate(words):
        user_id = mention(word)
        if user_id is not None:
            people.append(user_id)
        elif word.lower() not in _LINKING:
            return people, words[position:]
    return people, ()


def looks_like_amount(word: str) -> bool:
    """A digit, perhaps after a sign or a point: whatever it is, it is no name."""
    return as_typed(word).lstrip("+-−–.")[:1].isdigit()
