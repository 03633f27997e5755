"""`groupform steps text`: the exact words to paste for one step, and nothing else."""

from __future__ import annotations

from typing import Annotated

import typer

from groupform.commands.choices import EnvironmentName
from groupform.commands.run import current


def steps_text(
    context: typer.Context,
    key: Annotated[str, typer.Argument(metavar="STEP", help="help-steps-key")],
    env: EnvironmentName = None,
) -> None:
    """The exact words to paste for one step, and nothing else; what is done besides pasting is said aside."""
    from groupform.commands.stepping import find_steps
    from groupform.render.step_words import besides

    run = current(context)
    ((_, step),) = find_steps(run, env, [key])
    text = step.text or ""
    run.stdout.write(text if text.endswith("\n") or not text else text + "\n")
    for line in besides(run.terminal, step):
        run.terminal.aside(line, style="note")
