"""`groupform steps show`: everything about one step."""

from __future__ import annotations

import json
from typing import Annotated

import typer

from groupform.commands.choices import As, EnvironmentName, Written
from groupform.commands.run import current


def steps_show(
    context: typer.Context,
    key: Annotated[str, typer.Argument(metavar="STEP", help="help-steps-key")],
    env: EnvironmentName = None,
    form: As = Written.text,
) -> None:
    """Everything about one step."""
    from groupform.commands.stepping import find_steps
    from groupform.render.plan_steps import show_step
    from groupform.render.steps import step_json

    run = current(context)
    ((_, step),) = find_steps(run, env, [key])
    if form is Written.json:
        run.stdout.write(json.dumps(step_json(run.terminal, step), ensure_ascii=False, indent=2) + "\n")
    else:
        show_step(run.terminal, step)
