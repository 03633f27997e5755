"""`groupform steps notify`: each person is told what they have to do, through the channel that the project declares."""

from __future__ import annotations

from typing import Annotated

import typer

from groupform.commands.choices import Deployments, EnvironmentName
from groupform.commands.run import current


def steps_notify(
    context: typer.Context,
    deployment: Deployments = None,
    env: EnvironmentName = None,
    who: Annotated[str | None, typer.Option("--who", metavar="NAME", help="help-steps-who")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="help-steps-dry-run")] = False,
    again: Annotated[bool, typer.Option("--again", help="help-steps-again")] = False,
) -> None:
    """Tells each person what they have to do."""
    from groupform.commands.notifying import notify

    raise typer.Exit(notify(current(context), env, deployment, who, dry_run=dry_run, again=again))
