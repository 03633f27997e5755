"""Owns the sandbox's accounts: registered with the shared secret, logged in once, their tokens kept."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

import httpx

from groupform.config.diagnostics import Diagnostic, Refused
from groupform.sandbox.folder import Account, Folder, Settings

# One device for ever: the server remembers transaction ids and sync positions by device.
DEVICE = "GROUPFORMSANDBOX"
# The administrator that gives the others their standing; the operator may be a plain account.
KEEPER = "sandbox-keeper"


def ensure(http: httpx.Client, folder: Folder, settings: Settings, names: Mapping[str, bool]) -> dict[str, Account]:
    """Every account of `names` (localpart to whether it is an administrator), registered and with a token that works.

    Kept tokens are used again after one look at /whoami; the rest is registered or logged in, and kept. Raises Refused
    `sandbox-account-refused` where the server says no.
    """
    kept = folder.credentials()
    found: dict[str, Account] = {}
    for name, admin in names.items():
        account = kept.get(name)
        if account is None or not _works(http, account):
            account = _register(http, settings, name, admin=admin) or _log_in(http, settings, name)
            found[name] = account
            folder.keep({**kept, **found})
        found[name] = account
    return found


def password(settings: Settings, name: str) -> str:
    """The account's password, derived from the registration secret: lost credentials can be had again by a login."""
    return hmac.new(settings.registration_secret.encode(), f"password\0{name}".encode(), hashlib.sha256).hexdigest()


def set_standing(http: httpx.Client, keeper: Account, user_id: str, *, admin: bool, limited: bool) -> None:
    """Makes an account an administrator or not, and puts rate limits on it or takes them off.

    An operator of a real Synapse lifts the limits of the tool's own account in the same way:
    https://element-hq.github.io/synapse/latest/admin_api/user_admin_api.html#override-ratelimiting-for-users
    """
    user = quote(user_id, safe="")
    _expect(http.put(f"/_synapse/admin/v2/users/{user}", headers=_bearer(keeper), json={"admin": admin}), user_id)
    path = f"/_synapse/admin/v1/users/{user}/override_ratelimit"
    if limited:
        _expect(http.delete(path, headers=_bearer(keeper)), user_id)
    else:
        body = {"messages_per_second": 0, "burst_count": 0}
        _expect(http.post(path, headers=_bearer(keeper), json=body), user_id)


def _works(http: httpx.Client, account: Account) -> bool:
    answer = http.get("/_matrix/client/v3/account/whoami", headers=_bearer(account))
    return answer.status_code == 200 and _content(answer).get("user_id") == account.user_id


def _register(http: httpx.Client, settings: Settings, name: str, *, admin: bool) -> Account | None:
    """Registers an account; None where it exists. https://element-hq.github.io/synapse/latest/admin_api/register_api.html"""
    path = "/_synapse/admin/v1/register"
    nonce = str(_expect(http.get(path), name)["nonce"])
    secret = password(settings, name)
    signed = "\0".join((nonce, name, secret, "admin" if admin else "notadmin"))
    body = {
        "nonce": nonce,
        "username": name,
        "password": secret,
        "admin": admin,
        "mac": hmac.new(settings.registration_secret.encode(), signed.encode(), hashlib.sha1).hexdigest(),
        "device_id": DEVICE,
    }
    answer = http.post(path, json=body)
    if _content(answer).get("errcode") == "M_USER_IN_USE":
        return None
    return _account(_expect(answer, name))


def _log_in(http: httpx.Client, settings: Settings, name: str) -> Account:
    body = {
        "type": "m.login.password",
        "identifier": {"type": "m.id.user", "user": name},
        "password": password(settings, name),
        "device_id": DEVICE,
    }
    return _account(_expect(http.post("/_matrix/client/v3/login", json=body), name))


def _account(answer: Mapping[str, Any]) -> Account:
    return Account(str(answer["user_id"]), str(answer["device_id"]), str(answer["access_token"]))


def _bearer(account: Account) -> dict[str, str]:
    return {"Authorization": f"Bearer {account.token}"}


def _content(answer: httpx.Response) -> dict[str, Any]:
    try:
        content = answer.json()
    except ValueError:
        return {}
    return content if isinstance(content, dict) else {}


def _expect(answer: httpx.Response, name: str) -> dict[str, Any]:
    content = _content(answer)
    if answer.status_code not in (200, 201):
        params = {"account": name, "reason": str(content.get("error") or f"HTTP {answer.status_code}")}
        raise Refused([Diagnostic("sandbox-account-refused", params=params)])
    return content
