"""Owns the switches for what shared/platforms/wecom.md marks UNCONFIRMED: each can be set both ways."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields, replace
from typing import Any


@dataclass(frozen=True, slots=True)
class Unconfirmed:
    """How the platform behaves where no page, or two pages that disagree, tell. The number is that of §16."""

    overflow_appended: bool = False
    """(1) A group that `auto_create_room` makes is added to the join way's `chat_id_list`."""
    tag_limit: int = 10_000
    """(2) 10,000 by the page of 2023-12, 3000 by the text of code 40126."""
    same_scene_same_link: bool = True
    """(4) Asking for a customer-service link again with the same `scene` gives the same address."""
    picture_key: str = "picurl"
    """(4) How the picture of a link in a bot's answer is spelled: `picurl` or `pic_url`."""
    intents_after_group: str = "gone"
    """(4) Questions of a knowledge group that is deleted: `gone` with it, or the deletion is `refused`."""
    qr_stops_at: int | None = 200
    """(6) Above so many people nobody joins a customer group by its code any more; None: up to 500."""
    service_departments: int = 20
    """(10) Departments in one request about servicers: 20 by the newer page, 100 by the older."""
    mass_by_month: bool = True
    """(11) A group gets as many mass messages a month as the month has days; otherwise one a day."""
    same_token: bool = False
    """(§1.1) Asked again within its life, `gettoken` hands out the same token."""
    unnamed_left_out: bool = False
    """(§2.2) A group without a name comes without `name`; otherwise with an empty one."""
    several_ways: bool = True
    """(§2.6) A group may be in several join ways."""
    service_names_unique: bool = False
    """(§10.1) Two customer-service accounts of one name are refused (95006)."""
    out_of_range: int = 60011
    """How a member outside the visible range is refused: 60011, 60021 and 50002 all say so."""
    unknown_way: int = 40058
    """How an unknown config_id of a join way is refused: no page says. 41044 is the contact way's."""
    unknown_template: int = 40058
    """How an unknown template_id is refused: no page says. 40037 is said of other templates."""
    unknown_chat: int = 86003
    """How an unknown appchat is refused: 86003 or 40050."""
    intents_nested: bool = False
    """(§10.4) Other wordings and answers read back inside `question` (the example), or beside it (the table)."""
    add_returns_all: bool = False
    """What `add_corp_tag` answers: the tags that the request made, or all of the group."""
    overflow_owner_first: bool = True
    """Who owns a group that `auto_create_room` makes: the owner of the first listed group, or of the last."""
    unknown_ids: str = "left out"
    """(§13) A list of ids of calendars or schedules with an unknown one: it is `left out`, or the request `refused`."""
    schedules_after_calendar: str = "gone"
    """(§13) What was on a calendar that is deleted: `gone` with it, or `kept` on no calendar."""
    cancelled_listed: bool = False
    """(§13) A cancelled schedule still stands in the list of its calendar, as it does where it is asked for by id."""
    series_moves: bool = False
    """(§13) An overwritten series lives on under a new id, and not only one that is split."""

    def variants(self) -> Iterator[tuple[str, Unconfirmed]]:
        """Every switch set the other way, one at a time, with its name."""
        for each in fields(self):
            if each.name in OTHERS:
                for value in OTHERS[each.name]:
                    yield f"{each.name}={value}", replace(self, **{each.name: value})


OTHERS: dict[str, tuple[Any, ...]] = {
    "overflow_appended": (True,),
    "tag_limit": (3000,),
    "same_scene_same_link": (False,),
    "picture_key": ("pic_url",),
    "intents_after_group": ("refused",),
    "qr_stops_at": (None,),
    "service_departments": (100,),
    "mass_by_month": (False,),
    "same_token": (True,),
    "unnamed_left_out": (True,),
    "several_ways": (False,),
    "service_names_unique": (True,),
    "out_of_range": (60021, 50002),
    "unknown_way": (41044,),
    "unknown_template": (40037,),
    "unknown_chat": (40050,),
    "intents_nested": (True,),
    "add_returns_all": (True,),
    "overflow_owner_first": (False,),
    "unknown_ids": ("refused",),
    "schedules_after_calendar": ("kept",),
    "cancelled_listed": (True,),
    "series_moves": (True,),
}
"""The other settings of each switch."""
