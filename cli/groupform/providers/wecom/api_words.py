"""Owns the requests about sensitive words, which look at what employees send (shared facts §8.1)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from groupform.providers.wecom.api_call import Caller, Content, given

_ROOM = "externalcontact/"


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule. `kinds`: 1 telephone number, 2 e-mail, 3 red packet. `blocks`: warns and blocks, not only warns."""

    id: str
    name: str
    words: tuple[str, ...]
    kinds: tuple[int, ...]
    blocks: bool
    users: tuple[str, ...]
    departments: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class RuleLine:
    """One line of the list of rules, which holds those of the whole corp, whoever made them."""

    id: str
    name: str


@dataclass(frozen=True, slots=True)
class Range:
    """Whose messages are looked at."""

    users: Sequence[str] = ()
    departments: Sequence[int] = ()

    def body(self) -> Content:
        lists = (("user_list", self.users), ("department_list", self.departments))
        return {name: list(each) for name, each in lists if each}


class InterceptRules:
    """`externalcontact/*_intercept_rule*` (D-95097)."""

    def __init__(self, caller: Caller) -> None:
        self._call = caller

    async def listed(self) -> list[RuleLine]:
        answer = await self._call.get(f"{_ROOM}get_intercept_rule_list", has={"rule_list": list})
        return [RuleLine(str(each["rule_id"]), str(each.get("rule_name", ""))) for each in answer["rule_list"]]

    async def get(self, rule_id: str) -> Rule:
        """One rule; its range holds only what the application may see. Raises NotFound (41070, 41071)."""
        answer = await self._call.read(f"{_ROOM}get_intercept_rule", {"rule_id": rule_id}, has={"rule": dict})
        return _rule(answer["rule"])

    async def add(
        self, name: str, words: Sequence[str], scope: Range, *, kinds: Sequence[int] = (), blocks: bool = False
    ) -> str:
        """The new rule's id. Raises Conflict (41077) for a name that another rule has."""
        body: Content = {"rule_name": name, "word_list": list(words), "intercept_type": 1 if blocks else 2}
        body |= {"applicable_range": scope.body()} | ({"semantics_list": list(kinds)} if kinds else {})
        return str((await self._call.make(f"{_ROOM}add_intercept_rule", body, has={"rule_id": str}))["rule_id"])

    async def update(
        self,
        rule_id: str,
        *,
        name: str | None = None,
        words: Sequence[str] | None = None,
        kinds: Sequence[int] | None = None,
        blocks: bool | None = None,
        more: Range | None = None,
        fewer: Range | None = None,
    ) -> None:
        """Writes what is not None. `words` and `kinds` overwrite; no words at all is ignored by the platform, no
        kinds clears them. `more` and `fewer` are what the range gains and loses."""
        body = given(
            rule_id=rule_id,
            rule_name=name,
            word_list=None if words is None else list(words),
            extra_rule=None if kinds is None else {"semantics_list": list(kinds)},
            intercept_type=None if blocks is None else (1 if blocks else 2),
            add_applicable_range=more.body() if more is not None else None,
            remove_applicable_range=fewer.body() if fewer is not None else None,
        )
        await self._call.read(f"{_ROOM}update_intercept_rule", body)

    async def delete(self, rule_id: str) -> bool:
        """False where there was none."""
        return await self._call.remove(f"{_ROOM}del_intercept_rule", {"rule_id": rule_id})


def _rule(data: Content) -> Rule:
    extra, scope = data.get("extra_rule") or {}, data.get("applicable_range") or {}
    return Rule(
        id=str(data["rule_id"]),
        name=str(data.get("rule_name", "")),
        words=tuple(str(each) for each in data.get("word_list") or []),
        kinds=tuple(int(each) for each in extra.get("semantics_list") or []),
        blocks=data.get("intercept_type") == 1,
        users=tuple(str(each) for each in scope.get("user_list") or []),
        departments=tuple(int(each) for each in scope.get("department_list") or []),
    )
