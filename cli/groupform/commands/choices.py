"""Owns the options that several verbs share."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer


class Format(StrEnum):
    """How a plan is written."""

    text = "text"
    json = "json"
    markdown = "markdown"
    html = "html"
    svg = "svg"


class Written(StrEnum):
    """How a list is written."""

    text = "text"
    json = "json"


class Report(StrEnum):
    """How a report is written that may become an issue."""

    text = "text"
    json = "json"
    markdown = "markdown"


class Queue(StrEnum):
    """Where workers share what is due."""

    postgres = "postgres"


Deployments = Annotated[
    list[str] | None, typer.Option("--deployment", "-d", metavar="NAME", help="help-option-deployment")
]
EnvironmentName = Annotated[str | None, typer.Option("--env", metavar="NAME", help="help-option-env")]
Deep = Annotated[bool, typer.Option("--deep", help="help-option-deep")]
Full = Annotated[bool, typer.Option("--full", help="help-option-full")]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="help-option-yes")]
Approve = Annotated[list[str] | None, typer.Option("--approve", metavar="ADDRESS", help="help-option-approve")]
Purge = Annotated[list[str] | None, typer.Option("--purge", metavar="ADDRESS", help="help-option-purge")]
MaxWait = Annotated[str, typer.Option("--max-wait", metavar="TIME", help="help-option-max-wait")]
As = Annotated[Written, typer.Option("--format", metavar="text|json", help="help-option-format")]
Out = Annotated[Path | None, typer.Option("--out", "-o", metavar="FILE", help="help-option-out")]
PlanFormat = Annotated[Format, typer.Option("--format", metavar="text|json|markdown|html|svg", help="help-plan-format")]
DriftFormat = Annotated[Report, typer.Option("--format", metavar="text|json|markdown", help="help-option-format")]
QueueName = Annotated[Queue | None, typer.Option("--queue", metavar="postgres", help="help-calendar-run-queue")]
