"""`tokenbot identity …`: who is who in the sources of usage."""

from pathlib import Path
from typing import Annotated

import typer

from bot import config
from bot.bootstrap import identity_admin
from bot.cli.arguments import Workspace

app = typer.Typer(help="Who is who in the sources of usage.", no_args_is_help=True)

Source = Annotated[str, typer.Argument(help="The source, as in litellm.")]
Name = Annotated[str, typer.Argument(help="How the source calls them.")]


@app.command("list")
def identity_list(
    *,
    waiting: Annotated[
        bool, typer.Option("--waiting", help="Only what is nobody's, with what waits.")
    ] = False,
    workspace: Workspace = None,
) -> None:
    """List how sources call people and services, and whose each name is."""
    lines = identity_admin.list_identities(config.load(), workspace, waiting=waiting)
    for line in lines or ["None."]:
        typer.echo(line)


@app.command("link")
def identity_link(
    source: Source,
    name: Name,
    user: Annotated[str, typer.Argument(help="Slack's user id or an e-mail address.")] = "",
    *,
    team: Annotated[str, typer.Option(help="Instead: the team whose service it is.")] = "",
    workspace: Workspace = None,
) -> None:
    """Say whose a name is, and charge them what waited."""
    typer.echo(
        identity_admin.link(
            config.load(), workspace, source=source, name=name, user=user, team=team
        )
    )


@app.command("unlink")
def identity_unlink(source: Source, name: Name, *, workspace: Workspace = None) -> None:
    """Say that a name is not theirs, and give back what they were charged."""
    typer.echo(identity_admin.unlink(config.load(), workspace, source=source, name=name))


@app.command("import")
def identity_import(
    file: Annotated[Path, typer.Argument(help="CSV with source, name, and user or team.")],
    *,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only check it.")] = False,
    workspace: Workspace = None,
) -> None:
    """Link many names at once; if a line is wrong, none."""
    typer.echo(identity_admin.import_file(config.load(), workspace, file, is_dry_run=dry_run))
