"""Owns the requests about what the service bot knows: questions in groups, and answers (shared facts §10.4)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from groupform.providers.wecom.api_call import Caller, Content

_ROOM = "kf/knowledge/"
_PAGE = 1000


@dataclass(frozen=True, slots=True)
class KnowledgeGroup:
    """A group of questions. The default one can be neither renamed nor deleted."""

    id: str
    name: str
    default: bool


@dataclass(frozen=True, slots=True)
class Intent:
    """A question, other ways to ask it, and its one answer. Media in an answer come back with a name only."""

    id: str
    group: str
    question: str
    similar: tuple[str, ...]
    answer: str
    attachments: tuple[Mapping[str, Any], ...] = ()


class Knowledge:
    """`kf/knowledge/*` (D-95971, D-95972)."""

    def __init__(self, caller: Caller) -> None:
        self._call = caller

    async def groups(self) -> list[KnowledgeGroup]:
        found = self._call.pages(f"{_ROOM}list_group", {"limit": _PAGE}, "group_list")
        return [
            KnowledgeGroup(str(each["group_id"]), str(each.get("name", "")), bool(each.get("is_default")))
            async for each in found
        ]

    async def add_group(self, name: str) -> str:
        return str((await self._call.make(f"{_ROOM}add_group", {"name": name}, has={"group_id": str}))["group_id"])

    async def rename_group(self, group: str, name: str) -> None:
        await self._call.read(f"{_ROOM}mod_group", {"group_id": group, "name": name})

    async def delete_group(self, group: str) -> bool:
        """What becomes of its questions is said nowhere: they are to be deleted first. False where there was none."""
        return await self._call.remove(f"{_ROOM}del_group", {"group_id": group})

    async def intents(self, group: str | None = None) -> list[Intent]:
        """The questions of one group, or of all."""
        body = {"limit": _PAGE, **({"group_id": group} if group is not None else {})}
        return [_intent(each) async for each in self._call.pages(f"{_ROOM}list_intent", body, "intent_list")]

    async def add_intent(
        self,
        group: str,
        question: str,
        answer: str,
        *,
        similar: Sequence[str] = (),
        attachments: Sequence[Mapping[str, Any]] = (),
    ) -> str:
        """The new question's id. The main question is unique over all groups."""
        body = {"group_id": group, **_body(question, answer, similar, attachments)}
        return str((await self._call.make(f"{_ROOM}add_intent", body, has={"intent_id": str}))["intent_id"])

    async def change_intent(
        self,
        intent: str,
        question: str,
        answer: str,
        *,
        similar: Sequence[str] = (),
        attachments: Sequence[Mapping[str, Any]] = (),
    ) -> None:
        """Overwrites question, ways to ask and answer. The group cannot change: that takes a new question."""
        body = {"intent_id": intent, **_body(question, answer, similar, attachments)}
        await self._call.read(f"{_ROOM}mod_intent", body)

    async def delete_intent(self, intent: str) -> bool:
        """False where there was none."""
        return await self._call.remove(f"{_ROOM}del_intent", {"intent_id": intent})


def _body(question: str, answer: str, similar: Sequence[str], attachments: Sequence[Mapping[str, Any]]) -> Content:
    reply: Content = {"text": {"content": answer}}
    reply |= {"attachments": [dict(each) for each in attachments]} if attachments else {}
    return {
        "question": {"text": {"content": question}},
        "similar_questions": {"items": [{"text": {"content": each}} for each in similar]},
        "answers": [reply],
    }


def _intent(data: Content) -> Intent:
    asked = data.get("question") or {}
    # The example of the page nests what its table puts beside the question (D-95972).
    similar = data.get("similar_questions") or asked.get("similar_questions") or {}
    answers = data.get("answers") or asked.get("answers") or [{}]
    return Intent(
        id=str(data["intent_id"]),
        group=str(data.get("group_id", "")),
        question=_text(asked),
        similar=tuple(_text(each) for each in similar.get("items") or []),
        answer=_text(answers[0]),
        attachments=tuple(answers[0].get("attachments") or ()),
    )


def _text(data: Content) -> str:
    return str((data.get("text") or {}).get("content", ""))
