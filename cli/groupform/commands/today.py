"""`groupform today`: what somebody does this morning."""

from __future__ import annotations

import json
from typing import Annotated

import typer

from groupform.commands.choices import Deployments, EnvironmentName, Report
from groupform.commands.run import current


def today(
    context: typer.Context,
    deployment: Deployments = None,
    env: EnvironmentName = None,
    who: Annotated[str | None, typer.Option("--who", metavar="NAME", help="help-today-who")] = None,
    form: Annotated[
        Report, typer.Option("--format", metavar="text|json|markdown", help="help-option-format")
    ] = Report.text,
) -> None:
    """What somebody does this morning."""
    from groupform.commands.ending import exit_code
    from groupform.commands.mornings import mornings
    from groupform.commands.planning import show_troubles
    from groupform.render.today import show_today, today_json, today_markdown

    run = current(context)
    found = mornings(run, env, deployment, who)
    if form is Report.json:
        run.stdout.write(json.dumps(today_json(run.terminal, found.mornings), ensure_ascii=False, indent=2) + "\n")
    elif form is Report.markdown:
        run.stdout.write(today_markdown(run.terminal, found.mornings, who))
    else:
        show_today(run.terminal, found.mornings, who)
    show_troubles(run.terminal, found.troubles)
    raise typer.Exit(exit_code([each.exit_code for each in found.troubles]))
