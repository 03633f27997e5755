"""Writes the JSON Schemas into a folder, or says with `--check` which of them are stale."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from groupform_schemas.published import json_schemas

_FOLDER = Path(__file__).parent.parent / "json"


def rendered(schema: dict[str, Any]) -> str:
    """The text of a published schema."""
    return json.dumps(schema, ensure_ascii=False, indent=2) + "\n"


def stale(folder: Path) -> tuple[str, ...]:
    """The names whose file in `folder` is missing or differs from what the models say."""
    return tuple(
        name
        for name, schema in json_schemas().items()
        if not (folder / name).is_file() or (folder / name).read_text(encoding="utf-8") != rendered(schema)
    )


def main(arguments: Sequence[str]) -> int:
    """Returns 0, or 1 where `--check` finds a stale file."""
    parser = argparse.ArgumentParser(prog="python -m groupform_schemas", description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; fail when a file is stale")
    parser.add_argument("--folder", type=Path, default=_FOLDER, help="where the schemas are")
    options = parser.parse_args(arguments)
    found = stale(options.folder)
    if options.check:
        sys.stderr.writelines(f"{options.folder / name}: stale\n" for name in found)
        return 1 if found else 0
    for name in found:
        (options.folder / name).write_text(rendered(json_schemas()[name]), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
