"""A stop over Socket Mode: what is in hand is answered, what comes after is left to others."""

import sqlite3
import threading
from concurrent.futures import ThreadPoolExecutor

from bot.playground.people import ANA, LEO
from tests.databases import Databases
from tests.slack.town import Town, town_on
from tests.waiting import until


def in_hand(town: Town) -> int:
    socket = town.bot._socket
    assert socket is not None
    return socket._handler._in_hand if socket._handler is not None else 0


def test_a_command_in_hand_is_answered_before_the_socket_closes(databases: Databases) -> None:
    with (
        databases.migrated("sqlite") as url,
        town_on(url, over_socket=True) as town,
        ThreadPoolExecutor(1) as people,
    ):
        town.settle()
        until(lambda: town.bot._socket is not None and town.bot._socket.is_connected)
        stranger = sqlite3.connect(url.removeprefix("sqlite:///"), isolation_level=None)
        stranger.execute("BEGIN IMMEDIATE")
        typed = people.submit(town.slack.command, LEO, "grant @ana 1M")
        until(lambda: in_hand(town) == 1)
        socket = town.bot._socket
        assert socket is not None
        closing = threading.Thread(target=socket.close)
        closing.start()
        stranger.rollback()
        stranger.close()

        outcome = typed.result(timeout=10)
        closing.join(timeout=10)

        assert "1M (1,000,000) tokens granted" in outcome.shown
        assert town.available(ANA) == 1_000_000
        assert not closing.is_alive()
