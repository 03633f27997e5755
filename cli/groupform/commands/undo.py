"""`groupform undo`: plans the way back to how it was before the last apply; saves that plan, or asks and goes back."""

from __future__ import annotations

from typing import Annotated

import typer

from groupform.commands.choices import (
    Approve,
    Deployments,
    EnvironmentName,
    Format,
    Full,
    MaxWait,
    Out,
    PlanFormat,
    Yes,
)
from groupform.commands.run import current


def undo(
    context: typer.Context,
    deployment: Deployments = None,
    env: EnvironmentName = None,
    to: Annotated[int | None, typer.Option("--to", metavar="SERIAL", min=0, help="help-undo-to")] = None,
    out: Out = None,
    form: PlanFormat = Format.text,
    yes: Yes = False,
    approve: Approve = None,
    max_wait: MaxWait = "15m",
    full: Full = False,
) -> None:
    """Plans the way back to how it was before the last apply; saves that plan, or asks and goes back."""
    from groupform.commands.applying import Request
    from groupform.commands.undoing import apply_undo, save_undo

    run = current(context)
    request = Request(deployment, env, yes, approve, max_wait, full=full)
    if out is not None or form is not Format.text:
        raise typer.Exit(save_undo(run, request, to, out, form))
    raise typer.Exit(apply_undo(run, request, to))
