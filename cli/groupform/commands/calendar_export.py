"""`groupform calendar export`: the calendar for a telephone, a review or a browser."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from groupform.commands.calendar_show import Month
from groupform.commands.choices import Deployments, EnvironmentName
from groupform.commands.run import current


class Exported(StrEnum):
    """How a calendar is written."""

    ics = "ics"
    markdown = "markdown"
    html = "html"
    json = "json"


def calendar_export(
    context: typer.Context,
    deployment: Deployments = None,
    env: EnvironmentName = None,
    form: Annotated[
        Exported, typer.Option("--format", metavar="ics|markdown|html|json", help="help-calendar-export-format")
    ] = Exported.ics,
    month: Month = None,
    months: Annotated[int, typer.Option("--months", metavar="NUMBER", min=1, max=36, help="help-calendar-months")] = 1,
    out: Annotated[Path | None, typer.Option("--out", "-o", metavar="FILE", help="help-calendar-export-out")] = None,
) -> None:
    """The calendar for a telephone, a review or a browser."""
    from groupform.commands.publishing import export_calendar

    export_calendar(current(context), env, deployment, form.value, month, months, out)
