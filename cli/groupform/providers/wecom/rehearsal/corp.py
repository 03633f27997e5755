"""Owns the corp behind the rehearsal as plain JSON, so that its world can be kept between commands and looked at."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, MutableMapping
from dataclasses import dataclass
from typing import Any

from groupform.providers.wecom.rehearsal.refusals import Refused
from groupform.providers.wecom.rehearsal.unconfirmed import Unconfirmed

Record = dict[str, Any]

TABLES = (
    *("apps", "members", "departments", "groups", "join_ways", "contact_ways", "templates", "tag_groups", "tags"),
    *("rules", "messages", "chats", "services", "links", "knowledge_groups", "intents", "calendars", "schedules"),
    *("media", "pictures", "robots", "tokens", "counts", "blocks"),
)
CONSOLE = "console"
"""Who made what a person made by hand: no application may change it."""


class Corp(MutableMapping[str, Any]):
    """The state of one corp: a table by name, each a dict of records by id, and `corp` itself."""

    def __init__(self, corp_id: str, state: Record | None = None) -> None:
        self._tables: dict[str, Any] = {"corp": {"id": corp_id, "next": 1, "service": True, "service_api": True}}
        self._tables |= {name: {} for name in TABLES}
        self._tables |= {} if state is None else json.loads(json.dumps(state))

    def __getitem__(self, name: str) -> Any:
        return self._tables[name]

    def __setitem__(self, name: str, value: Any) -> None:
        self._tables[name] = value

    def __delitem__(self, name: str) -> None:
        del self._tables[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._tables)

    def __len__(self) -> int:
        return len(self._tables)

    def dump(self) -> Record:
        """A copy that `Corp(..., state)` takes again."""
        copy: Record = json.loads(json.dumps(self._tables))
        return copy

    def mint(self, prefix: str) -> str:
        """An id that was never given before."""
        number = self._tables["corp"]["next"]
        self._tables["corp"]["next"] = number + 1
        return f"{prefix}{number:06d}"


@dataclass(frozen=True)
class Desk:
    """What a call is answered at: the corp, who asks, when, and how the unconfirmed is to be taken."""

    corp: Corp
    app: str
    now: Callable[[], float]
    unconfirmed: Unconfirmed

    @property
    def time(self) -> int:
        return int(self.now())

    def table(self, name: str) -> dict[str, Record]:
        found: dict[str, Record] = self.corp[name]
        return found

    def mint(self, prefix: str) -> str:
        return self.corp.mint(prefix)

    def visible(self, userid: str) -> bool:
        """Whether a member is in the visible range of the application that asks (可见范围)."""
        scope = self.table("apps")[self.app]["visible"]
        return scope is None or fold(userid) in scope

    def member(self, userid: str) -> Record:
        """A member whom the application sees. Raises Refused: 60111 for nobody, the switch's code for out of range."""
        found = self.table("members").get(fold(userid))
        if found is None:
            raise Refused(60111, f"userid {userid} does not exist")
        if not self.visible(userid):
            raise Refused(self.unconfirmed.out_of_range, f"userid {userid} is outside the visible range")
        return found

    def contact(self, userid: str) -> Record:
        """A member who may deal with customers: there, with 客户联系 (84074), activated (41054), verified (40098)."""
        found = self.member(userid)
        if found["left"]:
            raise Refused(60111, f"userid {userid} has left")
        if not found["customer_contact"]:
            raise Refused(84074, f"userid {userid} has no customer contact permission")
        if not found["active"]:
            raise Refused(41054, f"userid {userid} is not activated")
        if not found["verified"]:
            raise Refused(40098, f"userid {userid} is not verified")
        return found

    def own(self, record: Record, code: int, what: str) -> Record:
        """A record that the application made. Raises Refused with `code` for another's."""
        if record["app"] != self.app:
            raise Refused(code, f"{what} was not made by this app")
        return record


def fold(userid: str) -> str:
    """userids are case-insensitive (CPAN:user.pm)."""
    return userid.strip().lower()


def page(records: list[Any], body: Record, default: int) -> tuple[list[Any], str]:
    """The part of a list that a request asks for by `cursor` and `limit`, and the next cursor, empty at the end.

    Raises Refused 50100 for a cursor that was never given.
    """
    cursor = body.get("cursor", "")
    if cursor and not (cursor.startswith("cur") and cursor[3:].isdigit() and int(cursor[3:]) < len(records)):
        raise Refused(50100, "invalid cursor")
    start = int(cursor[3:]) if cursor else 0
    end = start + int(body.get("limit", default))
    return records[start:end], f"cur{end}" if end < len(records) else ""
