"""Owns uploads: pictures that stay, and files that are handed on within three days (shared facts §12)."""

from __future__ import annotations

import hashlib
import re

from groupform.providers.wecom.api_call import HOUR, Caller

_KINDS = {
    "image/jpeg": "jpg",
    "image/png": "png",
    "video/mp4": "mp4",
    "audio/amr": "amr",
    "application/pdf": "pdf",
    "text/html": "html",
}


class Media:
    """`media/*` (D-96484, D-90454). Sending a file twice costs quota and harms nothing."""

    def __init__(self, caller: Caller) -> None:
        self._call = caller

    async def picture(self, data: bytes, content_type: str) -> str:
        """The address of a picture (5 bytes to 2 MB), good for ever, inside WeCom only. 1000 a day, 3000 a month."""
        windows = (self._call.rest_of_day(),)
        return str((await self._upload("media/uploadimg", {}, data, content_type, "url", windows))["url"])

    async def file(self, kind: str, data: bytes, content_type: str, *, name: str | None = None) -> str:
        """The media_id of an `image`, a `voice`, a `video` or a `file`, good for three days in the whole corp.

        `name` is what people see of a file that they are sent.
        """
        found = await self._upload("media/upload", {"type": kind}, data, content_type, "media_id", name=name)
        return str(found["media_id"])

    async def attachment(self, media_type: str, attachment_type: int, data: bytes, content_type: str) -> str:
        """The media_id of an attachment: attachment_type 1 for moments, 2 for the album (D-96347)."""
        query = {"media_type": media_type, "attachment_type": str(attachment_type)}
        return str((await self._upload("media/upload_attachment", query, data, content_type, "media_id"))["media_id"])

    async def _upload(
        self,
        path: str,
        query: dict[str, str],
        data: bytes,
        content_type: str,
        key: str,
        windows: tuple[float, ...] = (60.0, HOUR),
        name: str | None = None,
    ) -> dict[str, object]:
        body, kind = form(data, content_type, name)
        return await self._call.upload(
            path, query=query, content=body, content_type=kind, has={key: str}, windows=windows
        )


def form(data: bytes, content_type: str, name: str | None = None) -> tuple[bytes, str]:
    """A multipart form with one part `media`, and its content type; the same bytes make the same form.

    Without a name of plain letters it is named by what is in it: the platform wants one, and names in Chinese are where
    such forms break.
    """
    digest = hashlib.sha256(data).hexdigest()
    if name is None or not re.fullmatch(r"[\w.-]{1,100}", name, re.ASCII):
        name = f"{digest[:16]}.{_KINDS.get(content_type, 'bin')}"
    boundary = f"groupform-{digest}"
    head = (
        f'--{boundary}\r\nContent-Disposition: form-data; name="media"; filename="{name}"; filelength={len(data)}\r\n'
        f"Content-Type: {content_type}\r\n\r\n"
    )
    return head.encode() + data + f"\r\n--{boundary}--\r\n".encode(), f"multipart/form-data; boundary={boundary}"
