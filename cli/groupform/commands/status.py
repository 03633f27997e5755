"""`groupform status`: every number of `health` beside what the platforms report."""

from __future__ import annotations

import json

import typer

from groupform.commands.choices import As, Deployments, EnvironmentName, Written
from groupform.commands.run import current


def status(
    context: typer.Context,
    deployment: Deployments = None,
    env: EnvironmentName = None,
    form: As = Written.text,
) -> None:
    """Every number of `health` beside what the platforms report."""
    from groupform.commands.planning import show_troubles
    from groupform.commands.standings import standings
    from groupform.render.status import show_status, status_json

    run = current(context)
    found = standings(run, env, deployment)
    told = [(each.deployment, each.judged, each.groups) for each in found.standings]
    if form is Written.json:
        content = [status_json(run.terminal, *each) for each in told]
        run.stdout.write(json.dumps(content, ensure_ascii=False, indent=2) + "\n")
    else:
        for number, each in enumerate(told):
            if number:
                run.terminal.line()
            show_status(run.terminal, *each)
    show_troubles(run.terminal, found.troubles)
    raise typer.Exit(found.exit_code)
