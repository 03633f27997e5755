"""Resolves how people get the list of what they have to do: a connection, or a webhook whose address is a secret."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from pydantic import SecretStr

from groupform.config.diagnostics import Severity
from groupform.config.files import Unreadable
from groupform.config.names import Desk
from groupform.config.project import Channel
from groupform.config.variables import fill
from groupform_schemas import ProjectFile


def resolve_notify(desk: Desk, model: ProjectFile, folder: Path, environ: Mapping[str, str]) -> Channel | None:
    """The channel; None where none is declared. A variable that is missing is noted: only who notifies needs it."""
    said = model.notify
    if said is None:
        return None
    page = str(said.page) if said.page is not None else None
    if said.connection is not None:
        desk.known("unknown-connection", ("notify", "connection"), said.connection, model.connections)
        return Channel(connection=str(said.connection), page=page)
    text, loc = str(said.webhook), ("notify", "webhook")
    directory = str(said.directory) if said.directory is not None else None
    if "${" not in text:
        # Whoever has the address can write to everybody: the finding must not show what it is about.
        desk.found.add("secret-in-file", span=desk.document.span(loc), key="webhook", variable="NOTIFY_WEBHOOK")
        return None
    try:
        filled = fill(text, environ, folder, secret=True)
    except Unreadable as refused:
        broken = refused.code in ("variable-broken", "secret-file-open")
        words = {**refused.params, "secret": True}
        severity = Severity.error if broken else Severity.note
        desk.document.report(desk.found, refused.code, loc, severity=severity, **words)
        return Channel(directory=directory, page=page, unset=True)
    return Channel(webhook=SecretStr(filled.text.strip()), directory=directory, page=page)
