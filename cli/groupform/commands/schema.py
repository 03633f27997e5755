"""`groupform schema`: the JSON Schemas of the files, for editors."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from groupform.commands.run import current


def schema(
    context: typer.Context,
    name: Annotated[str | None, typer.Argument(metavar="NAME", help="help-schema-name")] = None,
    write: Annotated[Path | None, typer.Option("--write", metavar="FOLDER", help="help-schema-write")] = None,
) -> None:
    """The JSON Schemas of the files, for editors."""
    from groupform.commands.finding import one_of

    run = current(context)
    schemas = every_schema()
    if write is not None:
        folder = run.folder() / write
        folder.mkdir(parents=True, exist_ok=True)
        for file, content in schemas.items():
            (folder / file).write_text(_text(content), encoding="utf-8")
            run.terminal.line(str(write / file))
        return
    if name is None:
        for file in schemas:
            run.terminal.line(file)
        return
    wanted = name if name.endswith(".json") else f"{name}.json"
    run.stdout.write(_text(schemas[one_of(wanted, schemas, "schema-unknown")]))


def every_schema() -> dict[str, Any]:
    """Every published schema by file name: the language's, and the plan's."""
    from groupform.engine.plan_schema import plan_schema
    from groupform_schemas.published import json_schemas

    return {**json_schemas(), "plan.json": plan_schema()}


def _text(content: Any) -> str:
    return json.dumps(content, ensure_ascii=False, indent=2) + "\n"
