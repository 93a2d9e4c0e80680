"""Whether the app is there to answer."""

import asyncio
import contextlib
from urllib.parse import urlsplit

from bot.playground.delivery import Delivery

CONNECT_SECONDS_MAX = 1.0


async def is_there(delivery: Delivery) -> bool:
    """Whether something listens where requests go; a bot that nobody named is not missed."""
    if delivery.sockets.is_connected() or not delivery.bot_url:
        return True
    where = urlsplit(delivery.bot_url)
    try:
        opening = asyncio.open_connection(where.hostname, where.port)
        _, writer = await asyncio.wait_for(opening, CONNECT_SECONDS_MAX)
    except (OSError, TimeoutError):
        return False
    writer.close()
    with contextlib.suppress(OSError):
        await writer.wait_closed()
    return True
