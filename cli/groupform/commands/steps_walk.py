"""`groupform steps walk`: leads one person through what is left to them, one at a time."""

from __future__ import annotations

from typing import Annotated

import typer

from groupform.commands.choices import Deployments, EnvironmentName
from groupform.commands.run import current


def steps_walk(
    context: typer.Context,
    who: Annotated[str | None, typer.Option("--who", metavar="NAME", help="help-steps-who")] = None,
    deployment: Deployments = None,
    env: EnvironmentName = None,
) -> None:
    """Leads one person through what is left to them."""
    from groupform.commands.walking import walk

    raise typer.Exit(walk(current(context), env, deployment, who))
