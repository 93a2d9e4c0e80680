"""The command line: `tokenbot --help`."""

import signal
import sys
import threading
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from bot import bootstrap, config
from bot.bootstrap import admin, api_keys, rates_admin, sources_admin
from bot.bootstrap.admin import AdminRefused, DatabaseFault
from bot.cli import identities
from bot.cli.arguments import Workspace
from bot.cli.importing import import_usage
from bot.config import SettingsRefused

app = typer.Typer(
    help="A Slack bot that gives people and teams allowances of AI tokens.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
approver = typer.Typer(help="Who may grant tokens and decide requests.", no_args_is_help=True)
setting = typer.Typer(help="A workspace's settings.", no_args_is_help=True)
api_key = typer.Typer(help="Keys for the HTTP API.", no_args_is_help=True)
app.add_typer(api_key, name="api-key")
app.add_typer(approver, name="approver")
app.add_typer(setting, name="setting")
rates = typer.Typer(help="What a call costs in tokens, by model.", no_args_is_help=True)
app.add_typer(rates, name="rates")
app.add_typer(identities.app, name="identity")
app.command("import-usage")(import_usage)

User = Annotated[str, typer.Argument(help="Slack's user id, as in U024BE7LH.")]
UsdPerMillion = Annotated[
    str | None, typer.Option(help="Under cost: the dollars that 1M tokens are worth; 1.00.")
]


class NamedRole(StrEnum):
    """Roles that the command line gives."""

    MANAGER = "manager"
    ADMIN = "admin"
    FINANCE = "finance"


class NamedScope(StrEnum):
    """What the command line lets a key do."""

    USAGE_WRITE = "usage:write"
    READ = "read"
    HOLDS = "holds"


Role = Annotated[
    NamedRole,
    typer.Option(help="manager and admin grant and decide; finance reads all, decides nothing."),
]


@app.command()
def serve(
    *,
    jobs: Annotated[bool, typer.Option(help="Run the jobs of the clock here too.")] = True,
) -> None:
    """Serve Slack (over HTTP, or Socket Mode when SLACK_APP_TOKEN is set) and deliver notices."""
    settings = config.load()
    config.require_slack(settings)
    mode = "in Socket Mode" if settings.uses_socket else "at {url}/slack/events"
    bootstrap.serve(
        settings,
        jobs=jobs,
        announce=lambda url: typer.echo(f"tokenbot serves Slack {mode.format(url=url)}", err=True),
    )


@app.command()
def worker() -> None:
    """Run the jobs of the clock and deliver notices, without a web server."""
    settings = config.load()
    config.require_slack(settings)
    until = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: until.set())
    bootstrap.work(settings, until)


@app.command()
def migrate() -> None:
    """Bring the database's schema up to date."""
    admin.migrate(config.load())
    typer.echo("The schema is up to date.")


@app.command()
def tick(
    at: Annotated[str | None, typer.Option(help="As of this time, with its offset.")] = None,
) -> None:
    """Do and deliver all that is due, then exit; for cron, repair and tests."""
    if left := admin.tick(config.load(), admin.at(at)):
        typer.echo(left)


@app.command()
def check() -> None:
    """Prove the books: exit 1, and name each row, if anything does not add up."""
    lines = admin.check(config.load())
    for line in [*admin.away(config.load()), *lines]:
        typer.echo(line)
    if lines:
        raise typer.Exit(1)
    typer.echo("The books add up.")


@app.command()
def outbox(
    *,
    retry: Annotated[bool, typer.Option("--retry", help="Try dead and stale ones again.")] = False,
) -> None:
    """List notices that wait or could not be delivered."""
    if retry:
        typer.echo(admin.retry_outbox(config.load()))
        return
    for line in admin.list_outbox(config.load()):
        typer.echo(line)


@app.command()
def sources(*, workspace: Workspace = None) -> None:
    """Show each source of usage: last event, lag, sums, and its gap to the provider's report."""
    lines = sources_admin.show(config.load(), workspace)
    for line in lines or ["No source was heard in two weeks: docs/metering.md says how to begin."]:
        typer.echo(line)


@app.command()
def playground(
    *,
    port: Annotated[
        int, typer.Option(help="Where the page is; the next free one if taken.")
    ] = 4000,
    browser: Annotated[bool, typer.Option(help="Open the page in a browser.")] = True,
    directory: Annotated[
        Path | None, typer.Option("--dir", help="Keep the database here; else it is forgotten.")
    ] = None,
) -> None:
    """Try the real bot in a simulated Slack workspace, in the browser. Needs no account."""
    from bot.playground import launch  # noqa: PLC0415 - nothing else needs what it imports

    launch.run(port=port, open_browser=browser, directory=directory)


@approver.command("add")
def approver_add(
    user: User, *, role: Role = NamedRole.MANAGER, workspace: Workspace = None
) -> None:
    """Name an approver: their requests and grants then need no Slack admin."""
    typer.echo(admin.add_approver(config.load(), workspace, user, role))


@approver.command("remove")
def approver_remove(
    user: User, *, role: Role = NamedRole.MANAGER, workspace: Workspace = None
) -> None:
    """Take the role back."""
    typer.echo(admin.remove_approver(config.load(), workspace, user, role))


@approver.command("list")
def approver_list(*, workspace: Workspace = None) -> None:
    """List all who may grant and decide."""
    lines = admin.list_approvers(config.load(), workspace)
    for line in lines or ["Nobody yet: name one with tokenbot approver add U…"]:
        typer.echo(line)


@setting.command("list")
def setting_list(*, workspace: Workspace = None) -> None:
    """List the settings as they are."""
    for line in admin.list_settings(config.load(), workspace):
        typer.echo(line)


@setting.command("set")
def setting_set(name: str, value: str, *, workspace: Workspace = None) -> None:
    """Change a setting; the change is kept in the audit table."""
    typer.echo(admin.put_setting(config.load(), workspace, name, value))


@rates.command("show")
def rates_show(*, workspace: Workspace = None) -> None:
    """Show what counts now, and what is planned."""
    for line in rates_admin.show(config.load(), workspace):
        typer.echo(line)


@rates.command("preview")
def rates_preview(
    file: Annotated[Path | None, typer.Argument(help="A table of your own, in YAML.")] = None,
    *,
    usd_per_million: UsdPerMillion = None,
    workspace: Workspace = None,
) -> None:
    """Compare what the last seven days' usage costs raw, by list price, and by a table."""
    for line in rates_admin.preview(config.load(), workspace, file=file, usd=usd_per_million):
        typer.echo(line)


@rates.command("use")
def rates_use(
    chosen: Annotated[
        str,
        typer.Argument(metavar="raw|cost|FILE", help="One token is one; list prices; a table."),
    ],
    *,
    usd_per_million: UsdPerMillion = None,
    begins: Annotated[
        str | None, typer.Option("--from", help="A day (UTC), or a time with its offset; now.")
    ] = None,
    workspace: Workspace = None,
) -> None:
    """Charge by these rates from now on, or from a time to come."""
    for line in rates_admin.use(
        config.load(), workspace, chosen=chosen, usd=usd_per_million, begins=begins
    ):
        typer.echo(line)


@api_key.command("create")
def api_key_create(
    name: Annotated[str, typer.Argument(help="What uses the key, as in litellm.")],
    *,
    scope: Annotated[
        list[NamedScope], typer.Option(help="What the key may do; give it again for more.")
    ],
    user: Annotated[
        str | None,
        typer.Option(help="Slack's user id of the person whose key it is: all it sends is theirs."),
    ] = None,
    team: Annotated[
        str | None,
        typer.Option(help="The only team whose people's tokens it may hold and charge."),
    ] = None,
    person: Annotated[
        list[str] | None,
        typer.Option(help="Somebody whose tokens it may hold and charge; again for more."),
    ] = None,
    workspace: Workspace = None,
) -> None:
    """Make a key; its secret is the last line, and is shown this once."""
    scopes = [str(one) for one in scope]
    for line in api_keys.create(
        config.load(),
        workspace,
        name=name,
        scopes=scopes,
        user=user,
        team=team,
        people=person or [],
    ):
        typer.echo(line)


@api_key.command("list")
def api_key_list(*, workspace: Workspace = None) -> None:
    """List keys, with their last use; secrets are kept nowhere."""
    lines = api_keys.list_all(config.load(), workspace)
    for line in lines or ["No key yet: make one with tokenbot api-key create NAME --scope …"]:
        typer.echo(line)


@api_key.command("revoke")
def api_key_revoke(
    named: Annotated[str, typer.Argument(help="The key's name or id.")],
    *,
    workspace: Workspace = None,
) -> None:
    """Revoke a key: from now on it lets nobody in."""
    typer.echo(api_keys.revoke(config.load(), workspace, named))


def main() -> None:
    """Run a command; what can't be done is one message and exit code 2, without a traceback."""
    try:
        app()
    except (SettingsRefused, AdminRefused, DatabaseFault) as refused:
        typer.echo(f"tokenbot: {refused}", err=True)
        sys.exit(2)
