"""Owns posting one JSON message to an address that is itself a secret: it stands in no error."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import httpx
from pydantic import SecretStr

_SILENCE = 20.0
"""Seconds without an answer before it is given up."""


@dataclass(frozen=True, slots=True)
class Posted:
    """How it ended: `code` is None where it was taken, else the sentence that says why not, with its words.

    `unknown` is True where it may have been taken all the same.
    """

    code: str | None = None
    status: int = 0
    unknown: bool = False


async def post(
    address: SecretStr, body: Mapping[str, Any], *, transport: httpx.AsyncBaseTransport | None = None
) -> Posted:
    """Sends one message, once. Redirects are not followed: the message would go to somebody else."""
    try:
        async with httpx.AsyncClient(timeout=_SILENCE, follow_redirects=False, transport=transport) as client:
            answer = await client.post(address.get_secret_value(), json=dict(body))
    except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout):
        return Posted("notify-webhook-unreachable")
    except (httpx.InvalidURL, httpx.UnsupportedProtocol, UnicodeError, ValueError):
        return Posted("notify-webhook-no-address")
    except httpx.HTTPError:
        return Posted("notify-webhook-silent", unknown=True)
    if answer.is_success:
        return Posted(status=answer.status_code)
    return Posted("notify-webhook-refused", answer.status_code, unknown=answer.status_code >= 500)
