"""`groupform state mv`: gives a bound object another address; nothing happens on the platform."""

from __future__ import annotations

from typing import Annotated

import typer

from groupform.commands.choices import EnvironmentName
from groupform.commands.run import current


def state_mv(
    context: typer.Context,
    old: Annotated[str, typer.Argument(metavar="OLD", help="help-state-address")],
    new: Annotated[str, typer.Argument(metavar="NEW", help="help-state-mv-new")],
    env: EnvironmentName = None,
) -> None:
    """Gives a bound object another address."""
    from groupform.commands.bindings import find_binding
    from groupform.commands.upkeep import place_of
    from groupform.engine.upkeep import moving, target

    run = current(context)
    document, found = find_binding(run, env, old)
    wanted = target(new, found)
    place_of(run, env).write(document.deployment, lambda document: moving(document, found, wanted))
    run.terminal.line(run.terminal.say("state-moved-to", old=found, new=wanted), style="good")
