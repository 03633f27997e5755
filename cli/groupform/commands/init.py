"""`groupform init`: writes a small project that validates, in the language of whoever asks."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from groupform.commands.run import current


def init(
    context: typer.Context,
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="help-init-folder")] = Path(),
    key: Annotated[str | None, typer.Option("--key", metavar="KEY", help="help-init-key")] = None,
    title: Annotated[str | None, typer.Option("--title", metavar="TEXT", help="help-init-title")] = None,
) -> None:
    """Writes a small project that validates, in the language of whoever asks."""
    from groupform.commands.beginning import Wish, write_project

    run = current(context)
    terminal = run.terminal
    place = run.folder() / folder
    if title is None and terminal.interactive and run.stdin is not None:
        terminal.err.print(terminal.say("init-ask-title") + " ", end="", style="head")
        run.stderr.flush()
        title = run.stdin.readline().strip() or None
    written = write_project(place, Wish.of(place, key, title, terminal.words))
    for each in written:
        terminal.line(f"{terminal.glyph('✓')} {folder / each}", style="good")
    terminal.line()
    where = "" if folder == Path() else f"cd {folder} && "
    terminal.line(terminal.say("init-next", where=where))
