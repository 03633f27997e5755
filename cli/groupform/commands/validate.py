"""`groupform validate`: finds every mistake in the files, without any request to a platform."""

from __future__ import annotations

import typer

from groupform.commands.choices import As, EnvironmentName, Written
from groupform.commands.run import current


def validate(context: typer.Context, env: EnvironmentName = None, form: As = Written.text) -> None:
    """Finds every mistake in the files, without any request to a platform."""
    from groupform.commands.projects import validate_project

    run = current(context)
    checked = validate_project(run, env)
    terminal = run.terminal
    if form is Written.json:
        import json

        from groupform.render.diagnostics import diagnostic_json

        found = [diagnostic_json(terminal, each) for each in checked.diagnostics]
        run.stdout.write(json.dumps({"valid": not checked.failed, "diagnostics": found}, ensure_ascii=False, indent=2))
        run.stdout.write("\n")
    else:
        from groupform.render.diagnostics import show_diagnostics

        show_diagnostics(terminal, checked.diagnostics, summary=True)
        if not checked.failed:
            terminal.line(checked.summary(terminal), style="good")
    raise typer.Exit(1 if checked.failed else 0)
