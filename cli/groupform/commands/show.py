"""`groupform show`: the state of a deployment, or a saved plan."""

from __future__ import annotations

from typing import Annotated

import typer

from groupform.commands.choices import EnvironmentName, Format, Full, PlanFormat
from groupform.commands.run import current


def show(
    context: typer.Context,
    what: Annotated[str | None, typer.Argument(metavar="DEPLOYMENT|PLANFILE", help="help-show-what")] = None,
    env: EnvironmentName = None,
    form: PlanFormat = Format.text,
    full: Full = False,
) -> None:
    """The state of a deployment, or a saved plan."""
    from groupform.commands.bindings import read_documents
    from groupform.commands.plan import write_out
    from groupform.commands.saved import read_plan
    from groupform.config.diagnostics import Diagnostic, Refused
    from groupform.render.state import show_documents

    run = current(context)
    if what is not None and (run.folder() / what).is_file():
        write_out(run, read_plan(run.folder() / what), form, full=full)
        return
    documents = read_documents(run, env, [what] if what else None)
    if what is not None and not documents:
        raise Refused([Diagnostic("show-nothing", params={"what": what})])
    if form is Format.json:
        from groupform.commands.bindings import write_json

        write_json(run, documents)
        return
    show_documents(run.terminal, documents)
