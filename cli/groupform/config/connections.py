"""Resolves connections: variables filled, secrets wrapped, and none of them written in the file itself."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydantic import SecretStr

from groupform.config.diagnostics import Severity
from groupform.config.files import Unreadable
from groupform.config.names import Desk
from groupform.config.project import Connection
from groupform.config.variables import fill, looks_secret
from groupform_schemas import ProjectFile

_LOGIN_IN_URL = re.compile(r"://[^@\s]*@")
_QUERY_IN_URL = re.compile(r"(://[^\s?#]*\?)[^\s#]*")
_SECRET_IN_QUERY = re.compile(r"[?&]([\w-]+)=[^&\s${]")
_REFERENCE = re.compile(r"\$\{[^{}]*\}")
_TELLING = 8
"""So many characters beside a reference are more than the word that some platform wants before a token."""
_DEFAULT = re.compile(r"\$\{env:[^{}]*?:-([^{}]+)\}")
_FOR_EVERYBODY = ("variable-broken", "secret-file-open")
"""Mistakes that are mistakes whoever runs the command, and for whatever deployment."""


@dataclass(frozen=True, slots=True)
class Reached:
    """Connections by key, and the value of every variable that is not a secret, by the variable's name."""

    connections: dict[str, Connection] = field(default_factory=dict)
    variables: dict[str, str] = field(default_factory=dict)


def resolve_connections(
    desk: Desk, model: ProjectFile, folder: Path, environ: Mapping[str, str], needed: Collection[str]
) -> Reached:
    """Fills every connection. A variable that is missing fails those `needed` and is only noted in the others."""
    made = Reached()
    for key, declared in model.connections.items():
        settings: dict[str, Any] = {}
        severity = Severity.error if key in needed else Severity.note
        for name, text in (declared.model_extra or {}).items():
            loc = ("connections", key, name)
            if written_out(desk, loc, name, str(text)):
                continue
            try:
                filled = fill(str(text), environ, folder, secret=looks_secret(name))
            except Unreadable as refused:
                how = Severity.error if refused.code in _FOR_EVERYBODY else severity
                words = {**refused.params, "secret": looks_secret(name)}
                desk.document.report(desk.found, refused.code, loc, severity=how, **words)
                continue
            secret = looks_secret(name) or any(looks_secret(each) for each in filled.sources)
            settings[name] = SecretStr(filled.text) if secret else filled.text
            if not secret:
                made.variables.update(_shown(filled.sources))
        place = desk.document.place(("connections", key), at_key=True)
        directory = declared.directory or declared.platform
        places = {name: desk.document.place(("connections", key, name)) for name in declared.model_extra or {}}
        made.connections[key] = Connection(key, declared.platform, settings, directory, place, places)
    return made


def _shown(sources: Mapping[str, str]) -> dict[str, str]:
    """Environment variables for the plan. What comes from a file stays out, and so do a login and a query inside an
    address: many a webhook carries its key there."""
    return {
        name.removeprefix("env:"): _QUERY_IN_URL.sub(r"\1***", _LOGIN_IN_URL.sub("://***@", value))
        for name, value in sources.items()
        if name.startswith("env:")
    }


def written_out(desk: Desk, loc: tuple[str, ...], name: str, text: str) -> bool:
    """Reports a secret that stands in the file: as the value, as a default, or inside an address."""
    default = _DEFAULT.search(text)
    bare = "${" not in text
    partly = len(_REFERENCE.sub("", text).strip()) >= _TELLING
    if looks_secret(name) and text.strip() and (bare or default or partly):
        # The finding must not show what it is about: no source line.
        span = desk.document.span(loc)
        desk.found.add("secret-in-file", span=span, key=name, variable=f"{loc[-2]}_{name}".upper().replace("-", "_"))
        return True
    login = bare and re.search(r"://[^/@\s:]*:[^@\s]+@", text)
    asked = "://" in text and any(looks_secret(each) for each in _SECRET_IN_QUERY.findall(text))
    if login or asked:
        desk.found.add(
            "secret-in-file", span=desk.document.span(loc), key=name, variable=name.upper().replace("-", "_")
        )
        return True
    return False
