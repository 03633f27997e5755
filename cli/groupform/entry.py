"""Owns the program's outermost frame: what a person sees when a command ends, however it ends."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

if TYPE_CHECKING:
    from groupform.commands.run import Run


def main(argv: Sequence[str] | None = None) -> NoReturn:
    """The `groupform` script. Ends the process with an exit code of DESIGN §6, or 130 after Ctrl-C."""
    raise SystemExit(run(sys.argv[1:] if argv is None else argv))


def run(argv: Sequence[str]) -> int:
    """Runs one command line on this process's streams and environment; returns its exit code, and never raises."""
    from groupform.commands.app import command_line
    from groupform.commands.run import Run

    _speak_utf8()
    frame = Run(environ=os.environ, folder=Path.cwd, stdin=sys.stdin, stdout=sys.stdout, stderr=sys.stderr)
    try:
        return command_line(argv, frame)
    except BrokenPipeError:
        return _after_broken_pipe()
    except KeyboardInterrupt:
        return _interrupted(frame)
    except Exception as error:
        if os.environ.get("GROUPFORM_DEBUG") == "1":
            return _spell_out(error, frame)
        return _report(error, frame, argv)


def _speak_utf8() -> None:
    """What a stream cannot show becomes an escape: a sentence in part is better than a crash on printing it."""
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(errors="backslashreplace")


def _after_broken_pipe() -> int:
    """The reader has gone (`| head`): Python's own last flush must not complain about it either."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for stream in (sys.stdout, sys.stderr):
        try:
            os.dup2(nowhere, stream.fileno())
        except (OSError, ValueError):
            continue
    return 0


def _interrupted(frame: Run) -> int:
    frame.terminal.aside(frame.terminal.say("interrupted"), style="caution")
    return 130


def _spell_out(error: Exception, frame: Run) -> int:
    from groupform.commands.ending import spell_out

    frame.stderr.write(spell_out(error, frame))
    return 1


def _report(error: Exception, frame: Run, argv: Sequence[str]) -> int:
    from groupform.commands.ending import end_with

    return end_with(error, frame, argv)
