"""Owns what people do on the platform's side: in the client with their groups, in the console with the corp."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from groupform.providers.wecom.rehearsal.corp import CONSOLE, Corp, Record, fold
from groupform.providers.wecom.rehearsal.groups import CAPACITY
from groupform.providers.wecom.rehearsal.refusals import Refused
from groupform.providers.wecom.rehearsal.unconfirmed import Unconfirmed

FULL, DISMISSED = -3009, -3010
"""What somebody who scans a code is told (D-93884)."""
ADMINS = 3


class Person:
    """Everybody who is not the tool. Nothing here asks for permission: people may do what people may."""

    def __init__(
        self, corp: Corp, now: Callable[[], float], unconfirmed: Unconfirmed, lag: Callable[[], float]
    ) -> None:
        self._corp, self._now, self._unconfirmed, self._lag = corp, now, unconfirmed, lag

    # In the client: customer groups

    def create_group(
        self, owner: str, name: str, *, notice: str = "", admins: Sequence[str] = (), guests: int = 0
    ) -> str:
        """A new customer group; its owner is its first member."""
        member = self._corp["members"][fold(owner)]
        key = self._corp.mint("wrgroup")
        self._corp["groups"][key] = {
            "name": name,
            "owner": member["userid"],
            "notice": notice,
            "admins": list(admins),
            "members": [self._staff(member["userid"])],
            "created": int(self._now()),
            "status": 0,
            "kind": "wecom",
            "handed_over": [],
            "got": [],
            "version": "1",
            "opengid": f"og{key}",
            "before": None,
            "until": 0,
        }
        for each in admins:
            self.add_staff(key, each)
        if guests:
            self.join(key, guests)
        # What was there when the group was made nobody has seen: there is no older answer to give.
        self._corp["groups"][key]["before"] = None
        return key

    def rename(self, chat_id: str, name: str) -> None:
        self._change(chat_id)["name"] = name

    def set_notice(self, chat_id: str, notice: str) -> None:
        self._change(chat_id)["notice"] = notice

    def set_admins(self, chat_id: str, admins: Sequence[str]) -> None:
        """At most three (§2.8)."""
        if len(admins) > ADMINS:
            raise ValueError(f"{len(admins)} admins, at most {ADMINS}")
        for each in admins:
            self.add_staff(chat_id, each)
        self._change(chat_id)["admins"] = [self._corp["members"][fold(each)]["userid"] for each in admins]

    def add_staff(self, chat_id: str, userid: str) -> None:
        group = self._corp["groups"][chat_id]
        if all(fold(each["userid"]) != fold(userid) for each in group["members"]):
            self._change(chat_id)["members"].append(self._staff(self._corp["members"][fold(userid)]["userid"]))
            self._counted(group)

    def hand_over_by_hand(self, chat_id: str, userid: str) -> None:
        """The owner makes somebody else the owner, in the client."""
        self.add_staff(chat_id, userid)
        self._change(chat_id)["owner"] = self._corp["members"][fold(userid)]["userid"]

    def join(self, chat_id: str, guests: int = 1, *, state: str = "", scene: int = 1) -> None:
        """People from outside come in: 1 invited, 2 by a link, 3 by a code. Raises Refused when the group is full."""
        group = self._corp["groups"][chat_id]
        if len(group["members"]) + guests > CAPACITY:
            raise Refused(FULL, "the group is full")
        changed = self._change(chat_id)
        for _ in range(guests):
            who = {"userid": self._corp.mint("wmguest"), "type": 2, "join_time": int(self._now()), "join_scene": scene}
            changed["members"].append({**who, "name": "微信用户", **({"state": state} if state else {})})
        self._counted(group)

    def leave(self, chat_id: str, guests: int = 1) -> None:
        """So many people from outside go, the last come first."""
        group = self._change(chat_id)
        for _ in range(guests):
            last = max(index for index, each in enumerate(group["members"]) if each["type"] == 2)
            self._left(group, group["members"].pop(last))
        self._counted(group)

    def leave_staff(self, chat_id: str, userid: str) -> None:
        group = self._change(chat_id)
        for each in [each for each in group["members"] if fold(each["userid"]) == fold(userid)]:
            group["members"].remove(each)
            self._left(group, each)
        group["admins"] = [each for each in group["admins"] if fold(each) != fold(userid)]
        self._counted(group)

    def write(self, chat_id: str, messages: int = 1, *, who: str = "guest") -> None:
        """Somebody says something in a group, so many times."""
        said = self._corp["groups"][chat_id].setdefault("said", [])
        said += [[int(self._now()), who]] * messages

    def dismiss(self, chat_id: str) -> None:
        del self._corp["groups"][chat_id]

    def scan(self, config_id: str, guests: int = 1) -> list[str]:
        """People scan a join way's code, one after the other. Returns the groups they came into.

        Raises Refused: -3009 where all are full and none is made, -3010 where all are dismissed.
        """
        way = self._corp["join_ways"][config_id]
        found = []
        for _ in range(guests):
            chat_id = self._admitting(way)
            self.join(chat_id, state=way["state"], scene=3)
            way["scans"] += 1
            found.append(chat_id)
        return found

    def _admitting(self, way: Record) -> str:
        groups = self._corp["groups"]
        listed = list(dict.fromkeys([*way["chat_id_list"], *way["overflow"]]))
        living: list[str] = [each for each in listed if each in groups]
        if not living:
            raise Refused(DISMISSED, "the group was dismissed")
        most = min(CAPACITY, self._unconfirmed.qr_stops_at or CAPACITY)
        for each in living:
            if len(groups[each]["members"]) < most:
                return each
        if not way["auto_create_room"]:
            raise Refused(FULL, "the group is full")
        return self._overflow(way, living)

    def _overflow(self, way: Record, living: Sequence[str]) -> str:
        """A new group: the only one that the platform makes by itself (§2.6)."""
        first = living[0] if self._unconfirmed.overflow_owner_first else living[-1]
        base = way["room_base_name"]
        name = f"{base}{way['room_base_id'] + len(way['overflow'])}" if base else ""
        made = self.create_group(self._corp["groups"][first]["owner"], name)
        way["overflow"].append(made)
        if self._unconfirmed.overflow_appended:
            way["chat_id_list"].append(made)
        return made

    def confirm(self, msgid: str, *, lost: Mapping[str, int] | None = None) -> None:
        """The sender confirms a mass message in the client: now it goes out.

        `lost` are groups that do not get it all the same, each with the status that says why (§4.2).
        """
        message = self._corp["messages"][msgid]
        if message["cancelled"]:
            raise ValueError(f"{msgid} was cancelled")
        message["lost"] = dict(lost or {})
        for chat_id in message["groups"]:
            if chat_id in self._corp["groups"] and chat_id not in message["sent"] and chat_id not in message["lost"]:
                message["sent"][chat_id] = int(self._now())
                self._corp["groups"][chat_id]["got"].append(int(self._now()))

    def confirm_all(self, sender: str | None = None) -> int:
        """Somebody, or everybody, confirms all that waits for them; how many messages went out."""
        waiting = [
            key
            for key, each in self._corp["messages"].items()
            if not each["cancelled"] and not each["sent"] and sender in (None, each["sender"])
        ]
        for each in waiting:
            self.confirm(each)
        return len(waiting)

    def cancel_message(self, msgid: str) -> None:
        """Somebody takes a mass message back, in the console."""
        self._corp["messages"][msgid]["cancelled"] = True

    # In the console: people, applications, tags, rules

    def resign(self, userid: str) -> None:
        """Somebody leaves the corp: the groups they own wait for an heir."""
        self._corp["members"][fold(userid)]["left"] = int(self._now())
        for group in self._corp["groups"].values():
            if fold(group["owner"]) == fold(userid):
                group["status"] = 1

    def hide(self, userid: str, *, agent: str | None = None) -> None:
        """Takes somebody out of the visible range of an application, of all of them without a name."""
        for app in self._apps(agent):
            everybody = list(self._corp["members"])
            app["visible"] = [each for each in (app["visible"] or everybody) if each != fold(userid)]

    def show(self, userid: str, *, agent: str | None = None) -> None:
        """Undoes `hide`; once nobody is missing the range is the whole corp again."""
        for app in self._apps(agent):
            if app["visible"] is not None:
                app["visible"] = [*dict.fromkeys([*app["visible"], fold(userid)])]
                app["visible"] = None if set(app["visible"]) >= set(self._corp["members"]) else app["visible"]

    def allow_customers(self, userid: str, allowed: bool = True) -> None:
        """Gives or takes 客户联系."""
        self._corp["members"][fold(userid)]["customer_contact"] = allowed

    def set_app(self, agent: str | None = None, **changes: Any) -> None:
        """Changes an application: `enabled`, `customers`, `service`, `withdrawn`, `addresses`, `secret`."""
        for app in self._apps(agent):
            unknown = set(changes) - set(app)
            if unknown:
                raise ValueError(f"an application has no {', '.join(sorted(unknown))}")
            app.update(json.loads(json.dumps(changes)))

    def set_corp(self, **changes: Any) -> None:
        """Changes the corp: `service`, `service_api`, `customers_disabled`, `inactive`, `verified`, `largest_chat`."""
        self._corp["corp"].update(changes)

    def add_tags(self, group_name: str, names: Sequence[str]) -> str:
        """Somebody adds tags in the console; returns the group's id."""
        table, made = self._corp["tag_groups"], {"order": 0, "create_time": int(self._now()), "deleted": False}
        key = next((key for key, each in table.items() if each["name"] == group_name and not each["deleted"]), None)
        if key is None:
            key = self._corp.mint("taggroup")
            table[key] = {**made, "name": group_name, "app": CONSOLE}
        for name in names:
            self._corp["tags"][self._corp.mint("tag")] = {**made, "name": name, "group": key, "app": CONSOLE}
        return str(key)

    def rename_tag(self, tag_id: str, name: str) -> None:
        """A tag or a group of tags gets another name, in the console."""
        table = "tags" if tag_id in self._corp["tags"] else "tag_groups"
        self._corp[table][tag_id]["name"] = name

    def delete_tag(self, tag_id: str) -> None:
        tag = self._corp["tags"][tag_id]
        tag["deleted"] = True
        inside = [each for each in self._corp["tags"].values() if each["group"] == tag["group"]]
        if all(each["deleted"] for each in inside):
            self._corp["tag_groups"][tag["group"]]["deleted"] = True

    def add_robot(self, key: str) -> None:
        """Somebody adds a robot to an internal group and passes on its address."""
        self._corp["robots"][key] = {"on": True, "inside": True, "said": []}

    def remove(self, table: str, key: str) -> None:
        """Something goes, whoever took it away: a way, a template, a service account, a rule."""
        record = self._corp[table][key]
        if "deleted" in record:
            record["deleted"] = True
        else:
            del self._corp[table][key]

    def change(self, table: str, key: str, **changes: Any) -> None:
        """Something is changed, whoever did it."""
        self._corp[table][key].update(json.loads(json.dumps(changes)))

    def _apps(self, agent: str | None) -> list[Record]:
        return [each for key, each in self._corp["apps"].items() if agent in (None, key)]

    def _staff(self, userid: str) -> Record:
        who = {"userid": userid, "type": 1, "join_time": int(self._now()), "join_scene": 1}
        return {**who, "name": self._corp["members"][fold(userid)]["name"]}

    def _change(self, chat_id: str) -> Record:
        """The group, about to be changed: for a moment what it was is still what is told of it (D-96338)."""
        group: Record = self._corp["groups"][chat_id]
        if self._lag() and self._now() >= group["until"]:
            told = {name: value for name, value in group.items() if name != "before"}
            group["before"] = json.loads(json.dumps(told))
        group["until"] = self._now() + self._lag()
        return group

    def _left(self, group: Record, member: Record) -> None:
        """Who is gone is still counted for the days on which they were there."""
        group.setdefault("left", []).append([member["join_time"], int(self._now())])

    def _counted(self, group: Record) -> None:
        group["version"] = str(int(group["version"]) + 1)
