"""`groupform state rm`: forgets a bound object, which stays on the platform as it is."""

from __future__ import annotations

from typing import Annotated

import typer

from groupform.commands.choices import EnvironmentName, Yes
from groupform.commands.run import current


def state_rm(
    context: typer.Context,
    addresses: Annotated[list[str], typer.Argument(metavar="ADDRESS", help="help-state-address")],
    env: EnvironmentName = None,
    yes: Yes = False,
) -> None:
    """Forgets a bound object, which stays on the platform as it is."""
    from groupform.commands.bindings import find_binding
    from groupform.commands.upkeep import agreed, place_of
    from groupform.engine.upkeep import forgetting

    run = current(context)
    chosen: dict[str, list[str]] = {}
    for text in addresses:
        document, found = find_binding(run, env, text)
        chosen.setdefault(document.deployment, []).append(found)
        binding = document.bindings[found]
        run.terminal.line(run.terminal.say("state-rm-one", address=found, label=binding.label, id=binding.id))
    run.terminal.line(run.terminal.say("state-rm-means"), hanging=2, style="faint")
    if not agreed(run, yes, "state-rm-ask"):
        raise typer.Exit(1)
    place = place_of(run, env)
    for deployment, gone in chosen.items():
        place.write(deployment, lambda document, gone=gone: forgetting(document, gone))  # type: ignore[misc]
    count = sum(map(len, chosen.values()))
    run.terminal.line(run.terminal.count("state-rm-done", count), style="good")
