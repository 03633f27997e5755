"""`groupform sandbox reset`: stops the homeserver and deletes its rooms, people and tokens."""

from __future__ import annotations

import typer

from groupform.commands.choices import Yes
from groupform.commands.run import current


def sandbox_reset(context: typer.Context, yes: Yes = False) -> None:
    """Stops the homeserver and deletes its rooms, people and tokens."""
    from groupform import sandbox
    from groupform.commands.boxes import sandbox_folder
    from groupform.commands.carrying_out import ask

    run = current(context)
    terminal = run.terminal
    folder = sandbox_folder(run)
    if not yes and not ask(run, terminal.say("ask-reset", folder=str(folder))):
        terminal.aside(terminal.say("ask-declined"))
        raise typer.Exit(1)
    terminal.line(terminal.say("box-reset" if sandbox.reset(folder) else "box-nothing"))
