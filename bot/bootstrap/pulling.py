"""The providers whose reports are pulled, as the settings say."""

from contextlib import closing

from bot.bootstrap.clock import Clock, system_clock
from bot.config import Settings
from bot.domain.pulls import Provider
from bot.providers import anthropic, openai
from bot.providers.anthropic import Anthropic
from bot.providers.openai import OpenAI
from bot.providers.vendor import Vendor
from bot.schedule import Puller
from bot.storage.database import Database


def pullers(settings: Settings, database: Database, clock: Clock) -> list[Puller]:
    """One for each provider that has an admin key."""
    made: list[Provider] = []
    if key := settings.openai_admin_key.get_secret_value():
        access = openai.access(key=key, url=settings.openai_api_url)
        made.append(OpenAI(Vendor(access, clock)))
    if key := settings.anthropic_admin_key.get_secret_value():
        access = anthropic.access(key=key, url=settings.anthropic_api_url)
        made.append(Anthropic(Vendor(access, clock)))
    return [
        Puller(database, provider, clock, workspace=settings.usage_workspace) for provider in made
    ]


def pull_all(settings: Settings, database: Database) -> None:
    """Read all that is due by now: providers know nothing of a time that is only pretended."""
    for puller in pullers(settings, database, system_clock):
        with closing(puller):
            while puller.step() == 0.0:
                continue
