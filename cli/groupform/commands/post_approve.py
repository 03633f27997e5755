"""`groupform post approve`: a second person agrees to what an entry of the calendar sends, or takes that back."""

from __future__ import annotations

from typing import Annotated

import typer

from groupform.commands.choices import Deployments, EnvironmentName
from groupform.commands.run import current


def post_approve(
    context: typer.Context,
    post: Annotated[str, typer.Argument(metavar="POST", help="help-post-approve-post")],
    by: Annotated[str, typer.Option("--by", metavar="NAME", help="help-post-approve-by")],
    withdraw: Annotated[bool, typer.Option("--withdraw", help="help-post-approve-withdraw")] = False,
    deployment: Deployments = None,
    env: EnvironmentName = None,
) -> None:
    """A second person agrees to what an entry of the calendar sends."""
    from groupform.commands.agreeing import agree

    raise typer.Exit(agree(current(context), env, deployment, post, by, withdraw=withdraw))
