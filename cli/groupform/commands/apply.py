"""`groupform apply`: carries out a saved plan, or plans, asks, and carries out."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from groupform.commands.choices import Approve, Deep, Deployments, EnvironmentName, Full, MaxWait, Purge, Yes
from groupform.commands.run import current


def apply(
    context: typer.Context,
    planfile: Annotated[Path | None, typer.Argument(metavar="PLANFILE", help="help-apply-planfile")] = None,
    deployment: Deployments = None,
    env: EnvironmentName = None,
    yes: Yes = False,
    approve: Approve = None,
    max_wait: MaxWait = "15m",
    deep: Deep = False,
    full: Full = False,
    purge: Purge = None,
) -> None:
    """Carries out a saved plan, or plans, asks, and carries out."""
    from groupform.commands.applying import Request, apply_fresh, apply_saved

    run = current(context)
    request = Request(deployment, env, yes, approve, max_wait, deep, full, purge)
    code = apply_saved(run, run.folder() / planfile, request) if planfile else apply_fresh(run, request)
    raise typer.Exit(code)
