"""Owns WeCom's access token: which request hands it out, where it stands in a request, what ends it."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable

from pydantic import SecretStr

from groupform.http import Call, Fresh, Token, bare
from groupform.http.answers import Json
from groupform.http.limits import Keeps
from groupform.http.tokens import Send
from groupform.providers.wecom.errcodes import REFUSED_BEFORE_EFFECT
from groupform.providers.wecom.wire import spent

_HOUR = 3600.0
# Fetched again a little before its end, so that a request under way does not meet it.
_EARLY = 60.0


def token(corp_id: str, secret: SecretStr, clock: Callable[[], float] = time.monotonic) -> Token:
    """The token of one application (D-91039): one secret an application, one token a secret, never shared between them.

    It lives in memory only. Raises Unauthorized `http-bad-token` for a secret that no request can carry.
    """
    bared = bare(secret)

    async def fetch(send: Send) -> Fresh:
        call = Call(
            "GET",
            "/cgi-bin/gettoken",
            "/gettoken",
            idempotent=True,
            query={"corpid": corp_id, "corpsecret": bared.get_secret_value()},
            harmless=REFUSED_BEFORE_EFFECT,
            # Whoever asks too often, or too often with a wrong secret, is shut out for an hour (ERR 45009).
            windows=(_HOUR,),
            valid=_is_token,
            anonymous=True,
        )
        found = await send(call)
        assert isinstance(found, dict)
        seconds = found.get("expires_in")
        lasting = float(seconds) if isinstance(seconds, int | float) and seconds > 2 * _EARLY else None
        return Fresh(SecretStr(str(found["access_token"])), None if lasting is None else lasting - _EARLY)

    return Token(fetch, spent=spent, query="access_token", secrets=(bared,), clock=clock)


def shared_token(
    together: Keeps, corp_id: str, secret: SecretStr, clock: Callable[[], float] = time.monotonic
) -> Token:
    """The same token for all sessions of one command with one application: it is fetched once for all of them."""
    digest = hashlib.sha256(secret.get_secret_value().strip().encode()).hexdigest()
    return together.once(("wecom-token", corp_id, digest), lambda: token(corp_id, secret, clock))


def _is_token(data: Json) -> bool:
    text = data.get("access_token") if isinstance(data, dict) else None
    return isinstance(text, str) and bool(text) and text.isascii() and text.isprintable() and " " not in text
