"""`groupform state unlock`: takes a lock away from a process that is gone for good."""

from __future__ import annotations

from typing import Annotated

import anyio
import typer

from groupform.commands.choices import EnvironmentName, Yes
from groupform.commands.run import current


def state_unlock(
    context: typer.Context,
    deployment: Annotated[str, typer.Argument(metavar="DEPLOYMENT", help="help-state-unlock-deployment")],
    env: EnvironmentName = None,
    yes: Yes = False,
) -> None:
    """Takes the lock away from whoever holds it."""
    from groupform.commands.bindings import load_leniently
    from groupform.commands.carrying_out import ask
    from groupform.commands.worlds import open_store
    from groupform.config.diagnostics import Diagnostic, Refused
    from groupform.state.store import StateKey

    run = current(context)
    terminal = run.terminal
    project = load_leniently(run, env)
    store = open_store(project, run.environ)
    key = StateKey(deployment, project.environment)
    declared = [each.name for each in project.deployments]
    # A deployment that no file declares any more may be locked as well.
    if deployment not in declared and key not in anyio.run(store.list):
        known = ", ".join(declared)
        raise Refused([Diagnostic("deployment-unknown", params={"name": deployment, "known": known})])
    if not yes and not ask(run, terminal.say("ask-unlock", deployment=deployment)):
        terminal.aside(terminal.say("ask-declined"))
        raise typer.Exit(1)
    found = [anyio.run(store.unlock, each) for each in (key, key.ledger)]
    holder = next((each for each in found if each is not None), None)
    if holder is None:
        terminal.line(terminal.say("state-not-locked", deployment=deployment))
    else:
        words = {"who": holder.who, "pid": holder.pid, "since": holder.since, "command": holder.command}
        terminal.line(terminal.say("state-unlocked", deployment=deployment, **words), style="good")
