"""Requests over kept connections, to a server that says what a test says, byte for byte."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

import pytest

from tokenbot_client.connections import Answer, Connections, CutOff, Unreachable

T = TypeVar("T")
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"


class Server:
    """Answers requests in turn; after None it hangs up without a word."""

    def __init__(self, *answers: bytes | None) -> None:
        self._answers = list(answers)
        self.connections = 0
        self.heard: list[bytes] = []

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        try:
            while self._answers:
                self.heard.append(await reader.readuntil(b"}"))
                answer = self._answers.pop(0)
                if answer is None:
                    break
                writer.write(answer)
                if b"Connection: close" in answer:
                    break
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()


def with_server(server: Server, act: Callable[[Connections], Awaitable[T]]) -> T:
    async def run() -> T:
        listening = await asyncio.start_server(server.serve, "127.0.0.1", 0)
        port = listening.sockets[0].getsockname()[1]
        connections = Connections(f"http://127.0.0.1:{port}/tokens", {"X-Key": "k"})
        try:
            return await act(connections)
        finally:
            await connections.close()
            listening.close()

    return asyncio.run(run())


async def ask(connections: Connections) -> Answer:
    return await connections.post("/v1/holds", b'{"amount": 1}')


def test_a_request_is_answered() -> None:
    server = Server(OK)

    assert with_server(server, ask) == Answer(200, b"{}")

    head, _, body = server.heard[0].partition(b"\r\n\r\n")
    assert head.startswith(b"POST /tokens/v1/holds HTTP/1.1\r\nHost: 127.0.0.1:")
    assert b"\r\nX-Key: k\r\n" in head
    assert head.endswith(b"Content-Length: 13")
    assert body == b'{"amount": 1}'


def test_a_connection_is_kept() -> None:
    server = Server(OK, OK, OK)

    async def ask_thrice(connections: Connections) -> None:
        for _ in range(3):
            await ask(connections)

    with_server(server, ask_thrice)

    assert (server.connections, len(server.heard)) == (1, 3)


@pytest.mark.parametrize(
    "first",
    [
        b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\n{}",
        b"HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\n{}",
    ],
)
def test_one_that_is_closed_is_not_used_again(first: bytes) -> None:
    server = Server(first, OK)

    async def ask_twice(connections: Connections) -> Answer:
        await ask(connections)
        return await ask(connections)

    assert with_server(server, ask_twice) == Answer(200, b"{}")
    assert server.connections == 2


def test_a_kept_one_that_is_just_being_closed_is_tried_once_more_on_another() -> None:
    server = Server(OK, None, OK)

    async def ask_twice(connections: Connections) -> Answer:
        await ask(connections)
        return await ask(connections)

    assert with_server(server, ask_twice) == Answer(200, b"{}")
    assert server.connections == 2


def test_who_hangs_up_and_is_gone_may_have_heard() -> None:
    async def run() -> None:
        server = Server(OK, None)
        listening = await asyncio.start_server(server.serve, "127.0.0.1", 0)
        port = listening.sockets[0].getsockname()[1]
        connections = Connections(f"http://127.0.0.1:{port}", {})
        await ask(connections)
        listening.close()
        await ask(connections)

    with pytest.raises(CutOff):
        asyncio.run(run())


def test_an_answer_in_chunks_is_put_together() -> None:
    server = Server(
        b"HTTP/1.1 402 Payment Required\r\nTransfer-Encoding: chunked\r\n\r\n"
        b'5\r\n{"a":\r\n3;x=y\r\n 1}\r\n0\r\nX-More: z\r\n\r\n',
        OK,
    )

    async def ask_twice(connections: Connections) -> list[Answer]:
        return [await ask(connections), await ask(connections)]

    assert with_server(server, ask_twice) == [Answer(402, b'{"a": 1}'), Answer(200, b"{}")]
    assert server.connections == 1


@pytest.mark.parametrize(
    "answer",
    [
        None,
        b"HTTP/1.1 200 OK\r\nContent-Length: 20\r\nConnection: close\r\n\r\n{}",
        b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n{}",
        b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 9999999999\r\n\r\n",
        b"HTTP/1.1 OK\r\nContent-Length: 0\r\n\r\n",
        b"hello\r\n\r\n",
        b"x" * 100_000 + b"\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nfffffff\r\n",
    ],
)
def test_what_is_no_answer_is_none(answer: bytes | None) -> None:
    with pytest.raises(CutOff):
        with_server(Server(answer), ask)


def test_who_waits_no_longer_leaves_no_answer_to_the_next() -> None:
    server = Server(b"HTTP/1.1 200 OK\r\n", OK)

    async def ask_twice(connections: Connections) -> Answer:
        with pytest.raises(asyncio.TimeoutError):
            await asyncio.wait_for(ask(connections), 0.05)
        return await ask(connections)

    assert with_server(server, ask_twice) == Answer(200, b"{}")
    assert server.connections == 2


def test_nobody_there() -> None:
    async def run() -> None:
        await ask(Connections("http://127.0.0.1:1", {}))

    with pytest.raises(Unreachable, match="ConnectionRefusedError"):
        asyncio.run(run())
