"""Owns pictures on their way to WeCom: a digest stands for one in plans, an address for one that was sent."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Mapping

from groupform.compile.resource import Json
from groupform.engine.provider import Failure
from groupform.providers.wecom.reading import Look

_KINDS = ((b"\x89PNG", "image/png"), (b"\xff\xd8", "image/jpeg"))
_OTHER = "changed"
"""Stands for a picture that is not the one we sent."""
_SIDE = 64
_COLOUR = b"\x4a\x90\xd9"


def shown(private: Mapping[str, Json], address: str) -> str:
    """The digest of the picture at an address, where it is one that we have sent there."""
    pictures = private.get("pictures")
    sent: Mapping[str, Json] = pictures if isinstance(pictures, Mapping) else {}
    return next((digest for digest, url in sent.items() if url == address), _OTHER)


async def permanent(look: Look, digest: str) -> str:
    """The address of a picture that stays (media/uploadimg). Raises HttpError, Failure for one that no file holds."""
    data = _data(look, digest)
    return await look.api.media.picture(data, content_type(data))


async def temporary(look: Look, digest: str | None) -> str:
    """A media_id for the next three days; of a plain picture of our own where none is declared."""
    data = _data(look, digest) if digest is not None else plain()
    return await look.api.media.file("image", data, content_type(data))


async def avatar_of(look: Look, account: str, digest: Json) -> dict[str, Json]:
    """What is kept of an account's picture: it reads back as an address, so that is what tells it again."""
    if not isinstance(digest, str):
        return {}
    found = next((each.avatar for each in await look.accounts() if each.id == account), "")
    return {"pictures": {digest: found}} if found else {}


def plain() -> bytes:
    """A small picture of one colour, always the same."""
    row = b"\x00" + _COLOUR * _SIDE
    head = struct.pack(">IIBBBBB", _SIDE, _SIDE, 8, 2, 0, 0, 0)
    chunks = ((b"IHDR", head), (b"IDAT", zlib.compress(row * _SIDE, 9)), (b"IEND", b""))
    framed = (
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data)) for name, data in chunks
    )
    return b"\x89PNG\r\n\x1a\n" + b"".join(framed)


def _data(look: Look, digest: str) -> bytes:
    data = look.pictures.get(digest)
    if data is None:
        raise Failure("wecom-picture-unknown", digest=digest)
    return data


def content_type(data: bytes) -> str:
    """What a picture is, by its first bytes."""
    return next((kind for start, kind in _KINDS if data.startswith(start)), "application/octet-stream")
