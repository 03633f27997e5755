"""Owns what the engine is given of this machine: the store, the clock, the platforms, who is at the keyboard."""

from __future__ import annotations

import getpass
import re
import socket
from pathlib import Path

import anyio

from groupform import __version__
from groupform.commands.platforms import installed_platforms
from groupform.commands.run import Run
from groupform.config.diagnostics import Diagnostic, Refused
from groupform.config.project import Project
from groupform.engine.world import Observer, Silent, World
from groupform.state.store import Store

_UNITS = {"w": 604_800, "d": 86_400, "h": 3_600, "m": 60, "s": 1}
_TIME = re.compile(r"(?:\d+(?:w|d|h|m|s))+")


def open_world(run: Run, project: Project, *, max_wait: float = 900.0, observer: Observer | None = None) -> World:
    """The world of one command. Raises Refused where the project's state backend is not one that exists."""
    return World(
        store=open_store(project),
        providers=installed_platforms(),
        now=run.now,
        sleep=anyio.sleep,
        who=f"{_user()}@{socket.gethostname()}",
        command=run.command,
        version=__version__,
        max_wait=max_wait,
        observer=observer or Silent(),
        cache=run.work_folder / "cache",
    )


def open_store(project: Project) -> Store:
    """The project's state backend."""
    from groupform.state.local import LocalStore

    state = project.file.state
    backend = getattr(state, "backend", "local") if state is not None else "local"
    if str(backend) != "local":
        raise Refused([Diagnostic("backend-not-installed", params={"backend": str(backend)})])
    path = getattr(state, "path", None) if state is not None else None
    return LocalStore(project.root / Path(str(path or ".groupform/state")))


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
