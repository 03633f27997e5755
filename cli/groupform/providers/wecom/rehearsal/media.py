"""Owns uploads: what is kept for three days, and pictures that stay (shared facts §12)."""

from __future__ import annotations

import hashlib
import re

from groupform.providers.wecom.rehearsal.corp import Desk, Record
from groupform.providers.wecom.rehearsal.refusals import BAD_FIELD, Refused

_THREE_DAYS = 3 * 86_400
_MEGABYTE = 1024 * 1024
LARGEST = {"image": 10 * _MEGABYTE, "voice": 2 * _MEGABYTE, "video": 10 * _MEGABYTE, "file": 20 * _MEGABYTE}
PICTURE = 2 * _MEGABYTE
_SMALLEST = 5
_HEADS = {"image": (b"\xff\xd8\xff", b"\x89PNG"), "voice": (b"#!AMR",), "video": (b"",), "file": (b"",)}


def upload(desk: Desk, query: Record, data: bytes) -> Record:
    """D-96484: a temporary file of the whole corp."""
    kind = query.get("type", "")
    if kind not in LARGEST:
        raise Refused(40004, f"type {kind!r}: none of {', '.join(LARGEST)}")
    return _kept(desk, kind, _checked(data, kind))


def attachment(desk: Desk, query: Record, data: bytes) -> Record:
    """D-96347: for moments (1: images and videos only) and the album (2)."""
    kind, use = query.get("media_type", ""), query.get("attachment_type", "")
    if use not in ("1", "2"):
        raise Refused(BAD_FIELD, f"attachment_type {use!r}: none of 1, 2")
    if kind not in ("image", "video", "file") or (use == "1" and kind == "file"):
        raise Refused(40004, f"media_type {kind!r}: not for attachment_type {use}")
    return _kept(desk, kind, _checked(data, kind))


def picture(desk: Desk, query: Record, data: bytes) -> Record:
    """The address of a picture, which stays. The same picture gives another address each time."""
    if not _SMALLEST < len(data) <= PICTURE or not data.startswith(_HEADS["image"]):
        raise Refused(40004, "media: not a picture of 5 bytes to 2 MB")
    url = f"https://wework.qpic.cn/wwpic/{desk.mint('picture')}/0"
    desk.table("pictures")[url] = {"sha256": hashlib.sha256(data).hexdigest()}
    return {"url": url}


def _checked(data: bytes, kind: str) -> bytes:
    if len(data) <= _SMALLEST or len(data) > LARGEST[kind]:
        raise Refused(40004, f"media: {len(data)} bytes, more than 5 and at most {LARGEST[kind]}")
    if not data.startswith(_HEADS[kind]):
        raise Refused(40004, f"media: this is no {kind}")
    return data


def _kept(desk: Desk, kind: str, data: bytes) -> Record:
    key = desk.mint("media")
    desk.table("media")[key] = {"type": kind, "created": desk.time, "sha256": hashlib.sha256(data).hexdigest()}
    return {"type": kind, "media_id": key, "created_at": str(desk.time)}


def living(desk: Desk, media_id: str) -> Record:
    """A temporary file that is still there. Raises Refused 40007."""
    found = desk.table("media").get(media_id)
    if found is None or desk.time - found["created"] >= _THREE_DAYS:
        raise Refused(40007, f"media_id {media_id}: invalid or expired")
    return found


def stays(desk: Desk, url: str) -> None:
    """A picture that `media/uploadimg` gave. Raises Refused 40058 for another address."""
    if url not in desk.table("pictures"):
        raise Refused(BAD_FIELD, "pic_url: not from media/uploadimg")


def part(content_type: str, body: bytes) -> bytes:
    """The one part `media` of a multipart form. Raises Refused for what is no such form, or names no file."""
    found = re.fullmatch(r'multipart/form-data; boundary="?([^";]+)"?', content_type)
    pieces = body.split(b"--" + found.group(1).encode()) if found else []
    for piece in pieces:
        head, _, rest = piece.partition(b"\r\n\r\n")
        if b'name="media"' in head and re.search(rb'filename="[^"]+"', head):
            return rest.removesuffix(b"\r\n")
    raise Refused(40004, "media: a multipart form with a part 'media' that has a filename is wanted")
