"""`groupform state list`: what is bound to what."""

from __future__ import annotations

import typer

from groupform.commands.choices import As, Deployments, EnvironmentName, Written
from groupform.commands.run import current


def state_list(
    context: typer.Context, deployment: Deployments = None, env: EnvironmentName = None, form: As = Written.text
) -> None:
    """What is bound to what."""
    from groupform.commands.bindings import read_documents, write_json
    from groupform.render.state import show_documents

    run = current(context)
    documents = read_documents(run, env, deployment)
    if form is Written.json:
        write_json(run, documents)
    elif documents:
        show_documents(run.terminal, documents)
    else:
        run.terminal.line(run.terminal.say("binding-empty"))
