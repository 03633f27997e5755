"""Owns how a run ends that nobody foresaw: a failure in words, or a note that this is a bug, with a private log."""

from __future__ import annotations

import os
import re
import tempfile
import traceback
from collections.abc import Iterable, Sequence
from pathlib import Path

from groupform import __version__
from groupform.commands.run import Run
from groupform.config.diagnostics import Diagnostic, Refused
from groupform.state.files import make_folder

INTERRUPTED = 130
"""What a shell expects of a program that Ctrl-C ended; it says more than any other outcome."""
_PRECEDENCE = (1, 4, 2, 3)
_SECRET_NAMES = re.compile(r"TOKEN|SECRET|PASSWORD|PASSWD|KEY|CREDENTIAL", re.IGNORECASE)
_LOGIN = re.compile(r"://([^@\s]+)@")
_LOGIN_IN_URL = re.compile(r"://[^@\s/]+@")
_TELLING = 8
_SECRET_SHAPES = re.compile(
    r"(?i)((?:authorization|bearer|token|secret|password)[\"']?\s*[:=]?\s*(?:bearer\s+)?[\"']?)[^\s\"',;)}]{6,}"
)


def exit_code(codes: Iterable[int]) -> int:
    """The one exit code for several outcomes: 1, 4, 2, 3 in this order, else 0 (DESIGN §6)."""
    found = set(codes)
    if INTERRUPTED in found:
        return INTERRUPTED
    return next((each for each in _PRECEDENCE if each in found), 0)


def end_with(error: Exception, frame: Run, argv: Sequence[str]) -> int:
    """Shows what ended a run, and returns its exit code. Groups of errors are shown one by one."""
    from groupform.engine.provider import Failure
    from groupform.render.diagnostics import show_diagnostics

    if isinstance(error, ExceptionGroup):
        return exit_code([end_with(each, frame, argv) for each in error.exceptions])
    if isinstance(error, Refused):
        show_diagnostics(frame.terminal, error.diagnostics, summary=len(error.diagnostics) > 1)
        return error.exit_code
    if isinstance(error, Failure):
        show_diagnostics(frame.terminal, [Diagnostic(error.code, params=error.params)])
        return 4 if error.unreachable else 1
    if isinstance(error, BrokenPipeError):
        raise error
    if isinstance(error, OSError) and error.filename is not None:
        params = {"file": str(error.filename), "reason": error.strerror or str(error)}
        show_diagnostics(frame.terminal, [Diagnostic("system-refused", params=params)])
        return 1
    show_diagnostics(frame.terminal, [_bug(error, frame, argv)])
    return 1


def _bug(error: Exception, frame: Run, argv: Sequence[str]) -> Diagnostic:
    text = "".join(
        (
            f"groupform {__version__}\n{frame.now().isoformat()}\n{list(argv)!r}\n\n",
            *traceback.format_exception(error),
        )
    )
    kind = type(error).__name__
    try:
        log = write_private_log(redact(text, frame.environ.items(), known_secrets(frame)), frame.work_folder)
    except OSError:
        return Diagnostic("bug-without-log", params={"kind": kind})
    return Diagnostic("bug", params={"kind": kind, "log": str(log)})


def spell_out(error: BaseException, frame: Run) -> str:
    """The whole traceback, for GROUPFORM_DEBUG, without any secret."""
    return redact("".join(traceback.format_exception(error)), frame.environ.items(), known_secrets(frame))


def known_secrets(frame: Run) -> set[str]:
    """Every secret that this project's connections and its sandbox hold, read again for the sake of hiding them."""
    found: set[str] = set()
    if frame.root_or_none is None:
        return found
    try:
        from pydantic import SecretStr

        from groupform.config.load import load_project
        from groupform.sandbox.folder import Folder

        sandbox = Folder(frame.work_folder / "sandbox")
        found.update(each.token for each in sandbox.credentials().values())
        loaded = load_project(frame.root, environ=frame.environ, now=frame.now(), deployments=())
        if loaded.project is not None and loaded.project.notify is not None and loaded.project.notify.webhook:
            found.add(loaded.project.notify.webhook.get_secret_value())
        for connection in loaded.project.connections.values() if loaded.project is not None else ():
            for value in connection.settings.values():
                text = value.get_secret_value() if isinstance(value, SecretStr) else str(value)
                logins = [part for login in _LOGIN.findall(text) for part in (login, login.partition(":")[2])]
                found.update([text.strip()] if isinstance(value, SecretStr) else logins)
    except Exception:  # this is the account of one crash; a second one, in making it, must not take its place
        found.update(value for value in frame.environ.values() if len(value) >= _TELLING and value[0] != "/")
    return found


def redact(text: str, environ: Iterable[tuple[str, str]], known: Iterable[str] = ()) -> str:
    """Text without secrets: those known, the values of variables that sound like one, and what follows such a word."""
    from groupform.http.credentials import hide

    text = hide(text.encode("utf-8", "surrogatepass"), sorted(known, key=len, reverse=True)).decode(
        "utf-8", "surrogatepass"
    )
    text = _LOGIN_IN_URL.sub("://[redacted]@", text)
    for name, value in environ:
        if len(value) >= 6 and _SECRET_NAMES.search(name):
            text = text.replace(value, "[redacted]")
    return _SECRET_SHAPES.sub(r"\1[redacted]", text)


def write_private_log(text: str, folder: Path) -> Path:
    """Writes a log that only its owner can read, beside the project or, where that fails, among temporary files."""
    try:
        make_folder(folder)
        handle, name = tempfile.mkstemp(prefix="bug-", suffix=".log", dir=folder)
    except OSError:
        handle, name = tempfile.mkstemp(prefix="groupform-bug-", suffix=".log")
    with os.fdopen(handle, "w", encoding="utf-8", errors="backslashreplace") as stream:
        stream.write(text)
    return Path(name)
