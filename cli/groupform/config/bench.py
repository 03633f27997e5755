"""Measures how fast files are read, as ratios to what the parser alone needs in the same run."""

from __future__ import annotations

import gc
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from groupform.config.diagnostics import Diagnostics
from groupform.config.document import Document
from groupform.config.load import load_project
from groupform.config.reader import parser, read
from groupform.config.validate import validate
from groupform_schemas import CommunityFile


@dataclass(frozen=True, slots=True)
class Speed:
    """One measurement: bytes read and seconds, the best of several rounds."""

    name: str
    size: int
    seconds: float

    @property
    def rate(self) -> float:
        """Megabytes a second."""
        return self.size / 1e6 / self.seconds


def bench_reading(text: str, copies: int, clock: Callable[[], float], rounds: int = 3) -> tuple[Speed, ...]:
    """Reads one YAML text many times over, in one file.

    Takes the text of a mapping and how often to nest it; `clock` returns seconds. Returns the bare event stream of the
    parser, the tree with positions, the tree together with its plain data, and validation of as many separate files.
    """
    indented = "".join(f"  {line}\n" for line in text.splitlines())
    large = "".join(f"part-{number}:\n{indented}" for number in range(copies))
    data = large.encode()
    one = text.encode()
    return (
        Speed("bare events", len(data), _best(lambda: _events(large), clock, rounds)),
        Speed("read", len(data), _best(lambda: _read(data), clock, rounds)),
        Speed("read and plain", len(data), _best(lambda: _read(data).root.plain(), clock, rounds)),
        Speed("read and validate", len(one) * copies, _best(lambda: _validate(one, copies), clock, rounds)),
    )


def bench_loading(folder: Path, clock: Callable[[], float]) -> Speed:
    """Loads a whole project once; the size is that of its YAML files."""
    size = sum(each.stat().st_size for each in folder.rglob("*.yaml"))
    begun = clock()
    load_project(folder, environ={})
    return Speed("load", size, clock() - begun)


def many_communities(source: Path, folder: Path, count: int) -> Path:
    """Writes a project with `count` copies of one community file, each under its own key; returns its folder."""
    text = source.read_text(encoding="utf-8")
    (folder / "communities").mkdir(parents=True)
    key = next(line for line in text.splitlines() if line.startswith("community:"))
    for number in range(count):
        (folder / "communities" / f"c{number:05}.yaml").write_text(text.replace(key, f"community: c{number}"), "utf-8")
    deployments = "".join(f"  d{number}: {{community: c{number}, connection: hall}}\n" for number in range(count))
    people = "people: {lead: {name: L}, host-sh: {name: H}, ops: {name: O}}\n"
    head = "groupform: 1\ncommunities: [communities/*.yaml]\nconnections: {hall: {platform: wechat}}\n"
    (folder / "groupform.yaml").write_text(head + people + "deployments:\n" + deployments, encoding="utf-8")
    for each in source.parent.iterdir():
        if each.is_dir():
            (folder / "communities" / each.name).symlink_to(each.resolve())
    return folder


def _best(work: Callable[[], object], clock: Callable[[], float], rounds: int) -> float:
    best = float("inf")
    for _ in range(rounds):
        gc.collect()
        begun = clock()
        work()
        best = min(best, clock() - begun)
    return best


def _events(text: str) -> None:
    events = parser(text)
    while events.get_event() is not None:
        pass


def _read(data: bytes) -> Document:
    done = read(data, "bench.yaml", Diagnostics())
    assert done is not None
    return Document(*done)


def _validate(data: bytes, copies: int) -> None:
    for _ in range(copies):
        validate(_read(data), CommunityFile, Diagnostics())
