"""`groupform unmanaged`: what each connection's account can see and no state names."""

from __future__ import annotations

import typer

from groupform.commands.choices import As, Deployments, EnvironmentName, Written
from groupform.commands.run import current


def unmanaged(
    context: typer.Context, deployment: Deployments = None, env: EnvironmentName = None, form: As = Written.text
) -> None:
    """What each connection's account can see and no state names."""
    import json
    from dataclasses import asdict

    import anyio

    from groupform.commands.planning import choose
    from groupform.commands.projects import open_project
    from groupform.commands.worlds import open_world
    from groupform.engine.strays import find_strays
    from groupform.render.upkeep import show_strays

    run = current(context)
    project = open_project(run, env, deployment)
    world = open_world(run, project)
    found = anyio.run(find_strays, choose(project, world, deployment), project, world)
    if form is Written.json:
        run.stdout.write(json.dumps([asdict(each) for each in found], ensure_ascii=False, indent=2) + "\n")
    else:
        show_strays(run.terminal, found)
