"""`groupform sandbox down`: stops the homeserver and keeps its data."""

from __future__ import annotations

import typer

from groupform.commands.run import current


def sandbox_down(context: typer.Context) -> None:
    """Stops the homeserver and keeps its data."""
    from groupform import sandbox
    from groupform.commands.boxes import sandbox_folder

    run = current(context)
    stopped = sandbox.down(sandbox_folder(run))
    run.terminal.line(run.terminal.say("box-down" if stopped else "box-was-down"))
