"""`groupform steps list`: what is left to people."""

from __future__ import annotations

import json
from typing import Annotated

import typer

from groupform.commands.choices import As, Deployments, EnvironmentName, Written
from groupform.commands.run import current


def steps_list(
    context: typer.Context,
    deployment: Deployments = None,
    env: EnvironmentName = None,
    who: Annotated[str | None, typer.Option("--who", metavar="NAME", help="help-steps-who")] = None,
    form: As = Written.text,
) -> None:
    """What is left to people."""
    from groupform.commands.ending import exit_code
    from groupform.commands.planning import show_troubles
    from groupform.commands.stepping import belongs, check_person, look
    from groupform.render.steps import show_steps_of, step_json

    run = current(context)
    found = look(run, env, deployment)
    check_person(run, env, who, found)
    planned, terminal = found.planned, run.terminal
    chosen = [(each, [step for step in each.steps if belongs(step, who)]) for each in planned.plan.deployments]
    if form is Written.json:
        content = [step_json(terminal, step) for _, steps in chosen for step in steps]
        run.stdout.write(json.dumps(content, ensure_ascii=False, indent=2) + "\n")
    else:
        for number, (each, steps) in enumerate(chosen):
            if number:
                terminal.line()
            show_steps_of(terminal, each, steps)
    show_troubles(terminal, planned.troubles)
    overdue = any(step.status == "overdue" for _, steps in chosen for step in steps)
    raise typer.Exit(exit_code([planned.trouble_code, 3 if overdue else 0]))
