"""Measures how fast files are read, against the bare event stream of libyaml over the same bytes."""

from __future__ import annotations

import gc
import time
from collections.abc import Sequence
from pathlib import Path

from groupform.config.diagnostics import Diagnostics
from groupform.config.reader import parser, read

from .measure import Row, Turns, seconds, take_turns
from .project import load, write_files

MINIMUM = 5.0
"""Megabytes a second, with positions (DESIGN §9)."""


def bench_loading(folder: Path, files: int, rounds: int = 3) -> list[Row]:
    """Writes so many community files, then reads them: events only, a tree with positions, a whole project."""
    size = write_files(folder, files)
    data = [each.read_bytes() for each in sorted((folder / "communities").glob("c*.yaml"))]
    texts = [each.decode() for each in data]
    load(folder)
    gc.collect()
    turns = take_turns(
        {"events": lambda: _events(texts), "reader": lambda: _read(data), "whole": lambda: load(folder)},
        rounds,
        time.process_time,
    )
    what = f"{files} community files, {size / 1e6:.1f} MB"
    return [
        _row(f"read with positions: {what}", turns, "reader", size, MINIMUM),
        _row(f"load, validate, resolve: {what}", turns, "whole", size, None),
    ]


def _row(what: str, turns: Turns, name: str, size: int, minimum: float | None) -> Row:
    rate, floor = size / 1e6 / turns.of(name), size / 1e6 / turns.of("events")
    return Row(
        what,
        f"{seconds(turns.of(name))}, {rate:.1f} MB/s",
        f"{seconds(turns.of('events'))}, {floor:.1f} MB/s",
        f"{turns.ratio(name, 'events'):.2f}",
        "" if minimum is None else f"≥ {minimum:.0f} MB/s",
        None if minimum is None else rate >= minimum,
    )


def _events(texts: Sequence[str]) -> None:
    for text in texts:
        events = parser(text)
        while events.get_event() is not None:
            pass


def _read(data: Sequence[bytes]) -> None:
    for each in data:
        assert read(each, "bench.yaml", Diagnostics()) is not None
