"""Owns the requests about ways in: join ways to groups, contact ways to people (shared facts §2.6 and §7)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from groupform.providers.wecom.api_call import Caller, Content, given

_JOIN = "externalcontact/groupchat/"
_CONTACT = "externalcontact/"
# A request that holds nothing but a config_id can only be refused because of it: 41044 says so for contact ways (ERR);
# for join ways no page names the code, and these are what is said of a bad field (§1.3).
_NO_SUCH_WAY = (41044, 40058)
_GONE = "wecom-error-no-such-join-way"
FIRST_LISTED = 1_625_875_200
"""2021-07-10 in China: contact ways made before are in no list (D-92228)."""


class JoinWays:
    """`externalcontact/groupchat/*_join_way` (D-92229). No list: whoever loses a config_id has lost the way."""

    def __init__(self, caller: Caller) -> None:
        self._call = caller

    async def add(
        self,
        chat_ids: Sequence[str],
        *,
        scene: int = 2,
        remark: str | None = None,
        auto_create_room: bool = True,
        room_base_name: str | None = None,
        room_base_id: int | None = None,
        state: str | None = None,
    ) -> str:
        """The new way's config_id, and nothing else: the code itself is read with `get`."""
        body = _join(chat_ids, scene, remark, auto_create_room, room_base_name, room_base_id, state)
        return str((await self._call.make(f"{_JOIN}add_join_way", body, has={"config_id": str}))["config_id"])

    async def get(self, config_id: str) -> Content:
        """{config_id, scene, remark, auto_create_room, room_base_name, room_base_id, chat_id_list, qr_code, state}.

        Raises NotFound where the platform does not take the config_id.
        """
        body, has = {"config_id": config_id}, {"join_way": dict}
        answer = await self._call.read(f"{_JOIN}get_join_way", body, has=has, absent=_NO_SUCH_WAY, gone=_GONE)
        return dict(answer["join_way"])

    async def update(
        self,
        config_id: str,
        chat_ids: Sequence[str],
        *,
        scene: int = 2,
        remark: str | None = None,
        auto_create_room: bool = True,
        room_base_name: str | None = None,
        room_base_id: int | None = None,
        state: str | None = None,
    ) -> None:
        """Overwrites the whole way: what is left out is reset."""
        body = _join(chat_ids, scene, remark, auto_create_room, room_base_name, room_base_id, state)
        await self._call.read(f"{_JOIN}update_join_way", {"config_id": config_id, **body}, absent=(41044,), gone=_GONE)

    async def delete(self, config_id: str) -> bool:
        """False where there was none."""
        return await self._call.remove(f"{_JOIN}del_join_way", {"config_id": config_id}, _NO_SUCH_WAY, gone=_GONE)


class ContactWays:
    """`externalcontact/*_contact_way` (D-92228)."""

    def __init__(self, caller: Caller) -> None:
        self._call = caller

    async def add(self, users: Sequence[str], *, scene: int = 2, remark: str, state: str, **more: Any) -> Content:
        """{config_id, qr_code}. One user makes a way of type 1, several one of type 2; `more` as in `update`."""
        body = {"type": 1 if len(users) == 1 else 2, "scene": scene, "user": list(users), "remark": remark}
        return await self._call.make(
            f"{_CONTACT}add_contact_way", {**body, "state": state, **more}, has={"config_id": str}
        )

    async def get(self, config_id: str) -> Content:
        """{config_id, type, scene, remark, skip_verify, state, qr_code, user, party, …}. Raises NotFound (41044)."""
        body, has = {"config_id": config_id}, {"contact_way": dict}
        answer = await self._call.read(f"{_CONTACT}get_contact_way", body, has=has, absent=_NO_SUCH_WAY)
        return dict(answer["contact_way"])

    async def listed(self, start: int = FIRST_LISTED, end: int | None = None) -> list[str]:
        """The config_ids of all ways made since `start`. Without an early start the platform shows 90 days only."""
        body = {"start_time": start, "end_time": int(self._call.now()) if end is None else end, "limit": 1000}
        found = self._call.pages(f"{_CONTACT}list_contact_way", body, "contact_way")
        return [str(each["config_id"]) async for each in found]

    async def update(self, config_id: str, changes: Mapping[str, Any]) -> None:
        """Writes `remark`, `skip_verify`, `style`, `state`, `user` or `party` (both overwritten); type, scene never."""
        await self._call.read(f"{_CONTACT}update_contact_way", {"config_id": config_id, **changes})

    async def delete(self, config_id: str) -> bool:
        """False where there was none. The printed code is dead afterwards."""
        return await self._call.remove(f"{_CONTACT}del_contact_way", {"config_id": config_id}, _NO_SUCH_WAY)


def _join(
    chat_ids: Sequence[str],
    scene: int,
    remark: str | None,
    auto_create_room: bool,
    room_base_name: str | None,
    room_base_id: int | None,
    state: str | None,
) -> Content:
    return given(
        scene=scene,
        chat_id_list=list(chat_ids),
        remark=remark,
        # The platform's default is 1: left out, it would make groups that nobody asked for.
        auto_create_room=int(auto_create_room),
        room_base_name=room_base_name,
        room_base_id=room_base_id,
        state=state,
    )
