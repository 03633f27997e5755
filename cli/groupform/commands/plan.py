"""`groupform plan`: shows what would change, and changes nothing."""

from __future__ import annotations

from typing import Annotated

import typer

from groupform.commands.choices import (
    Deep,
    Deployments,
    EnvironmentName,
    Format,
    Full,
    MaxWait,
    Out,
    PlanFormat,
    Purge,
)
from groupform.commands.run import Run, current


def plan(
    context: typer.Context,
    deployment: Deployments = None,
    env: EnvironmentName = None,
    out: Out = None,
    form: PlanFormat = Format.text,
    destroy: Annotated[bool, typer.Option("--destroy", help="help-plan-destroy")] = False,
    refresh_only: Annotated[bool, typer.Option("--refresh-only", help="help-plan-refresh-only")] = False,
    detailed_exitcode: Annotated[bool, typer.Option("--detailed-exitcode", help="help-plan-detailed")] = False,
    deep: Deep = False,
    full: Full = False,
    purge: Purge = None,
    max_wait: MaxWait = "15m",
) -> None:
    """Shows what would change, and changes nothing."""
    import anyio

    from groupform.commands.boxes import hints_after
    from groupform.commands.planning import Options, choose, named, plan_all, plan_code, show_troubles
    from groupform.commands.projects import open_project
    from groupform.commands.saved import write_plan
    from groupform.commands.worlds import open_world, seconds_of
    from groupform.render.diagnostics import show_diagnostics

    run = current(context)
    project = open_project(run, env, deployment, calendars=True)
    world = open_world(run, project, max_wait=seconds_of(max_wait, "--max-wait"))
    chosen = choose(project, world, deployment)
    options = Options(deep=deep, destroy=destroy, refresh_only=refresh_only, purge=named(purge, chosen))
    planned = anyio.run(plan_all, chosen, project, world, options)
    if planned.plan.deployments or form is not Format.text:
        write_out(run, planned.plan, form, full=full)
    show_troubles(run.terminal, planned.troubles)
    show_diagnostics(run.terminal, hints_after(run, planned.troubles))
    if out is not None and not planned.troubles:
        write_plan(run.folder() / out, planned.plan)
        terminal = run.terminal
        terminal.aside()
        terminal.aside(terminal.say("plan-saved", file=str(out)), style="note")
    elif out is not None:
        run.terminal.aside(run.terminal.say("plan-not-saved", file=str(out)), style="alarm")
    raise typer.Exit(plan_code(planned, detailed=detailed_exitcode, looking=refresh_only))


def write_out(run: Run, plan: object, form: Format, *, full: bool) -> None:
    """Writes a plan to standard output in the form asked for."""
    from groupform.engine.plan import Plan

    assert isinstance(plan, Plan)
    if form is Format.json:
        from groupform.render.plan_json import plan_json

        run.stdout.write(plan_json(plan))
    elif form is Format.markdown:
        from groupform.render.plan_markdown import plan_markdown

        run.stdout.write(plan_markdown(run.terminal, plan))
    elif form is Format.html:
        from groupform.render.html.plan import plan_html

        run.stdout.write(plan_html(run.terminal, plan, full=full))
    elif form is Format.svg:
        from groupform.render.plan_svg import plan_svg

        run.stdout.write(plan_svg(run.terminal, plan, run.command, full=full))
    else:
        from groupform.render.plan_text import show_plan

        show_plan(run.terminal, plan, full=full)
