"""`groupform state show`: all that is remembered of one address."""

from __future__ import annotations

import json
from typing import Annotated

import typer

from groupform.commands.choices import As, EnvironmentName, Written
from groupform.commands.run import current


def state_show(
    context: typer.Context,
    address: Annotated[str, typer.Argument(metavar="ADDRESS", help="help-state-address")],
    env: EnvironmentName = None,
    form: As = Written.text,
) -> None:
    """All that is remembered of one address."""
    from groupform.commands.bindings import find_binding
    from groupform.render.state import show_binding

    run = current(context)
    document, found = find_binding(run, env, address)
    if form is Written.json:
        content = document.bindings[found].model_dump(mode="json")
        run.stdout.write(json.dumps({"address": found, **content}, ensure_ascii=False, indent=2) + "\n")
    else:
        show_binding(run.terminal, document, found)
