"""`groupform calendar next`: what is due next."""

from __future__ import annotations

from typing import Annotated

import typer

from groupform.commands.choices import As, Deployments, EnvironmentName, Written
from groupform.commands.run import current


def calendar_next(
    context: typer.Context,
    deployment: Deployments = None,
    env: EnvironmentName = None,
    count: Annotated[
        int, typer.Option("-n", "--count", metavar="NUMBER", min=1, max=1000, help="help-calendar-count")
    ] = 5,
    form: As = Written.text,
) -> None:
    """What is due next."""
    from groupform.calendar.entries import entries
    from groupform.commands.scheduling import coming, open_calendar
    from groupform.render.calendar import show_agenda
    from groupform.render.calendar_data import write_entries

    run = current(context)
    looked = open_calendar(run, env, deployment)
    found = entries(coming(run, looked, count))
    if form is Written.json:
        write_entries(run.stdout, found)
        return
    show_agenda(run.terminal, found, looked.today)
