"""Owns what is seen while an apply is under way: a bar with the time left on a terminal, plain lines off it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

from groupform.engine.plan import Reason
from groupform.engine.world import Observer
from groupform.render.plan_text import spoken_time
from groupform.render.plan_view import short_address
from groupform.render.terminal import Terminal, clean

# Off a terminal a line for each of 300 rooms hides the failures: after these, one line in so many.
_EVERY_ONE = 20
_TENTHS = 10


@contextmanager
def shown_progress(terminal: Terminal) -> Iterator[Observer]:
    """An observer that shows progress on `err` for as long as the block runs."""
    if not terminal.moving:
        yield Lines(terminal)
        return
    columns = (
        TextColumn("{task.description}"),
        BarColumn(bar_width=24, complete_style="add", finished_style="add"),
        MofNCompleteColumn(),
        TimeRemainingColumn(compact=True, elapsed_when_finished=True),
        TextColumn("{task.fields[now]}", style="faint"),
    )
    with Progress(*columns, console=terminal.err, transient=True, expand=False) as progress:
        yield Bar(terminal, progress)


class Bar:
    """An Observer that moves a bar. Failures and waits are printed above it and stay."""

    def __init__(self, terminal: Terminal, progress: Progress) -> None:
        self._terminal = terminal
        self._progress = progress
        self._tasks: dict[str, TaskID] = {}

    def planned(self, deployment: str, total: int) -> None:
        known = self._tasks.get(deployment)
        if known is None:
            self._tasks[deployment] = self._progress.add_task(clean(deployment), total=total, now="")
        else:
            self._progress.update(known, total=total)

    def started(self, address: str, label: str) -> None:
        task = self._task(address)
        if task is not None:
            self._progress.update(task, now=_cut(clean(label) or short_address(address)))

    def finished(self, address: str, label: str, failed: Reason | None) -> None:
        task = self._task(address)
        if task is not None:
            self._progress.advance(task)
        if failed is not None:
            _tell_failure(self._terminal, address, label, failed)

    def waiting(self, seconds: float, code: str) -> None:
        if seconds >= 2:
            _tell_wait(self._terminal, seconds, code)

    def note(self, reason: Reason) -> None:
        self._terminal.aside(self._terminal.say(reason.code, **reason.params), indent=2, hanging=2, style="note")

    def _task(self, address: str) -> TaskID | None:
        return self._tasks.get(address.partition("/")[0])


class Lines:
    """An Observer for a log: each of the first changes, then every tenth part; in CI only failures and waits."""

    def __init__(self, terminal: Terminal) -> None:
        self._terminal = terminal
        self._total: dict[str, int] = {}
        self._done: dict[str, int] = {}

    def planned(self, deployment: str, total: int) -> None:
        self._total[deployment] = total

    def started(self, address: str, label: str) -> None:
        pass

    def finished(self, address: str, label: str, failed: Reason | None) -> None:
        deployment = address.partition("/")[0]
        done = self._done[deployment] = self._done.get(deployment, 0) + 1
        if failed is not None:
            _tell_failure(self._terminal, address, label, failed)
            return
        total = max(self._total.get(deployment, 0), done)
        step = 1 if total <= _EVERY_ONE else max(total // _TENTHS, 1)
        if self._terminal.quiet or (done % step and done != total):
            return
        text = f"[{done}/{total}] {clean(short_address(address))}  {clean(label)}"
        self._terminal.aside(text, indent=2, hanging=4, style="faint")

    def waiting(self, seconds: float, code: str) -> None:
        if seconds >= 5:
            _tell_wait(self._terminal, seconds, code)

    def note(self, reason: Reason) -> None:
        self._terminal.aside(self._terminal.say(reason.code, **reason.params), indent=2, hanging=2, style="note")


def _tell_failure(terminal: Terminal, address: str, label: str, failed: Reason) -> None:
    why = terminal.say(failed.code, **failed.params)
    text = f"{terminal.glyph('✗')} {clean(short_address(address))}  {clean(label)}: {why}"
    terminal.aside(text, indent=2, hanging=4, style="alarm")


def _tell_wait(terminal: Terminal, seconds: float, code: str) -> None:
    text = terminal.say(code, seconds=round(seconds), time=spoken_time(terminal, seconds))
    terminal.aside(text, indent=2, hanging=2, style="caution")


def _cut(label: str) -> str:
    return label if len(label) <= 24 else label[:23] + "…"
