"""Owns look-ups of members: who may own a customer group, who is there at all (shared facts §11)."""

from __future__ import annotations

from groupform.providers.wecom.api_call import Caller, Content


class People:
    """`externalcontact/get_follow_user_list`, `user/*`, `department/*`. Nothing here writes."""

    def __init__(self, caller: Caller) -> None:
        self._call = caller

    async def with_customer_contact(self) -> frozenset[str]:
        """Userids, folded, of the visible members who have 客户联系 (D-92571): they may own a group, be contacted."""
        answer = await self._call.get("externalcontact/get_follow_user_list", has={"follow_user": list})
        return frozenset(fold(str(each)) for each in answer["follow_user"])

    async def get(self, user_id: str) -> Content:
        """{userid, name, department, …}. Raises NotFound (60111) for nobody, Forbidden (60011) out of our range."""
        return await self._call.get("user/get", {"userid": user_id}, has={"userid": str}, absent=(60111, 40003))

    async def departments(self) -> list[int]:
        """The departments in the visible range."""
        answer = await self._call.get("department/simplelist", has={"department_id": list})
        return [int(each["id"]) for each in answer["department_id"]]

    async def api_addresses(self) -> list[str]:
        """Addresses of the platform's own servers: the plainest question that a token answers."""
        return [str(each) for each in (await self._call.get("get_api_domain_ip", has={"ip_list": list}))["ip_list"]]


def fold(user_id: str) -> str:
    """A userid as it is compared: the platform takes no notice of case (CPAN:user.pm)."""
    return user_id.strip().lower()
