"""Owns the requests about a group's welcome, and the media in it (shared facts §3 and §12)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from groupform.providers.wecom.api_call import Caller, Content

_ROOM = "externalcontact/group_welcome_template/"
# No page says how an unknown template_id is refused; a request that holds nothing else can only be refused for that.
_NO_SUCH_TEMPLATE = (40058, 40037)


class WelcomeTemplates:
    """`externalcontact/group_welcome_template/*` (D-92366). No list; which group uses which one nothing tells."""

    def __init__(self, caller: Caller) -> None:
        self._call = caller

    async def add(self, content: Mapping[str, Any], *, notify: bool = False) -> str:
        """The new template's id. `content`: `text` {content}, and one of image, link, miniprogram, file, video.

        `notify` tells every owner and member that there is a template to be used.
        """
        body = {**content, "notify": int(notify)}
        return str((await self._call.make(f"{_ROOM}add", body, has={"template_id": str}))["template_id"])

    async def edit(self, template_id: str, content: Mapping[str, Any]) -> None:
        """Overwrites the template. Raises Forbidden (41058) for one that another application made."""
        await self._call.read(f"{_ROOM}edit", {"template_id": template_id, **content})

    async def get(self, template_id: str) -> Content:
        """{text, image {pic_url}, link, miniprogram, file, video}: an image comes back by address, never by media_id.

        Raises NotFound where the platform does not take the template_id.
        """
        answer = await self._call.read(f"{_ROOM}get", {"template_id": template_id}, absent=_NO_SUCH_TEMPLATE)
        return {name: value for name, value in answer.items() if name not in ("errcode", "errmsg")}

    async def delete(self, template_id: str) -> bool:
        """False where there was none."""
        return await self._call.remove(f"{_ROOM}del", {"template_id": template_id}, _NO_SUCH_TEMPLATE)
