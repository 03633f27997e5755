"""Owns the sandbox's life: up, down, status, reset."""

from __future__ import annotations

import importlib.util
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

import httpx
from filelock import FileLock, Timeout

from groupform.config.diagnostics import Diagnostic, Refused, Severity
from groupform.sandbox import accounts, configuration, process
from groupform.sandbox.configuration import MARK
from groupform.sandbox.folder import Account, Folder, Profile, Settings, make_private
from groupform.sandbox.process import Clock, Sleep

DEFAULT_PORT = 8008
OPERATOR = "groupform"
LOCAL = "localhost"
_READY_WITHIN = 60.0
_WELL_KNOWN = "/.well-known/matrix/client"


@dataclass(frozen=True, slots=True)
class Running:
    """A sandbox that answers. `started` is False where it was running before; `notes` are findings worth a line."""

    base_url: str
    server_name: str
    port: int
    pid: int
    profile: Profile
    folder: Path
    operator: Account
    people: Mapping[str, Account] = field(default_factory=dict)
    started: bool = True
    notes: tuple[Diagnostic, ...] = ()

    @property
    def access_token(self) -> str:
        """The operator's token: what goes into MATRIX_ACCESS_TOKEN."""
        return self.operator.token


@dataclass(frozen=True, slots=True)
class Status:
    """What can be said about a sandbox without changing it. `base_url` and `profile` are None where there is none."""

    folder: Path
    pid: int | None
    answers: bool
    base_url: str | None
    profile: Profile | None
    server_name: str | None
    accounts: tuple[str, ...] = ()


def installed() -> bool:
    """Whether this interpreter can run the homeserver."""
    return importlib.util.find_spec("synapse") is not None


def up(
    folder: Path,
    *,
    profile: Profile = Profile.sandbox,
    port: int | None = None,
    people: Sequence[str] = (),
    operator: str = OPERATOR,
    operator_is_admin: bool | None = None,
    server_name: str | None = None,
    prefer: int | None = None,
    is_installed: Callable[[], bool] = installed,
    clock: Clock = time.monotonic,
    sleep: Sleep = time.sleep,
) -> Running:
    """Makes the folder's homeserver run, with the operator and the `people` (localparts) registered on it.

    `port` None means the remembered one, else `prefer` or 8008, else the next that is free; a port given is taken or
    refused.
    `server_name` counts for a new folder only, since rooms and people carry it; `localhost` where none is given.
    `operator_is_admin` None means: in the sandbox profile yes, in the stock profile no. Calling it again is harmless.
    Raises Refused: not installed, folder unusable or foreign or damaged, port taken, start failed, account refused.
    """
    if not is_installed():
        raise Refused([Diagnostic("sandbox-not-installed")])
    place = Folder(folder)
    with _told(place), _alone(place):
        known = place.settings()
        admin = profile is Profile.sandbox if operator_is_admin is None else operator_is_admin
        fresh = Settings.fresh(port or prefer or DEFAULT_PORT, profile)
        settings = known or replace(fresh, server_name=server_name or LOCAL)
        wanted = replace(settings, profile=profile, port=port or settings.port)
        started = not (known == wanted and _answers(place, wanted, within=5.0, clock=clock, sleep=sleep))
        if started:
            process.stop(place, clock=clock, sleep=sleep)
            wanted = _start(place, wanted, fixed=port is not None, clock=clock, sleep=sleep)
        names = {**dict.fromkeys((operator, *people), False), accounts.KEEPER: True}
        with _client(wanted) as http:
            found = accounts.ensure(http, place, wanted, names)
            user_id, limited = found[operator].user_id, profile is not Profile.sandbox
            accounts.set_standing(http, found[accounts.KEEPER], user_id, admin=admin, limited=limited)
        moved = Diagnostic("sandbox-port-moved", Severity.note, params={"taken": settings.port, "port": wanted.port})
        return Running(
            base_url=_base_url(wanted),
            server_name=wanted.server_name,
            port=wanted.port,
            pid=process.running(place) or 0,
            profile=profile,
            folder=place.path,
            operator=found[operator],
            people={name: found[name] for name in people},
            started=started,
            notes=(moved,) if port is None and wanted.port != settings.port else (),
        )


def down(folder: Path, *, clock: Clock = time.monotonic, sleep: Sleep = time.sleep) -> bool:
    """Stops the folder's homeserver and keeps its data. Returns False where none was running."""
    place = Folder(folder)
    if not place.path.is_dir():
        return False
    with _told(place), _alone(place):
        return process.stop(place, clock=clock, sleep=sleep)


def status(folder: Path) -> Status:
    """Looks, and changes nothing. Raises Refused `sandbox-folder-damaged` where the settings are lost."""
    place = Folder(folder)
    with _told(place):
        settings, pid = place.settings(), process.running(place)
        return Status(
            folder=place.path,
            pid=pid,
            answers=pid is not None and settings is not None and _is_ours(settings),
            base_url=_base_url(settings) if settings else None,
            profile=settings.profile if settings else None,
            server_name=settings.server_name if settings else None,
            accounts=tuple(sorted(each.user_id for each in place.credentials().values())),
        )


def reset(folder: Path, *, clock: Clock = time.monotonic, sleep: Sleep = time.sleep) -> bool:
    """Stops the homeserver and deletes its data: rooms, people, tokens. Returns False where there was nothing."""
    place = Folder(folder)
    if not place.path.is_dir():
        return False
    with _told(place):
        with _alone(place):
            process.stop(place, clock=clock, sleep=sleep)
        return place.delete()


def _start(place: Folder, settings: Settings, *, fixed: bool, clock: Clock, sleep: Sleep) -> Settings:
    """Starts the server and waits until it answers; returns the settings with the port that it got."""
    place.prepare()
    for _ in range(5):
        port = settings.port if process.port_free(settings.port) else None
        if port is None and not fixed:
            port = process.next_free(settings.port + 1)
        if port is None:
            raise Refused([Diagnostic("sandbox-port-taken", params={"port": settings.port})])
        settings = replace(settings, port=port)
        place.remember(settings)
        configuration.write(place, settings)
        child = process.start(place, process.command(place))
        if _answers(place, settings, within=_READY_WITHIN, clock=clock, sleep=sleep):
            return settings
        if process.running(place) is not None:
            process.stop(place, clock=clock, sleep=sleep)
            raise Refused([Diagnostic("sandbox-not-answering", params=_log(place, seconds=round(_READY_WITHIN)))])
        child.wait()
        # Somebody took the port between our look and the server's: the next round looks again.
        if process.port_free(settings.port):
            raise Refused([Diagnostic("sandbox-start-failed", params=_log(place, status=child.returncode))])
    raise Refused([Diagnostic("sandbox-port-taken", params={"port": settings.port})])


def _answers(place: Folder, settings: Settings, *, within: float, clock: Clock, sleep: Sleep) -> bool:
    """Whether our own server answers within so many seconds; False at once when its process has ended."""
    until = clock() + within
    while clock() < until:
        if process.running(place) is None:
            return False
        if _is_ours(settings):
            return True
        sleep(0.05)
    return False


def _is_ours(settings: Settings) -> bool:
    """Whether it is our server that answers on the port: a stranger's may have taken it while ours was starting."""
    try:
        with _client(settings, seconds=2.0) as http:
            answer = http.get(_WELL_KNOWN)
            return answer.status_code == 200 and answer.json().get(MARK) == settings.mark
    except (httpx.HTTPError, ValueError, AttributeError):
        return False


def _client(settings: Settings, *, seconds: float = 30.0) -> httpx.Client:
    # A proxy from the environment has no business with loopback.
    return httpx.Client(base_url=_base_url(settings), timeout=seconds, trust_env=False)


def _base_url(settings: Settings) -> str:
    return f"http://127.0.0.1:{settings.port}"


def _log(place: Folder, **more: object) -> dict[str, object]:
    return {"log": str(place.log), "tail": place.log_tail(), **more}


@contextmanager
def _alone(place: Folder) -> Iterator[None]:
    """One command at a time for one sandbox; the lock file lives beside the folder, which a reset deletes."""
    make_private(place.path.parent)
    try:
        with FileLock(place.path.with_name(f".{place.path.name}.lock"), timeout=90, mode=0o600):
            yield
    except Timeout:
        raise Refused([Diagnostic("sandbox-busy", params={"folder": str(place.path)})]) from None


@contextmanager
def _told(place: Folder) -> Iterator[None]:
    """Turns what the system or the server's connection refuses into words."""
    try:
        yield
    except httpx.HTTPError as error:
        params = _log(place, reason=f"{type(error).__name__}: {error}")
        raise Refused([Diagnostic("sandbox-went-away", params=params)], exit_code=4) from error
    except TimeoutError as error:
        raise Refused([Diagnostic("sandbox-will-not-stop", params={"reason": str(error)})]) from error
    except OSError as error:
        params = {"folder": error.filename or str(place.path), "reason": error.strerror or str(error)}
        raise Refused([Diagnostic("sandbox-folder-unusable", params=params)]) from error
