"""The real bot in a playground, in this process, as `tokenbot playground` builds it."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bot.playground import launch
from bot.playground.house import House
from bot.playground.server import SimulatedSlack


@contextmanager
def playground(place: Path) -> Iterator[SimulatedSlack]:
    """A playground with its story told; its ledger is in that folder."""
    clock = launch._clock(place)
    slack = SimulatedSlack(clock=clock, signing_clock=clock)
    with slack:
        house = House(slack, clock, place, lambda port: launch._settings(slack, place, port))
        try:
            assert house.open() == []
            slack.simulate.house = house
            yield slack
        finally:
            house.close()
