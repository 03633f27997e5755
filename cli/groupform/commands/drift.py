"""`groupform drift`: what has happened on the platforms since the last apply; silent when nothing has."""

from __future__ import annotations

from typing import Annotated

import typer

from groupform.commands.choices import Deep, Deployments, DriftFormat, EnvironmentName, Full, Report
from groupform.commands.run import current


def drift(
    context: typer.Context,
    deployment: Deployments = None,
    env: EnvironmentName = None,
    form: DriftFormat = Report.text,
    deep: Deep = False,
    full: Full = False,
    managed_only: Annotated[bool, typer.Option("--managed-only", help="help-drift-managed-only")] = False,
) -> None:
    """What has happened on the platforms since the last apply; silent when nothing has."""
    from groupform.commands.drifting import Scope, look_for_drift
    from groupform.commands.planning import show_troubles

    run = current(context)
    looked = look_for_drift(run, env, deployment, Scope(deep=deep, managed_only=managed_only))
    if form is Report.json:
        from groupform.render.drift_json import drift_json

        run.stdout.write(drift_json(run.terminal, looked.drift, looked.exit_code, run.now()))
    elif looked.drift.findings and form is Report.markdown:
        from groupform.render.drift_markdown import drift_markdown

        run.stdout.write(drift_markdown(run.terminal, looked.drift, full=full))
    elif looked.drift.findings:
        from groupform.render.drift_text import show_drift_report

        show_drift_report(run.terminal, looked.drift, full=full)
    show_troubles(run.terminal, looked.troubles)
    raise typer.Exit(looked.exit_code)
