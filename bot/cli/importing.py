"""`tokenbot import-usage FILE`."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from bot import config
from bot.bootstrap import importing
from bot.bootstrap.importing import Wish
from bot.cli.arguments import Workspace


class NamedSource(StrEnum):
    """How a source knows what was used."""

    GATEWAY = "gateway"
    TELEMETRY = "telemetry"
    REPORT = "report"


def import_usage(
    file: Annotated[Path, typer.Argument(help="CSV, JSON lines or a report of ccusage; or .gz.")],
    *,
    source: Annotated[
        str | None, typer.Option(help="Who tells of it, where rows don't say; the file's name.")
    ] = None,
    role: Annotated[
        NamedSource | None,
        typer.Option(help="How the source knows: gateway; of ccusage, telemetry."),
    ] = None,
    mapping: Annotated[
        list[str] | None, typer.Option("--map", metavar="COLUMN=FIELD", help="Again for more.")
    ] = None,
    zone: Annotated[
        str | None, typer.Option(help="Of times that name none, as in Europe/Warsaw.")
    ] = None,
    user: Annotated[str, typer.Option(help="Whose all is that names nobody: e-mail, id.")] = "",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say it, write nothing.")] = False,
    rejected: Annotated[
        Path | None, typer.Option(help="What was not taken; FILE.rejected.csv or .jsonl.")
    ] = None,
    workspace: Workspace = None,
) -> None:
    """Take usage in from a file, each event once: exit 1 if some of it was rejected."""
    wish = Wish(
        file=file,
        source=source,
        role=role,
        mapping=tuple(mapping or ()),
        zone=zone,
        user=user.strip(),
        rejected=rejected,
        is_dry=dry_run,
    )
    lines, is_whole = importing.import_usage(config.load(), workspace, wish)
    for line in lines:
        typer.echo(line)
    if not is_whole:
        raise typer.Exit(1)
