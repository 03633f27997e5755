"""`groupform post preview`: sends one post of the calendar, as it will be, to one person or to a test group."""

from __future__ import annotations

from typing import Annotated

import typer

from groupform.commands.choices import EnvironmentName
from groupform.commands.run import current


def post_preview(
    context: typer.Context,
    post: Annotated[str, typer.Argument(metavar="KEY", help="help-post-preview-post")],
    to: Annotated[str, typer.Option("--to", metavar="PERSON|GROUP", help="help-post-preview-to")],
    deployment: Annotated[
        str | None, typer.Option("--deployment", "-d", metavar="NAME", help="help-option-deployment")
    ] = None,
    env: EnvironmentName = None,
) -> None:
    """Sends one post of the calendar to one person or to a test group."""
    from groupform.commands.posting import preview

    raise typer.Exit(preview(current(context), env, deployment, post, to))
