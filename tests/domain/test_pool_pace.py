"""How fast tokens leave a pool: what was granted lately, and its allowances by the day."""

from bot.domain.pace import Pace, of_pool

FORTNIGHT = Pace(tokens=1_400_000, days=14)


def test_allowances_count_by_their_share_of_a_day() -> None:
    found = of_pool(FORTNIGHT, allowances_a_week=2_100_000)

    assert found is not None
    assert found.per_day == 100_000 + 300_000


def test_a_pool_that_only_pays_allowances_has_a_pace() -> None:
    assert of_pool(None, allowances_a_week=700_000) == Pace(tokens=700_000, days=7)


def test_a_pool_without_allowances_goes_as_it_did() -> None:
    assert of_pool(FORTNIGHT, allowances_a_week=0) == FORTNIGHT
    assert of_pool(None, allowances_a_week=0) is None
