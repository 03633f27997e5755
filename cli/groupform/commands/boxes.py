"""Owns what the sandbox verbs share: its folder, its people, and how to reach it, without ever showing a secret."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from pathlib import Path

from groupform.commands.planning import Trouble
from groupform.commands.run import Run
from groupform.config.diagnostics import Diagnostic, Refused, Severity
from groupform.sandbox import Running, Status, status

SERVER_NAME = "localhost"


def sandbox_folder(run: Run) -> Path:
    """The sandbox of the project, or of this folder where there is no project."""
    return run.work_folder / "sandbox"


def people_of(run: Run) -> list[str]:
    """The localparts of the project's people on the sandbox's server; none where the project cannot be read."""
    if run.root_or_none is None:
        return []
    from groupform.config.load import load_project

    loaded = load_project(run.root, environ=run.environ, now=run.now(), deployments=())
    if loaded.project is None:
        return []
    found: dict[str, None] = {}
    for deployment in loaded.project.deployments:
        if deployment.connection.platform != "matrix":
            continue
        for person in deployment.people:
            account = deployment.account(person) or ""
            name, _, server = account.removeprefix("@").partition(":")
            if account.startswith("@") and server == SERVER_NAME and name:
                found[name] = None
    return list(found)


def tell_running(run: Run, running: Running) -> None:
    """Says where the sandbox is and how to use it."""
    from groupform.render.diagnostics import show_diagnostics

    terminal = run.terminal
    terminal.line(terminal.say("box-up", url=running.base_url, profile=running.profile.value), style="good")
    show_diagnostics(terminal, running.notes)
    terminal.line(terminal.say("box-operator", user=running.operator.user_id), indent=2)
    if running.people:
        names = terminal.say("list-comma").join(each.user_id for each in running.people.values())
        terminal.line(terminal.say("box-people", names=names), indent=2, hanging=2)
    terminal.line(terminal.say("box-credentials", file=str(running.folder / "credentials.json")), indent=2, hanging=2)
    terminal.line(terminal.say("box-env", command=env_command(run)), indent=2, hanging=2, style="note")


def env_command(run: Run) -> str:
    """What to type so that this shell reaches the sandbox."""
    where = f" -C {shlex.quote(str(run.project))}" if run.project is not None else ""
    return f'eval "$(groupform{where} sandbox env)"'


def require_running(run: Run) -> Status:
    """The sandbox, when it answers. Raises Refused `box-not-running`."""
    found = status(sandbox_folder(run))
    if not found.answers:
        raise Refused([Diagnostic("box-not-running")])
    return found


def hints_after(run: Run, troubles: Sequence[Trouble]) -> list[Diagnostic]:
    """What this project's sandbox may have to do with deployments that were out of reach or not let in."""
    if not (sandbox_folder(run) / "sandbox.json").exists():
        return []
    try:
        found = status(sandbox_folder(run))
    except Refused:
        return []
    if any(each.exit_code == 4 for each in troubles) and found.pid is None:
        return [Diagnostic("sandbox-sleeps", Severity.note)]
    refused = any(one.code == "http-unauthorized" for each in troubles for one in each.diagnostics)
    return [Diagnostic("sandbox-has-token", Severity.note)] if refused and found.answers else []
