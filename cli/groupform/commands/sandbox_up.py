"""`groupform sandbox up`: starts a real homeserver on this machine's loopback."""

from __future__ import annotations

from typing import Annotated

import typer

from groupform.commands.run import current


def sandbox_up(
    context: typer.Context,
    stock: Annotated[bool, typer.Option("--stock", help="help-sandbox-stock")] = False,
    port: Annotated[int | None, typer.Option("--port", metavar="PORT", help="help-sandbox-port")] = None,
    person: Annotated[list[str] | None, typer.Option("--person", metavar="NAME", help="help-sandbox-person")] = None,
) -> None:
    """Starts a real homeserver on this machine's loopback."""
    from groupform import sandbox
    from groupform.commands.boxes import people_of, sandbox_folder, tell_running

    run = current(context)
    terminal = run.terminal
    terminal.aside(terminal.say("box-starting"), style="faint")
    profile = sandbox.Profile.stock if stock else sandbox.Profile.sandbox
    people = list(dict.fromkeys([*people_of(run), *(person or ())]))
    running = sandbox.up(sandbox_folder(run), profile=profile, port=port, people=people)
    tell_running(run, running)
