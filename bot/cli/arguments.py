"""Arguments that several commands have."""

from typing import Annotated

import typer

Workspace = Annotated[
    str | None, typer.Option(help="Slack's team id; may be left out while there is only one.")
]
