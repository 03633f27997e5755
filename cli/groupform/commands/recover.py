"""`groupform recover`: says where the last applies stopped, and settles what only a person can tell."""

from __future__ import annotations

from typing import Annotated

import typer

from groupform.commands.choices import Deployments, EnvironmentName
from groupform.commands.run import current


def recover(
    context: typer.Context,
    deployment: Deployments = None,
    env: EnvironmentName = None,
    bind: Annotated[list[str] | None, typer.Option("--bind", metavar="ADDRESS=ID", help="help-recover-bind")] = None,
    never: Annotated[list[str] | None, typer.Option("--never", metavar="ADDRESS", help="help-recover-never")] = None,
) -> None:
    """Says where the last applies stopped, and settles what only a person can tell."""
    from groupform.commands.recovering import recover_all

    raise typer.Exit(recover_all(current(context), env, deployment, bind or [], never or []))
