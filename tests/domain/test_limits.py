"""Of several limits, which refuses a call, and which it goes beyond."""

from bot.domain.limits import Limit, Measure, exceeded, narrowest, tightest

ALLOWANCE = Limit(measure=Measure.ALLOWANCE, most=1_000, used=250, grace=100)
DAY = Limit(measure=Measure.DAY, most=800, used=50)
CHAIN = (ALLOWANCE, DAY)


def test_the_narrowest_is_what_a_call_meets_first_grace_included() -> None:
    assert narrowest(CHAIN) == DAY
    assert narrowest((Limit(measure=Measure.REQUEST, most=750), DAY)).measure is Measure.REQUEST


def test_of_those_that_refuse_the_narrowest_is_named() -> None:
    assert tightest(CHAIN, 750) is None
    assert tightest(CHAIN, 751) == DAY
    assert tightest(CHAIN, 851) == DAY
    assert tightest((ALLOWANCE,), 851) == ALLOWANCE


def test_what_passes_by_its_grace_goes_beyond_what_there_is() -> None:
    assert exceeded((ALLOWANCE,), 750) is None
    assert exceeded((ALLOWANCE,), 751) == ALLOWANCE
    assert exceeded(CHAIN, 751) == ALLOWANCE
