"""`groupform sandbox status`: whether the homeserver runs, and where."""

from __future__ import annotations

import typer

from groupform.commands.run import current


def sandbox_status(context: typer.Context) -> None:
    """Whether the homeserver runs, and where."""
    from groupform import sandbox
    from groupform.commands.boxes import env_command, sandbox_folder

    run = current(context)
    terminal = run.terminal
    found = sandbox.status(sandbox_folder(run))
    if found.pid is None:
        terminal.line(terminal.say("box-was-down"))
        return
    code = "box-up" if found.answers else "box-silent"
    profile = found.profile.value if found.profile else ""
    terminal.line(terminal.say(code, url=found.base_url or "", profile=profile), style="good" if found.answers else "")
    if found.accounts:
        names = terminal.say("list-comma").join(found.accounts)
        terminal.line(terminal.say("box-people", names=names), indent=2, hanging=2)
    terminal.line(terminal.say("box-credentials", file=str(found.folder / "credentials.json")), indent=2, hanging=2)
    terminal.line(terminal.say("box-env", command=env_command(run)), indent=2, hanging=2, style="note")
    if not found.answers:
        raise typer.Exit(4)
