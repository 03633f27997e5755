"""Owns the requests about the corp's customer tags (shared facts §6)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from groupform.providers.wecom.api_call import Caller, Content, given

_ROOM = "externalcontact/"


@dataclass(frozen=True, slots=True)
class Tag:
    """One tag. The higher `order`, the further up it stands."""

    id: str
    name: str
    order: int


@dataclass(frozen=True, slots=True)
class TagGroup:
    """A group of tags, which is never empty."""

    id: str
    name: str
    order: int
    tags: tuple[Tag, ...]


class Tags:
    """`externalcontact/*_corp_tag*` (D-92117)."""

    def __init__(self, caller: Caller) -> None:
        self._call = caller

    async def listed(self, group_ids: Sequence[str] = ()) -> list[TagGroup]:
        """The groups asked for, all of them without; deleted ones left out. There is no paging."""
        body: Content = {"group_id": list(group_ids)} if group_ids else {}
        answer = await self._call.read(f"{_ROOM}get_corp_tag_list", body, has={"tag_group": list})
        return [_group(each) for each in answer["tag_group"] if not each.get("deleted")]

    async def add(
        self,
        tags: Sequence[tuple[str, int | None]],
        *,
        group_name: str | None = None,
        group_id: str | None = None,
        order: int | None = None,
    ) -> TagGroup:
        """Adds tags (name, order) to a group: a new one, the one of that name where there is one, or that of the id.

        The answer holds the ids of what this request made, not of what stood there before.
        """
        body = given(group_id=group_id, group_name=group_name if group_id is None else None, order=order)
        body["tag"] = [given(name=name, order=place) for name, place in tags]
        return _group((await self._call.make(f"{_ROOM}add_corp_tag", body, has={"tag_group": dict}))["tag_group"])

    async def edit(self, id: str, *, name: str | None = None, order: int | None = None) -> None:  # noqa: A002
        """Renames or moves a tag or a group; what is None stays."""
        await self._call.read(f"{_ROOM}edit_corp_tag", given(id=id, name=name, order=order))

    async def delete(self, tag_ids: Sequence[str] = (), group_ids: Sequence[str] = ()) -> bool:
        """Deletes; the last tag takes its group with it. False where the platform knew none of them (40068)."""
        body = {name: list(ids) for name, ids in (("tag_id", tag_ids), ("group_id", group_ids)) if ids}
        return await self._call.remove(f"{_ROOM}del_corp_tag", body)


def _group(data: Mapping[str, object]) -> TagGroup:
    tags = data.get("tag")
    return TagGroup(
        id=str(data["group_id"]),
        name=str(data.get("group_name", "")),
        order=_number(data.get("order")),
        tags=tuple(
            Tag(str(each["id"]), str(each.get("name", "")), _number(each.get("order")))
            for each in (tags if isinstance(tags, list) else [])
            if not each.get("deleted")
        ),
    )


def _number(value: object) -> int:
    return value if isinstance(value, int) else 0
