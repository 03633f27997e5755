"""Owns how a whole document is spelled as bytes, and the refusal of bytes that no document can be trusted to."""

from __future__ import annotations

import json
from typing import Any

from pydantic import ValidationError
from pydantic_core import PydanticSerializationError

from groupform.config.diagnostics import Diagnostic, Refused
from groupform.state.document import FORMAT_VERSION, Document
from groupform.state.store import StateKey


def refuse(code: str, **params: object) -> Refused:
    """The refusal of a state operation, with the words of its sentence."""
    return Refused([Diagnostic(code, params=params)])


def spell(document: Document) -> bytes:
    """The whole document as JSON that a person can read."""
    try:
        return document.model_dump_json(indent=1).encode() + b"\n"
    except PydanticSerializationError:
        # Half a surrogate pair, as a platform may send it, is nothing that UTF-8 can say; the slow encoder passes it.
        text = json.dumps(document.model_dump(mode="json"), ensure_ascii=False, indent=1)
        return (text + "\n").encode("utf-8", "surrogatepass")


def parse(data: bytes, key: StateKey, place: str, backup: str) -> Document:
    """The document in `data`. Raises Refused when it is damaged, newer than this program, or somebody else's.

    `place` is where the bytes come from and `backup` the newest copy to go back to, both for the eyes of a person.
    """
    try:
        value = json.loads(data.decode("utf-8", "surrogatepass"))
    except (ValueError, RecursionError) as error:
        raise refuse("state-corrupt", file=place, backup=backup) from error
    return read(value, key, place, backup)


def read(value: Any, key: StateKey, place: str, backup: str) -> Document:
    """The document that parsed JSON stands for; refusals as in `parse`."""
    if not isinstance(value, dict):
        raise refuse("state-corrupt", file=place, backup=backup)
    check_version(value.get("format_version"), place)
    try:
        document = Document.model_validate(value)
    except ValidationError as error:
        raise refuse("state-corrupt", file=place, backup=backup) from error
    check_owner(document.deployment, document.environment, key, place)
    return document


def check_version(version: object, place: str) -> None:
    """Raises Refused `state-newer` for what a later program has written."""
    if isinstance(version, int) and version > FORMAT_VERSION:
        raise refuse("state-newer", file=place, version=version, known=FORMAT_VERSION)


def check_owner(deployment: str, environment: str, key: StateKey, place: str) -> None:
    """Raises Refused `state-foreign` for the state of another deployment or environment."""
    if (deployment, environment) != (key.deployment, key.environment):
        raise refuse(
            "state-foreign",
            file=place,
            found=f"{deployment}@{environment}",
            wanted=f"{key.deployment}@{key.environment}",
        )
