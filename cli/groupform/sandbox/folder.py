"""Owns the files of a sandbox's folder: what is remembered between starts, and what may be deleted."""

from __future__ import annotations

import hashlib
import json
import os
import secrets
import shutil
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any, Self

from groupform.config.diagnostics import Diagnostic, Refused

# Everything a sandbox ever writes. `reset` deletes these names and nothing else: a folder given by mistake survives.
_MARKER = "sandbox.json"
_FILES = (
    *("homeserver.yaml", "log.yaml", "signing.key", "server.log", "server.log.1", "server.lock", "credentials.json"),
    *("homeserver.db", "homeserver.db-wal", "homeserver.db-shm", "homeserver.db-journal", ".gitignore"),
)
_FOLDERS = ("media_store",)


class Profile(StrEnum):
    """How the homeserver behaves: `sandbox` lifts limits and allows publishing, `stock` keeps Synapse's defaults."""

    sandbox = "sandbox"
    stock = "stock"


@dataclass(frozen=True, slots=True)
class Account:
    """One registered account with its access token; the token stays out of repr."""

    user_id: str
    device_id: str
    token: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Settings:
    """What a sandbox is, across restarts. The secrets never change, the port and the profile may."""

    port: int
    profile: Profile
    registration_secret: str = field(repr=False)
    macaroon_secret: str = field(repr=False)
    signing_key: str = field(repr=False)
    server_name: str = "localhost"

    @property
    def mark(self) -> str:
        """What this sandbox is known by; it tells nothing of the secrets it is made from."""
        return hashlib.sha256(f"mark:{self.macaroon_secret}".encode()).hexdigest()[:32]

    @classmethod
    def fresh(cls, port: int, profile: Profile) -> Self:
        """New settings with random secrets; the signing key is 32 bytes in Synapse's `ed25519 a_XXXX` form."""
        seed, version = secrets.token_bytes(32), secrets.token_hex(2)
        return cls(
            port=port,
            profile=profile,
            registration_secret=secrets.token_urlsafe(32),
            macaroon_secret=secrets.token_urlsafe(32),
            signing_key=f"ed25519 a_{version} {_unpadded(seed)}",
        )


class Folder:
    """The files of one sandbox, by purpose. Every write is atomic and readable by the owner only."""

    def __init__(self, path: Path) -> None:
        self.path = path.absolute()
        self.marker = self.path / _MARKER
        self.configuration = self.path / "homeserver.yaml"
        self.log_configuration = self.path / "log.yaml"
        self.signing_key = self.path / "signing.key"
        self.log = self.path / "server.log"
        self.lock = self.path / "server.lock"
        self.database = self.path / "homeserver.db"
        self.media = self.path / "media_store"
        self._credentials = self.path / "credentials.json"

    def prepare(self) -> None:
        """Creates the folder, closed to other people and to git: it holds access tokens."""
        if self.path.is_dir() and not self.marker.exists() and self._strangers():
            raise Refused([Diagnostic("sandbox-folder-foreign", params={"folder": str(self.path)})])
        make_private(self.path)
        self.path.chmod(0o700)
        ignore = self.path / ".gitignore"
        if not ignore.exists():
            self.write(ignore, "*\n")

    def settings(self) -> Settings | None:
        """What was remembered; None where nothing was, or where it is unreadable and nothing hangs on it.

        Raises Refused `sandbox-folder-damaged` where the settings are lost but a database depends on them.
        """
        try:
            found = json.loads(self.marker.read_text(encoding="utf-8"))
            return Settings(**{**found, "profile": Profile(found["profile"]), "port": int(found["port"])})
        except (FileNotFoundError, ValueError, TypeError, KeyError):
            pass
        if self.database.exists():
            raise Refused([Diagnostic("sandbox-folder-damaged", params={"file": str(self.marker)})])
        return None

    def remember(self, settings: Settings) -> None:
        self.write(self.marker, json.dumps(asdict(settings), indent=2) + "\n")

    def credentials(self) -> dict[str, Account]:
        """Kept accounts by localpart; empty where the file is missing or broken, since a login replaces it."""
        try:
            found: Mapping[str, Mapping[str, str]] = json.loads(self._credentials.read_text(encoding="utf-8"))
            return {name: Account(**each) for name, each in found.items()}
        except (FileNotFoundError, ValueError, TypeError, AttributeError):
            return {}

    def keep(self, accounts: Mapping[str, Account]) -> None:
        content: dict[str, Any] = {name: asdict(accounts[name]) for name in sorted(accounts)}
        self.write(self._credentials, json.dumps(content, indent=2) + "\n")

    def write(self, file: Path, text: str) -> None:
        """Replaces one file as a whole: a reader sees the old text or the new one, also after a crash."""
        temporary = file.with_name(f".{file.name}.{os.getpid()}.new")
        try:
            descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
                stream.write(text)
                stream.flush()
                os.fsync(stream.fileno())
            temporary.replace(file)
        finally:
            temporary.unlink(missing_ok=True)

    def turn_log(self) -> None:
        """Keeps the log of the start before this one, and no more."""
        if self.log.exists():
            self.log.replace(self.log.with_name("server.log.1"))

    def log_tail(self, lines: int = 12) -> str:
        """The last lines the server wrote, or nothing."""
        try:
            return "\n".join(self.log.read_text(encoding="utf-8", errors="replace").splitlines()[-lines:])
        except OSError:
            return ""

    def delete(self) -> bool:
        """Deletes what a sandbox wrote, then the folder if it is empty. Returns False where there was nothing.

        Raises Refused `sandbox-folder-foreign` where other people's files lie there and nothing says it is a sandbox.
        """
        if not self.marker.exists():
            if self._strangers():
                raise Refused([Diagnostic("sandbox-folder-foreign", params={"folder": str(self.path)})])
            if not any(self.path.iterdir()):
                return False
        for name in _FOLDERS:
            shutil.rmtree(self.path / name, ignore_errors=True)
        for leftover in self.path.glob(".*.new"):
            leftover.unlink(missing_ok=True)
        # The marker goes last: a reset that was interrupted can be run again.
        for name in (*_FILES, _MARKER):
            (self.path / name).unlink(missing_ok=True)
        if not any(self.path.iterdir()):
            self.path.rmdir()
        return True

    def _strangers(self) -> bool:
        known = {*_FILES, *_FOLDERS, _MARKER}
        return any(each.name not in known and not each.name.endswith(".new") for each in self.path.iterdir())


def make_private(path: Path) -> None:
    """Makes a folder, and those above it that are missing, for their owner only."""
    for each in reversed([each for each in (path, *path.parents) if not each.exists()]):
        each.mkdir(mode=0o700, exist_ok=True)


def _unpadded(data: bytes) -> str:
    return b64encode(data).decode("ascii").rstrip("=")
