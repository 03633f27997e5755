"""`groupform state push`: puts a copy of a state in the place of the one that is there."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from groupform.commands.choices import EnvironmentName, Yes
from groupform.commands.run import current


def state_push(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="help-state-push-file")],
    env: EnvironmentName = None,
    force: Annotated[bool, typer.Option("--force", help="help-state-push-force")] = False,
    yes: Yes = False,
) -> None:
    """Puts a copy of a state in the place of the one that is there."""
    from groupform.commands.upkeep import agreed, place_of, read_copy
    from groupform.config.diagnostics import Diagnostic, Refused
    from groupform.engine.upkeep import difference, replacing
    from groupform.state.document import Document

    run = current(context)
    terminal = run.terminal
    offered = read_copy(run.folder() / file)
    place = place_of(run, env)
    name, environment = offered.deployment, place.project.environment
    if offered.environment != environment:
        raise Refused([Diagnostic("state-push-environment", params={"found": offered.environment, "env": environment})])
    there = place.read(name)
    if there is None and place.project.deployment(name) is None:
        raise Refused([Diagnostic("state-push-unknown", params={"deployment": name})])
    current_one = there or Document(lineage="", deployment=name, environment=environment)
    if not replacing(current_one, offered, force=force):
        terminal.line(terminal.say("state-push-same", deployment=name))
        return
    found = difference(current_one, offered)
    for code, addresses in (("added", found.added), ("removed", found.removed), ("changed", found.changed)):
        for each in addresses:
            terminal.line(terminal.say(f"state-push-{code}", address=each), hanging=2)
    if not agreed(run, yes, "state-push-ask", deployment=name):
        raise typer.Exit(1)
    place.write(name, lambda document: replacing(document, offered, force=force))
    terminal.line(terminal.say("state-push-done", deployment=name), style="good")
