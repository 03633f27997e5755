"""Owns what the engine is given of this machine: the store, the clock, the platforms, who is at the keyboard."""

from __future__ import annotations

import getpass
import os
import re
import socket
from collections.abc import Mapping

import anyio

from groupform import __version__
from groupform.commands.run import Run
from groupform.config.diagnostics import Diagnostic, Refused, Severity
from groupform.config.project import Connection, Project
from groupform.engine.provider import Context, Ownership
from groupform.engine.together import Together
from groupform.engine.world import Observer, Silent, World
from groupform.render.diagnostics import show_diagnostics
from groupform.state.store import StateKey, Store
from groupform_schemas import Backend

_UNITS = {"w": 604_800, "d": 86_400, "h": 3_600, "m": 60, "s": 1}
_TIME = re.compile(r"(?:\d+(?:w|d|h|m|s))+")


def open_world(run: Run, project: Project, *, max_wait: float = 900.0, observer: Observer | None = None) -> World:
    """The world of one command. Raises Refused where the project's state backend cannot be had.

    A backend that promises less than the others says so, until the project accepts it.
    """
    store = open_store(project, run.environ)
    weakness = getattr(store, "weakness", None)
    if weakness is not None and not run.warned_of_store:
        show_diagnostics(run.terminal, [Diagnostic(weakness, Severity.warning)])
        run.warned_of_store = True
    return World(
        store=store,
        providers=run.platforms,
        now=run.now,
        sleep=anyio.sleep,
        who=f"{_user()}@{socket.gethostname()}",
        command=run.command,
        version=__version__,
        max_wait=max_wait,
        observer=observer or Silent(),
        cache=run.work_folder / "cache",
        together=Together(run.work_folder / "cache"),
        fleeting=_fleeting(run, project),
    )


def _fleeting(run: Run, project: Project) -> bool:
    """Whether the state goes with this machine: on a job's own disk, and not of a rehearsal, where nothing is lost."""
    in_a_job = run.environ.get("CI", "").strip().lower() not in ("", "0", "no", "false")
    return in_a_job and project.file.state.backend is Backend.local and not run.rehearsing


def looking(connection: Connection, project: Project, world: World) -> Context:
    """What a session is given that looks at a whole connection, for no deployment: nothing there is ours."""
    return Context(
        connection=connection,
        ownership=Ownership("", "", project.environment),
        team=frozenset(),
        max_wait=world.max_wait,
        now=lambda: world.now().timestamp(),
        sleep=world.sleep,
        waiting=lambda _seconds, _code: None,
        together=world.together,
    )


def open_store(project: Project, environ: Mapping[str, str] | None = None) -> Store:
    """The project's state backend; `environ` is where an S3 client looks for keys that no file names.

    Raises Refused where a setting is missing or unknown, or where the backend needs what is not installed.
    """
    from groupform.state.backends import open_backend

    backend = project.file.state.backend.value
    settings = {name: value for name, value in project.state.items() if value is not None}
    unset = next((name for name, value in project.state.items() if value is None), None)
    if unset is not None:
        raise Refused([Diagnostic("state-setting-missing", params={"name": unset, "backend": backend})])
    if project.file.state.path is not None:
        settings["path"] = project.file.state.path
    return open_backend(
        backend,
        settings,
        root=project.root,
        environ=os.environ if environ is None else environ,
        known=[StateKey(each.name, each.environment) for each in project.deployments],
    )


def seconds_of(text: str, option: str) -> float:
    """The seconds of `10m`, `1h30m`, `45s`, or a bare number of seconds. Raises Refused `time-wrong`."""
    if text.isascii() and text.isdigit():
        return float(text)
    if _TIME.fullmatch(text) is None or not text.isascii():
        raise Refused([Diagnostic("time-wrong", params={"option": option, "value": text})])
    return float(sum(int(number) * _UNITS[unit] for number, unit in re.findall(r"(\d+)([wdhms])", text)))


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "unknown"
