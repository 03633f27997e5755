"""`groupform steps done`: somebody says that a step is done."""

from __future__ import annotations

from typing import Annotated

import typer

from groupform.commands.choices import EnvironmentName
from groupform.commands.run import current


def steps_done(
    context: typer.Context,
    keys: Annotated[list[str], typer.Argument(metavar="STEP", help="help-steps-key")],
    env: EnvironmentName = None,
    by: Annotated[str | None, typer.Option("--by", metavar="NAME", help="help-steps-by")] = None,
    note: Annotated[str, typer.Option("--note", metavar="TEXT", help="help-steps-note")] = "",
    people: Annotated[
        int | None, typer.Option("--people", metavar="NUMBER", min=0, max=9_999_999, help="help-steps-people")
    ] = None,
) -> None:
    """Somebody says that a step is done."""
    from groupform.commands.stepping import attest

    run = current(context)
    for key in attest(run, env, keys, by, note, people):
        run.terminal.line(run.terminal.say("steps-recorded", key=key), style="good")
