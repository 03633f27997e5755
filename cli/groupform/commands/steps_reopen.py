"""`groupform steps reopen`: takes back the word that a step is done."""

from __future__ import annotations

from typing import Annotated

import typer

from groupform.commands.choices import EnvironmentName
from groupform.commands.run import current


def steps_reopen(
    context: typer.Context,
    keys: Annotated[list[str], typer.Argument(metavar="STEP", help="help-steps-key")],
    env: EnvironmentName = None,
) -> None:
    """Takes back the word that a step is done."""
    from groupform.commands.stepping import reopen

    run = current(context)
    for key in reopen(run, env, keys):
        run.terminal.line(run.terminal.say("steps-reopened", key=key))
