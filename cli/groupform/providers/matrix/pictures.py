"""Owns pictures on their way to the server: from the value that stands for one in a plan to an m.room.avatar."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from groupform.engine.provider import Failure
from groupform.providers.matrix.api import Api
from groupform.providers.matrix.observe import AVATAR_DIGEST

_KINDS = ((b"\x89PNG", "image/png"), (b"\xff\xd8", "image/jpeg"), (b"GIF8", "image/gif"), (b"RIFF", "image/webp"))


@dataclass(frozen=True)
class Pictures:
    """Contents by digest, as the compiler met them, and where those already sent in this session are."""

    contents: Mapping[str, bytes]
    sent: dict[str, str] = field(default_factory=dict)


async def content(api: Api, pictures: Pictures, digest: str) -> dict[str, Any]:
    """The content of m.room.avatar. Uploads a picture once a session. Raises HttpError, Failure for an unknown one."""
    data = pictures.contents.get(digest)
    if data is None:
        raise Failure("matrix-picture-unknown", digest=digest)
    kind = next((each for start, each in _KINDS if data.startswith(start)), "application/octet-stream")
    if digest not in pictures.sent:
        pictures.sent[digest] = await api.upload(data, kind, "avatar")
    return {"url": pictures.sent[digest], "info": {"mimetype": kind, "size": len(data)}, AVATAR_DIGEST: digest}
