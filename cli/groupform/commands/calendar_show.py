"""`groupform calendar show`: a month as a grid, and its agenda."""

from __future__ import annotations

from typing import Annotated

import typer

from groupform.commands.choices import As, Deployments, EnvironmentName, Written
from groupform.commands.run import current

Month = Annotated[str | None, typer.Option("--month", "-m", metavar="YYYY-MM", help="help-calendar-month")]


def calendar_show(
    context: typer.Context,
    deployment: Deployments = None,
    env: EnvironmentName = None,
    month: Month = None,
    form: As = Written.text,
) -> None:
    """A month as a grid, and its agenda."""
    from groupform.commands.scheduling import month_entries, open_calendar
    from groupform.render.calendar import show_agenda, show_month
    from groupform.render.calendar_data import write_entries

    run = current(context)
    looked = open_calendar(run, env, deployment)
    first, found = month_entries(run, looked, month, 1)
    if form is Written.json:
        write_entries(run.stdout, found)
        return
    show_month(run.terminal, found, first, looked.today)
    run.terminal.line()
    show_agenda(run.terminal, found, looked.today)
