"""The socket on which requests come in, and how they are served."""

import socket
from ipaddress import ip_address

import uvicorn
from fastapi import FastAPI

from bot.config import Settings, SettingsRefused

#: What is in hand at the end has so long to finish.
GRACE_SECONDS = 10
_BACKLOG = 1_024


def listen(settings: Settings) -> socket.socket:
    """The listening socket. Raises `SettingsRefused` when the address can't be had."""
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    listening = socket.socket(family)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((settings.host, settings.port))
        listening.listen(_BACKLOG)
    except OSError as error:
        listening.close()
        raise SettingsRefused(
            f"Can't listen on {settings.host}:{settings.port} ({error.strerror}). "
            "Set PORT or HOST to something else."
        ) from None
    return listening


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach who listens there."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def config(web: FastAPI) -> uvicorn.Config:
    """How the app is served; we log ourselves."""
    return uvicorn.Config(
        web,
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=GRACE_SECONDS,
    )
