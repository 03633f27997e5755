"""`groupform steps import`: ticks that come back from people, checked against what is asked of them now."""

from __future__ import annotations

from typing import Annotated

import typer

from groupform.commands.choices import EnvironmentName
from groupform.commands.run import current


def steps_import(
    context: typer.Context,
    files: Annotated[list[str], typer.Argument(metavar="FILE", help="help-steps-import-file")],
    env: EnvironmentName = None,
    by: Annotated[str | None, typer.Option("--by", metavar="NAME", help="help-steps-by")] = None,
    strict: Annotated[bool, typer.Option("--strict", help="help-steps-strict")] = False,
) -> None:
    """Takes ticks that come back from people."""
    from groupform.commands.importing import read_all
    from groupform.commands.stepping import take_ticks
    from groupform.render.steps_report import show_judged, show_unclear

    run = current(context)
    ticks, unclear = read_all(run, env, files)
    if strict and unclear:
        show_unclear(run.terminal, unclear)
        raise typer.Exit(1)
    judged = take_ticks(run, env, ticks, by, strict=strict)
    refused = any(each.refused for each in judged)
    show_judged(run.terminal, judged, written=not (strict and refused))
    show_unclear(run.terminal, unclear)
    raise typer.Exit(0 if not (refused or unclear) else 1 if strict else 3)
