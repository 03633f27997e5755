"""`groupform pull`: takes what was changed on the platform into the files, after a look at their diff."""

from __future__ import annotations

import typer

from groupform.commands.choices import Deployments, EnvironmentName, Yes
from groupform.commands.run import current


def pull(context: typer.Context, deployment: Deployments = None, env: EnvironmentName = None, yes: Yes = False) -> None:
    """Takes what was changed on the platform into the files, after a look at their diff."""
    from groupform.commands.pulling import pull_drift

    raise typer.Exit(pull_drift(current(context), deployment, env, yes=yes))
