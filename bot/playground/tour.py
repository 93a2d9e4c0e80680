"""Whom the guided tour is about, and where it takes place."""

from dataclasses import dataclass

from bot.playground.people import ANA, BEN, LEO, MIA, Person
from bot.playground.workspace import Workspace


@dataclass(frozen=True, slots=True, kw_only=True)
class Cast:
    """The people of the tour, and the id of the channel where they talk."""

    ana: Person
    ben: Person
    mia: Person
    leo: Person
    general: str


def cast(workspace: Workspace) -> Cast | None:
    """They, if all are here."""
    found = [workspace.people.get(one.id) for one in (ANA, BEN, MIA, LEO)]
    here = [one for one in found if one is not None and not one.deleted]
    channel = next((one for one in workspace.channels.values() if one.kind == "channel"), None)
    if len(here) < len(found) or channel is None:
        return None
    ana, ben, mia, leo = here
    return Cast(ana=ana, ben=ben, mia=mia, leo=leo, general=channel.id)
