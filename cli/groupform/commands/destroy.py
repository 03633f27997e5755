"""`groupform destroy`: plans the removal of everything a deployment made, asks, and carries it out."""

from __future__ import annotations

import typer

from groupform.commands.choices import Approve, Deployments, EnvironmentName, Full, MaxWait, Purge, Yes
from groupform.commands.run import current


def destroy(
    context: typer.Context,
    deployment: Deployments = None,
    env: EnvironmentName = None,
    yes: Yes = False,
    approve: Approve = None,
    max_wait: MaxWait = "15m",
    full: Full = False,
    purge: Purge = None,
) -> None:
    """Plans the removal of everything a deployment made, asks, and carries it out."""
    from groupform.commands.applying import Request, apply_fresh

    request = Request(deployment, env, yes, approve, max_wait, deep=False, full=full, purge=purge)
    raise typer.Exit(apply_fresh(current(context), request, destroy=True))
