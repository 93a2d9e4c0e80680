"""Shortcuts: each callback id and what it does."""

from collections.abc import Callable, Mapping
from datetime import datetime
from types import MappingProxyType

from bot.slack.answers import Answer, Later
from bot.slack.ids import Shortcut
from bot.slack.listeners.shortcuts import estimates
from bot.slack.shortcuts import Chosen
from bot.storage.database import Database

Handler = Callable[[Database, Chosen, datetime], Answer | Later]

SHORTCUTS: Mapping[Shortcut, Handler] = MappingProxyType(
    {
        Shortcut.ESTIMATE: estimates.estimate,
    }
)
