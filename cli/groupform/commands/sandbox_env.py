"""`groupform sandbox env`: what a shell must know to reach the homeserver, for `eval`."""

from __future__ import annotations

import shlex

import typer

from groupform.commands.run import current


def sandbox_env(context: typer.Context) -> None:
    """What a shell must know to reach the homeserver, for `eval`."""
    from groupform.commands.boxes import require_running
    from groupform.config.diagnostics import Diagnostic, Refused
    from groupform.sandbox.folder import Folder
    from groupform.sandbox.server import OPERATOR

    run = current(context)
    found = require_running(run)
    operator = Folder(found.folder).credentials().get(OPERATOR)
    if operator is None:
        raise Refused([Diagnostic("box-not-running")])
    run.stdout.write(f"export MATRIX_HOMESERVER={shlex.quote(found.base_url or '')}\n")
    run.stdout.write(f"export MATRIX_ACCESS_TOKEN={shlex.quote(operator.token)}\n")
