"""`groupform steps export`: what is left to people, as lists that go out and come back."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from groupform.commands.choices import Deployments, EnvironmentName
from groupform.commands.run import current


class Exported(StrEnum):
    """How steps are written for people."""

    markdown = "markdown"
    issue = "issue"
    csv = "csv"
    html = "html"


def steps_export(
    context: typer.Context,
    deployment: Deployments = None,
    env: EnvironmentName = None,
    form: Annotated[
        Exported, typer.Option("--format", metavar="markdown|issue|csv|html", help="help-steps-export-format")
    ] = Exported.html,
    who: Annotated[str | None, typer.Option("--who", metavar="NAME", help="help-steps-who")] = None,
    out: Annotated[Path | None, typer.Option("--out", "-o", metavar="PLACE", help="help-steps-export-out")] = None,
) -> None:
    """Writes what is left to people as lists that go out and come back."""
    from groupform.commands.exporting import export

    raise typer.Exit(export(current(context), env, deployment, form.value, who, out))
