"""Owns plan files: written whole and for the owner only, and read back with an answer for everything that is wrong."""

from __future__ import annotations

import json
import os
from pathlib import Path

from pydantic import ValidationError

from groupform.config.diagnostics import Diagnostic, Refused
from groupform.engine.digest import plan_digest
from groupform.engine.plan import FORMAT_VERSION, Plan, digest_of
from groupform.render.plan_json import plan_json


def write_plan(file: Path, plan: Plan) -> None:
    """Replaces `file` with the plan, mode 0600: it holds texts and accounts. Raises Refused `plan-file-unwritable`.

    What is there and no regular file (a device, a pipe) is written to, never replaced.
    """
    try:
        if file.exists() and not file.is_file():
            file.write_text(plan_json(plan), encoding="utf-8")
        else:
            _replace(file.resolve(), plan_json(plan))
    except OSError as error:
        raise _refused("plan-file-unwritable", file, reason=error.strerror or str(error)) from error


def _replace(file: Path, text: str) -> None:
    temporary = file.with_name(f".{file.name}.{os.getpid()}.new")
    try:
        handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(handle, "w", encoding="utf-8") as stream:
            stream.write(text)
            stream.flush()
            os.fsync(stream.fileno())
        temporary.replace(file)
    finally:
        temporary.unlink(missing_ok=True)


def read_plan(file: Path) -> Plan:
    """A saved plan. Raises Refused for what is missing, damaged, of a newer version, or no plan at all."""
    try:
        text = file.read_bytes().decode("utf-8")
    except FileNotFoundError as error:
        raise _refused("plan-file-missing", file) from error
    except UnicodeDecodeError as error:
        raise _refused("plan-file-wrong", file) from error
    except OSError as error:
        raise _refused("plan-file-unreadable", file, reason=error.strerror or str(error)) from error
    try:
        content = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise _refused("plan-file-wrong", file) from error
    version = content.get("format_version") if isinstance(content, dict) else None
    if not isinstance(version, str):
        raise _refused("plan-file-wrong", file)
    if version.partition(".")[0] != FORMAT_VERSION.partition(".")[0] or _minor(version) > _minor(FORMAT_VERSION):
        raise _refused("plan-file-version", file, found=version, known=FORMAT_VERSION)
    try:
        plan = Plan.model_validate(content)
    except ValidationError as error:
        raise _refused("plan-file-wrong", file) from error
    # A plan written to by hand is not the one that was reviewed. An older one may have been digested otherwise.
    if version == FORMAT_VERSION and not _as_digested(plan):
        raise _refused("plan-file-edited", file)
    return plan


def _as_digested(plan: Plan) -> bool:
    """Whether each digest is of what lies under it, that of the whole plan included: any of them may be approved."""
    whole = digest_of([each.digest for each in plan.deployments])
    return plan.digest == whole and all(plan_digest(each) == each.digest for each in plan.deployments)


def _minor(version: str) -> int:
    minor = version.partition(".")[2]
    return int(minor) if minor.isascii() and minor.isdigit() else 0


def _refused(code: str, file: Path, **params: object) -> Refused:
    return Refused([Diagnostic(code, params={"file": str(file), **params})])
