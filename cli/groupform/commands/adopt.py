"""`groupform adopt`: reads live groups and writes the files that declare them; a plan then takes them over."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from groupform.commands.choices import EnvironmentName, Yes
from groupform.commands.run import current


def adopt(
    context: typer.Context,
    connection: Annotated[str, typer.Argument(metavar="CONNECTION", help="help-adopt-connection")],
    target: Annotated[str | None, typer.Argument(metavar="[ROOM]", help="help-adopt-target")] = None,
    name: Annotated[str | None, typer.Option("--as", metavar="KEY", help="help-adopt-as")] = None,
    into: Annotated[str | None, typer.Option("--into", metavar="NAME", help="help-adopt-into")] = None,
    table: Annotated[Path | None, typer.Option("--map", metavar="FILE", help="help-adopt-map")] = None,
    env: EnvironmentName = None,
    yes: Yes = False,
) -> None:
    """Reads live groups and writes the files that declare them."""
    from groupform.commands.adopting import Wish, adopt_new
    from groupform.commands.adopting_into import adopt_into

    run = current(context)
    wish = Wish(connection, target, name, into, table, env, yes)
    raise typer.Exit(adopt_into(run, wish) if into is not None else adopt_new(run, wish))
