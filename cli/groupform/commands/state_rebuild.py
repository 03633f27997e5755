"""`groupform state rebuild`: binds again, by their marks, the objects of a deployment whose state is lost."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

import typer

from groupform.commands.choices import EnvironmentName, Yes
from groupform.commands.run import current


def state_rebuild(
    context: typer.Context,
    deployment: Annotated[str, typer.Argument(metavar="DEPLOYMENT", help="help-state-deployment")],
    env: EnvironmentName = None,
    lineage: Annotated[
        str | None, typer.Option("--lineage", metavar="LINEAGE", help="help-state-rebuild-lineage")
    ] = None,
    yes: Yes = False,
) -> None:
    """Binds again, by their marks, the objects of a deployment whose state is lost."""
    import anyio

    from groupform.commands.planning import choose
    from groupform.commands.projects import open_project
    from groupform.commands.upkeep import Place, agreed
    from groupform.commands.worlds import open_world
    from groupform.config.diagnostics import Diagnostic, Refused
    from groupform.engine.rebuild import rebuild
    from groupform.engine.upkeep import empty
    from groupform.render.upkeep import show_rebuilt
    from groupform.state.document import Document, Entry, Restored

    run = current(context)
    project = open_project(run, env, [deployment])
    world = open_world(run, project)
    (chosen,) = choose(project, world, [deployment])
    place = Place(run, project, world)

    def require_empty(document: Document | None) -> None:
        if document is not None and not empty(document):
            raise Refused([Diagnostic("rebuild-not-empty", params={"deployment": deployment})])

    require_empty(place.read(deployment))
    rebuilt = anyio.run(lambda: rebuild(chosen, world, lineage=lineage))
    show_rebuilt(run.terminal, rebuilt)
    if not rebuilt.document.bindings:
        raise Refused([Diagnostic("rebuild-nothing", params={"deployment": deployment})])
    if not agreed(run, yes, "rebuild-ask", deployment=deployment):
        raise typer.Exit(1)

    def entries(document: Document) -> Sequence[Entry]:
        require_empty(document)
        return [Restored(document=rebuilt.document)]

    place.write(deployment, entries)
    run.terminal.line(run.terminal.count("rebuild-done", len(rebuilt.document.bindings)), style="good")
