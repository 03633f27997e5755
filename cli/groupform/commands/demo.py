"""`groupform demo`: the whole way once, from YAML to a live community on a homeserver of this machine."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from groupform.commands.run import WORK_FOLDER, current


def demo(
    context: typer.Context,
    folder: Annotated[Path | None, typer.Argument(metavar="FOLDER", help="help-demo-folder")] = None,
) -> None:
    """The whole way once, from YAML to a live community on a homeserver of this machine."""
    from groupform.commands.demonstration import demonstrate

    run = current(context)
    place = run.folder() / (folder or Path(WORK_FOLDER) / "demo")
    raise typer.Exit(demonstrate(run, place))
