from inspect import signature
from typing import get_args

import pytest

from bot.domain import refusals
from bot.domain.refusals import AnyRefusal, Refusal


def every_subclass(kind: type[Refusal]) -> set[type[Refusal]]:
    below = set(kind.__subclasses__())
    return below.union(*(every_subclass(each) for each in below))


def test_the_union_names_every_refusal() -> None:
    assert set(get_args(AnyRefusal)) == every_subclass(Refusal)


@pytest.mark.parametrize("kind", get_args(AnyRefusal), ids=lambda kind: kind.__name__)
def test_the_tree_at_the_top_of_the_module_shows_every_refusal(kind: type[Refusal]) -> None:
    assert kind.__name__ in str(refusals.__doc__)
    assert kind.__doc__


@pytest.mark.parametrize("kind", get_args(AnyRefusal), ids=lambda kind: kind.__name__)
def test_a_refusal_can_be_raised_through_a_with_block(kind: type[Refusal]) -> None:
    refusal = kind(*[None for _ in signature(kind).parameters])

    with pytest.raises(kind) as caught:
        raise refusal

    assert caught.value is refusal
    assert hash(refusal)
