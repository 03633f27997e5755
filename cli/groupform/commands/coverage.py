"""`groupform coverage`: what becomes of everything that is declared, the worst first."""

from __future__ import annotations

import json

import typer

from groupform.commands.choices import As, Deployments, EnvironmentName, Full, Written
from groupform.commands.run import current


def coverage(
    context: typer.Context,
    deployment: Deployments = None,
    env: EnvironmentName = None,
    form: As = Written.text,
    full: Full = False,
) -> None:
    """What becomes of everything that is declared, the worst first."""
    import anyio

    from groupform.commands.claims import claims_of
    from groupform.render.coverage import coverage_json, show_coverage

    run = current(context)
    found = anyio.run(claims_of, run, env, deployment)
    terminal = run.terminal
    if form is Written.json:
        content = [coverage_json(terminal, each.name, each.platform, each.claims) for each in found]
        run.stdout.write(json.dumps(content, ensure_ascii=False, indent=2) + "\n")
        return
    for number, each in enumerate(found):
        if number:
            terminal.line()
        show_coverage(terminal, each.name, each.platform, each.claims, full=full)
