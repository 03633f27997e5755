"""Resolves where state is kept: the backend's settings with variables filled, secrets wrapped and none in the file."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from pydantic import SecretStr

from groupform.config.connections import written_out
from groupform.config.diagnostics import Severity
from groupform.config.files import Unreadable
from groupform.config.names import Desk
from groupform.config.variables import fill, looks_secret
from groupform_schemas import ProjectFile

_PASSWORD_WORD = re.compile(r"(^|\s)password\s*=\s*[^\s$]")


def resolve_state(
    desk: Desk, model: ProjectFile, folder: Path, environ: Mapping[str, str]
) -> dict[str, str | SecretStr | None]:
    """The backend's own settings by name. None stands for one whose variable is not set here.

    That is no error yet: whoever only validates need not reach the state. Whoever opens it is told.
    """
    made: dict[str, str | SecretStr | None] = {}
    for name, value in (model.state.model_extra or {}).items():
        loc, text = ("state", name), str(value)
        if written_out(desk, loc, name, text):
            continue
        if _PASSWORD_WORD.search(text):
            desk.found.add("secret-in-file", span=desk.document.span(loc), key=name, variable=f"STATE_{name}".upper())
            continue
        try:
            filled = fill(text, environ, folder)
        except Unreadable as refused:
            broken = refused.code == "variable-broken"
            words = {**refused.params, "secret": True}
            severity = Severity.error if broken else Severity.note
            desk.document.report(desk.found, refused.code, loc, severity=severity, **words)
            made[name] = None
            continue
        secret = looks_secret(name) or not filled.literal
        made[name] = SecretStr(filled.text) if secret else filled.text
    return made
