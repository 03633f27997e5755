"""`groupform doctor`: each connection looked at: reachable, who we are, what we may do, what the server allows."""

from __future__ import annotations

from typing import Annotated

import typer

from groupform.commands.choices import EnvironmentName
from groupform.commands.run import current


def doctor(
    context: typer.Context,
    connection: Annotated[
        list[str] | None, typer.Option("--connection", "-c", metavar="NAME", help="help-doctor-connection")
    ] = None,
    env: EnvironmentName = None,
) -> None:
    """Each connection looked at: reachable, who we are, what we may do, what the server allows."""
    import anyio

    from groupform.commands.ending import exit_code
    from groupform.commands.examination import examine
    from groupform.render.doctor import show_connection

    run = current(context)
    terminal = run.terminal
    found = anyio.run(examine, run, env, connection)
    for number, each in enumerate(found):
        if number:
            terminal.line()
        show_connection(terminal, each.connection, each.platform, each.checks)
    if not found:
        terminal.line(terminal.say("doctor-nothing"))
    raise typer.Exit(exit_code([each.exit_code for each in found]))
