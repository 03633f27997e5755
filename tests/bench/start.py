"""Measures how long the command line takes to start, against the import of typer alone."""

from __future__ import annotations

import subprocess
import sys

from .measure import Row, against, take_turns


def bench_start(rounds: int = 9) -> list[Row]:
    """`--version` and `--help` in processes of their own, turn about with `python -c "import typer"`."""
    turns = take_turns(
        {
            "typer": _run("-c", "import typer"),
            "version": _run("-m", "groupform", "--version"),
            "help": _run("-m", "groupform", "--help"),
        },
        rounds,
    )
    return [
        against("start: `groupform --version` / `import typer`", turns, "version", "typer", 1.5),
        against("start: `groupform --help` / `import typer`", turns, "help", "typer", None),
    ]


def _run(*arguments: str) -> object:
    def work() -> None:
        subprocess.run([sys.executable, *arguments], check=True, stdout=subprocess.DEVNULL)

    return work
