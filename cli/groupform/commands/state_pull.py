"""`groupform state pull`: prints one deployment's whole state as JSON."""

from __future__ import annotations

from typing import Annotated

import typer

from groupform.commands.choices import EnvironmentName
from groupform.commands.run import current


def state_pull(
    context: typer.Context,
    deployment: Annotated[str, typer.Argument(metavar="DEPLOYMENT", help="help-state-deployment")],
    env: EnvironmentName = None,
) -> None:
    """Prints one deployment's whole state as JSON."""
    import json

    from groupform.commands.upkeep import place_of
    from groupform.config.diagnostics import Diagnostic, Refused

    run = current(context)
    document = place_of(run, env).read(deployment)
    if document is None:
        raise Refused([Diagnostic("state-none", params={"deployment": deployment})])
    run.stdout.write(json.dumps(document.model_dump(mode="json"), ensure_ascii=False, indent=2) + "\n")
