"""`groupform calendar run`: opens and closes runs on time, and sends what is due, each post once."""

from __future__ import annotations

from typing import Annotated

import typer

from groupform.commands.choices import Deployments, EnvironmentName, MaxWait, QueueName
from groupform.commands.run import current


def calendar_run(
    context: typer.Context,
    deployment: Deployments = None,
    env: EnvironmentName = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="help-calendar-run-dry")] = False,
    watch: Annotated[bool, typer.Option("--watch", help="help-calendar-run-watch")] = False,
    posts_only: Annotated[bool, typer.Option("--posts-only", help="help-calendar-run-posts-only")] = False,
    queue: QueueName = None,
    max_wait: MaxWait = "15m",
) -> None:
    """Opens and closes the groups of runs on time, and sends what is due, each post once."""
    from groupform.commands.queueing import send_by_queue
    from groupform.commands.sending import send_due, send_for_ever

    run = current(context)
    if queue is not None and not dry_run:
        raise typer.Exit(send_by_queue(run, env, deployment, max_wait, watch=watch, posts_only=posts_only))
    if watch and not dry_run:
        raise typer.Exit(send_for_ever(run, env, deployment, max_wait, posts_only=posts_only))
    raise typer.Exit(send_due(run, env, deployment, max_wait, dry_run=dry_run, posts_only=posts_only))
