"""Owns the choice of a state backend by its name, and the reading of its settings; each is imported when it is used."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from pydantic import SecretStr

from groupform.state.spelling import refuse
from groupform.state.store import StateKey, Store

Settings = Mapping[str, str | SecretStr]

_KNOWN: Mapping[str, frozenset[str]] = {
    "local": frozenset({"path"}),
    "s3": frozenset(
        {
            *("bucket", "prefix", "endpoint", "region", "path_style"),
            *("access_key_id", "secret_access_key", "session_token"),
        }
    ),
    "postgres": frozenset({"url", "schema"}),
    "http": frozenset(
        {
            *("address", "lock_address", "unlock_address", "update_method", "lock_method", "unlock_method"),
            *("username", "password", "token", "accept_weaker"),
        }
    ),
}
_NEEDED = {"s3": "bucket", "postgres": "url", "http": "address"}
# What every tool for S3 reads from its environment, as a build machine or a rented one sets it.
_AWS = {
    "access_key_id": "AWS_ACCESS_KEY_ID",
    "secret_access_key": "AWS_SECRET_ACCESS_KEY",
    "session_token": "AWS_SESSION_TOKEN",
    "region": "AWS_REGION",
    "endpoint": "AWS_ENDPOINT_URL_S3",
}


def open_backend(
    name: str,
    settings: Settings,
    *,
    root: Path,
    environ: Mapping[str, str],
    known: Sequence[StateKey] = (),
) -> Store:
    """The store that settings describe. No request is made yet.

    `root` is what a relative path of the local backend is relative to; `known` are the documents that a backend which
    cannot list is asked for. Raises Refused: `state-setting-unknown`, `state-setting-missing`, `state-setting-wrong`,
    or `state-backend-not-installed` where the extra of that name is missing.
    """
    makers: Mapping[str, Callable[[], Store]] = {
        "local": lambda: _local(settings, root),
        "s3": lambda: _s3(settings, environ),
        "postgres": lambda: _postgres(settings),
        "http": lambda: _http(settings, known),
    }
    for each in settings:
        if each not in _KNOWN[name]:
            raise refuse("state-setting-unknown", name=each, backend=name, known=", ".join(sorted(_KNOWN[name])))
    needed = _NEEDED.get(name)
    if needed is not None and not _plain(settings, needed).strip():
        raise refuse("state-setting-missing", name=needed, backend=name)
    try:
        return makers[name]()
    except ImportError as error:
        raise refuse("state-backend-not-installed", backend=name, extra=f"groupform[{name}]") from error


def _local(settings: Settings, root: Path) -> Store:
    from groupform.state.local import LocalStore

    return LocalStore(root / (_plain(settings, "path") or ".groupform/state"))


def _s3(settings: Settings, environ: Mapping[str, str]) -> Store:
    from groupform.state.objects import open_objects
    from groupform.state.s3 import S3Store

    given = {name: environ[variable] for name, variable in _AWS.items() if environ.get(variable)}
    written = {name: _plain(settings, name) for name in settings if _plain(settings, name)}
    if "access_key_id" in written:
        # Keys are given together: half of one pair with half of another opens nothing.
        given = {name: value for name, value in given.items() if name in ("region", "endpoint")}
    plain = given | written
    endpoint = plain.get("endpoint", "")
    if endpoint and not endpoint.startswith(("http://", "https://")):
        raise refuse("state-setting-wrong", name="endpoint", backend="s3")
    return S3Store(open_objects(plain, f"s3://{plain['bucket']}"), plain.get("prefix", ""))


def _postgres(settings: Settings) -> Store:
    from groupform.state.postgres import PostgresStore
    from groupform.state.postgres_session import Sessions

    return PostgresStore(Sessions(SecretStr(_plain(settings, "url")), _plain(settings, "schema") or "groupform"))


def _http(settings: Settings, known: Sequence[StateKey]) -> Store:
    from groupform.http import Bearer, Credentials, HttpError, Nobody
    from groupform.state.http import HttpStore
    from groupform.state.http_wire import Addresses, Basic, Wire

    names = ("address", "lock_address", "unlock_address", "update_method", "lock_method", "unlock_method")
    addresses = Addresses(**{name: _plain(settings, name) for name in names if _plain(settings, name)})
    if not addresses.address.startswith(("http://", "https://")):
        raise refuse("state-setting-wrong", name="address", backend="http")
    credentials: Credentials = Nobody()
    if token := _plain(settings, "token"):
        try:
            credentials = Bearer(SecretStr(token))
        except HttpError as error:
            raise refuse("state-setting-wrong", name="token", backend="http") from error
    elif username := _plain(settings, "username"):
        credentials = Basic(username, SecretStr(_plain(settings, "password")))
    accepted = _plain(settings, "accept_weaker").lower() in ("true", "yes")
    return HttpStore(Wire(addresses, credentials), known, accepted=accepted)


def _plain(settings: Settings, name: str) -> str:
    value = settings.get(name, "")
    return value.get_secret_value() if isinstance(value, SecretStr) else value
