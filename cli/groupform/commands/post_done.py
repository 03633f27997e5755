"""`groupform post done`: somebody says that they have sent a post by hand."""

from __future__ import annotations

from typing import Annotated

import typer

from groupform.commands.choices import EnvironmentName
from groupform.commands.run import current


def post_done(
    context: typer.Context,
    post: Annotated[str, typer.Argument(metavar="POST", help="help-post-done-post")],
    by: Annotated[str, typer.Option("--by", metavar="NAME", help="help-post-done-by")],
    env: EnvironmentName = None,
) -> None:
    """Somebody says that they have sent a post by hand."""
    from groupform.commands.posting import confirm

    raise typer.Exit(confirm(current(context), env, post, by))
