"""Owns how a request says who we are, and how a secret is kept out of everything that is shown."""

from __future__ import annotations

import base64
import html
import json
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Protocol
from urllib.parse import quote

from pydantic import SecretStr

from groupform.http.errors import Context, Unauthorized

HIDDEN = "***"


class Credentials(Protocol):
    """Headers for one request, and the secret texts that must never be shown."""

    def headers(self) -> Mapping[str, str]:
        """Asked for each request, so that a token may change under way."""

    def secrets(self) -> Iterable[str]:
        """What to hide wherever it turns up."""


class Nobody:
    """No credentials."""

    def headers(self) -> Mapping[str, str]:
        return {}

    def secrets(self) -> Iterable[str]:
        return ()


class Bearer:
    """A token in the Authorization header (RFC 6750). White space around it, as a file leaves it, is dropped.

    Raises Unauthorized `http-bad-token` for a token that no header can carry: empty, with spaces, not ASCII.
    """

    def __init__(self, token: SecretStr) -> None:
        self._token = bare(token)

    def headers(self) -> Mapping[str, str]:
        return {"Authorization": f"Bearer {self._token.get_secret_value()}"}

    def secrets(self) -> Iterable[str]:
        return (self._token.get_secret_value(),)


def bare(secret: SecretStr) -> SecretStr:
    """A token or a secret without the white space that a file leaves around it.

    Raises Unauthorized `http-bad-token` for what no request can carry: empty, with spaces, not ASCII.
    """
    text = secret.get_secret_value().strip()
    # Checked here because the HTTP library would quote the whole header in its own error.
    if not text or not text.isascii() or not text.isprintable() or " " in text:
        raise Unauthorized(Context(), code="http-bad-token")
    return SecretStr(text)


def hide(data: bytes, secrets: Iterable[str]) -> bytes:
    """Bytes of an answer without the secrets that were sent: what a server gives back goes no further."""
    for secret in secrets:
        if len(secret) >= 4:
            for form in _forms(secret):
                data = data.replace(form.encode(), HIDDEN.encode())
    return data


@lru_cache(maxsize=8)
def _forms(secret: str) -> frozenset[str]:
    """The ways in which servers write down what they were sent: as it is, for an address, in JSON, in a page."""
    escaped = json.dumps(secret)[1:-1]
    plain = (secret, quote(secret, safe=""), quote(secret), escaped, escaped.replace("/", "\\/"), html.escape(secret))
    encoded = base64.b64encode(secret.encode()).decode()
    return frozenset({*plain, encoded, encoded.rstrip("=")})


def redact(text: str, secrets: Iterable[str], *, limit: int = 300) -> str:
    """`text` without the secrets, plain or percent-encoded, on one printable line of at most `limit` characters."""
    for secret in secrets:
        # A secret of a few characters would turn ordinary words into stars.
        if len(secret) >= 4:
            for form in _forms(secret):
                text = text.replace(form, HIDDEN)
    # A server's words may hold what moves a terminal's cursor.
    line = "".join(each if each.isprintable() else "\N{REPLACEMENT CHARACTER}" for each in " ".join(text.split()))
    return line if len(line) <= limit else line[: limit - 1] + "…"
