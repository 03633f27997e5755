"""Owns the requests about WeChat customer service (微信客服): accounts, their link, who answers (shared facts §10)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from groupform.providers.wecom.api_call import Caller, Content, Part, given, parts

PEOPLE_AT_ONCE = 100
DEPARTMENTS_AT_ONCE = 20
"""The newer text; the one of 2023 allowed 100 (UNCONFIRMED 10)."""
_PAGE = 100


@dataclass(frozen=True, slots=True)
class Account:
    """A customer-service account. `managed` says whether it was assigned to this application (通过API管理)."""

    id: str
    name: str
    avatar: str
    managed: bool


@dataclass(frozen=True, slots=True)
class Servicer:
    """Who answers: a member, or a whole department. `receiving` is off for somebody who has paused."""

    user: str | None
    department: int | None
    receiving: bool


class Service:
    """`kf/account/*`, `kf/add_contact_way`, `kf/servicer/*` (D-94661 to D-94665)."""

    def __init__(self, caller: Caller) -> None:
        self._call = caller

    async def accounts(self) -> list[Account]:
        """All of them, page after page until a short one; there is no cursor."""
        found: dict[str, Account] = {}
        while True:
            body = {"offset": len(found), "limit": _PAGE}
            page = (await self._call.read("kf/account/list", body, has={"account_list": list}))["account_list"]
            before = len(found)
            for each in page:
                found[str(each["open_kfid"])] = Account(
                    str(each["open_kfid"]),
                    str(each.get("name", "")),
                    str(each.get("avatar", "")),
                    bool(each.get("manage_privilege", True)),
                )
            if len(page) < _PAGE or len(found) == before:
                return list(found.values())

    async def add(self, name: str, media_id: str) -> str:
        """The new account's id. The avatar is a temporary media_id; names need not be unique."""
        body = {"name": name, "media_id": media_id}
        return str((await self._call.make("kf/account/add", body, has={"open_kfid": str}))["open_kfid"])

    async def update(self, account: str, *, name: str | None = None, media_id: str | None = None) -> None:
        """Writes what is not None."""
        await self._call.read("kf/account/update", given(open_kfid=account, name=name, media_id=media_id))

    async def delete(self, account: str) -> bool:
        """False where there was none."""
        return await self._call.remove("kf/account/del", {"open_kfid": account})

    async def link(self, account: str, scene: str) -> str:
        """The address behind a website's button. `scene`: ≤32 bytes of 0-9A-Za-z_-. Nothing lists or deletes it."""
        body = {"open_kfid": account, "scene": scene}
        return str((await self._call.read("kf/add_contact_way", body, has={"url": str}))["url"])

    async def servicers(self, account: str) -> list[Servicer]:
        answer = await self._call.get("kf/servicer/list", {"open_kfid": account}, has={"servicer_list": list})
        return [
            Servicer(
                str(each["userid"]) if "userid" in each else None,
                int(each["department_id"]) if "department_id" in each else None,
                each.get("status", 0) == 0,
            )
            for each in answer["servicer_list"]
        ]

    async def add_servicers(
        self, account: str, users: Sequence[str] = (), departments: Sequence[int] = ()
    ) -> list[Part]:
        """What became of each, by userid or department; those who answer already are no failure."""
        return await self._servicers("add", account, users, departments)

    async def remove_servicers(
        self, account: str, users: Sequence[str] = (), departments: Sequence[int] = ()
    ) -> list[Part]:
        return await self._servicers("del", account, users, departments)

    async def _servicers(self, verb: str, account: str, users: Sequence[str], departments: Sequence[int]) -> list[Part]:
        path = f"kf/servicer/{verb}"
        bodies: list[Content] = [
            {"userid_list": list(users[start : start + PEOPLE_AT_ONCE])}
            for start in range(0, len(users), PEOPLE_AT_ONCE)
        ]
        bodies += [
            {"department_id_list": list(departments[start : start + DEPARTMENTS_AT_ONCE])}
            for start in range(0, len(departments), DEPARTMENTS_AT_ONCE)
        ]
        found: list[Part] = []
        for body in bodies:
            answer = await self._call.read(path, {"open_kfid": account, **body}, has={"result_list": list})
            found += parts(answer, "result_list", f"/cgi-bin/{path}", "userid", "department_id")
        return found
