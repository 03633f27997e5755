"""Owns what `steps import` is given: files, links, or a text on standard input."""

from __future__ import annotations

from collections.abc import Sequence

from groupform.commands.run import Run
from groupform.commands.ticks import LINK, Returned, read_ticks
from groupform.config.diagnostics import Diagnostic, Refused
from groupform.engine.step_ticks import Tick


def read_all(run: Run, env: str | None, names: Sequence[str]) -> tuple[list[Tick], list[tuple[str, str]]]:
    """The ticks of everything named, and the rows whose mark says neither yes nor no.

    Raises Refused for what cannot be read, or comes from another environment.
    """
    from groupform.commands.bindings import load_leniently

    environment = load_leniently(run, env).environment
    found: list[Tick] = []
    unclear: list[tuple[str, str]] = []
    for each in names:
        returned = _read(run, each)
        if returned.environment not in (None, environment):
            words = {"file": _shown(each), "found": returned.environment, "environment": environment}
            raise Refused([Diagnostic("ticks-environment", params=words)])
        found.extend(returned.ticks)
        unclear.extend(returned.unclear)
    return found, unclear


def _read(run: Run, name: str) -> Returned:
    if LINK.search(name):
        return read_ticks(name.encode("utf-8", "replace"), _shown(name))
    if name == "-":
        if run.stdin is None:
            raise Refused([Diagnostic("ticks-unreadable", params={"file": "-"})])
        return read_ticks(run.stdin.read().encode("utf-8", "replace"), "-")
    return read_ticks((run.folder() / name).read_bytes(), name)


def _shown(name: str) -> str:
    return name if len(name) <= 60 else name[:57] + "…"
