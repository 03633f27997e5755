"""`groupform sandbox password`: the password of one sandbox account, for logging in with a Matrix client."""

from __future__ import annotations

from typing import Annotated

import typer

from groupform.commands.run import current


def sandbox_password(
    context: typer.Context,
    name: Annotated[str, typer.Argument(metavar="NAME", help="help-sandbox-name")],
) -> None:
    """The password of one sandbox account, for logging in with a Matrix client."""
    from groupform.commands.boxes import sandbox_folder
    from groupform.commands.finding import one_of
    from groupform.config.diagnostics import Diagnostic, Refused
    from groupform.sandbox.accounts import password
    from groupform.sandbox.folder import Folder

    run = current(context)
    folder = Folder(sandbox_folder(run))
    settings = folder.settings()
    if settings is None:
        raise Refused([Diagnostic("box-not-running")])
    localpart = name.removeprefix("@").partition(":")[0]
    found = one_of(localpart, folder.credentials(), "box-account-unknown")
    run.stdout.write(password(settings, found) + "\n")
