"""`groupform calendar run`: sends what is due, each post once."""

from __future__ import annotations

from typing import Annotated

import typer

from groupform.commands.choices import Deployments, EnvironmentName, MaxWait
from groupform.commands.run import current


def calendar_run(
    context: typer.Context,
    deployment: Deployments = None,
    env: EnvironmentName = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="help-calendar-run-dry")] = False,
    watch: Annotated[bool, typer.Option("--watch", help="help-calendar-run-watch")] = False,
    max_wait: MaxWait = "15m",
) -> None:
    """Sends what is due, each post once."""
    from groupform.commands.sending import send_due, send_for_ever

    run = current(context)
    if watch and not dry_run:
        raise typer.Exit(send_for_ever(run, env, deployment, max_wait))
    raise typer.Exit(send_due(run, env, deployment, max_wait, dry_run=dry_run))
