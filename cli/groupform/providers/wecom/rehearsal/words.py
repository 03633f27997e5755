"""Owns the calls about sensitive words (shared facts §8.1)."""

from __future__ import annotations

from collections.abc import Mapping

from groupform.providers.wecom.rehearsal.corp import Desk, Record, fold
from groupform.providers.wecom.rehearsal.fields import USERID, Field, many, number, obj, one_of, text
from groupform.providers.wecom.rehearsal.refusals import EMPTY_FIELD, Refused

RULES = 100
"""A corp has no more (41069)."""
PEOPLE = 10_000
"""In a range, after all updates (41076)."""

_NAME = text(req=True, chars=20)
_WORD = text(req=True, chars=32, code=41083, missing=41083)
_RANGE = obj({"user_list": many(USERID, 1000, code=41076), "department_list": many(number(1), 1000, code=41076)})
_KINDS = many(one_of(1, 2, 3, code=41084))
_TYPE = one_of(1, 2)
ADD: Mapping[str, Field] = {
    "rule_name": _NAME,
    "word_list": many(_WORD, 300, low=1, req=True, code=41068),
    "semantics_list": _KINDS,
    "intercept_type": one_of(1, 2, req=True),
    "applicable_range": Field(_RANGE.check, required=True),
}
ID: Mapping[str, Field] = {"rule_id": text(req=True, code=41070, missing=41070)}
UPDATE: Mapping[str, Field] = {
    **ID,
    "rule_name": text(chars=20),
    "word_list": many(_WORD, 300, code=41068),
    "extra_rule": obj({"semantics_list": _KINDS}),
    "intercept_type": _TYPE,
    "add_applicable_range": _RANGE,
    "remove_applicable_range": _RANGE,
}


def listed(desk: Desk, body: Record) -> Record:
    """All rules of the corp, whoever made them."""
    return {
        "rule_list": [
            {"rule_id": key, "rule_name": each["rule_name"], "create_time": each["created"]}
            for key, each in desk.table("rules").items()
            if not each["deleted"]
        ]
    }


def add(desk: Desk, body: Record) -> Record:
    living = [each for each in desk.table("rules").values() if not each["deleted"]]
    if len(living) >= RULES:
        raise Refused(41069, f"{RULES} rules already")
    _unique(desk, body["rule_name"], None)
    scope = body["applicable_range"]
    if not scope.get("user_list") and not scope.get("department_list"):
        raise Refused(EMPTY_FIELD, "applicable_range: user_list, department_list: one of them is wanted")
    _known(desk, scope)
    key = desk.mint("rule")
    desk.table("rules")[key] = {
        "rule_name": body["rule_name"],
        "word_list": list(body["word_list"]),
        "semantics_list": list(body.get("semantics_list", [])),
        "intercept_type": body["intercept_type"],
        "user_list": _once(scope.get("user_list", [])),
        "department_list": sorted(set(scope.get("department_list", []))),
        "app": desk.app,
        "created": desk.time,
        "deleted": False,
    }
    return {"rule_id": key}


def get(desk: Desk, body: Record) -> Record:
    """The range holds only what the application may see."""
    rule = _found(desk, body["rule_id"])
    scope = {
        "user_list": [each for each in rule["user_list"] if desk.visible(each)],
        "department_list": list(rule["department_list"]),
    }
    shown = {name: rule[name] for name in ("rule_name", "word_list", "intercept_type")}
    # Top level when a rule is added, one level down when it is read.
    extra = {"extra_rule": {"semantics_list": list(rule["semantics_list"])}}
    return {"rule": {"rule_id": body["rule_id"], **shown, **extra, "applicable_range": scope}}


def update(desk: Desk, body: Record) -> Record:
    rule = desk.own(_found(desk, body["rule_id"]), 60011, "the rule")
    if "rule_name" in body:
        _unique(desk, body["rule_name"], body["rule_id"])
        rule["rule_name"] = body["rule_name"]
    # An empty list of words is ignored; an empty list of kinds clears them.
    if body.get("word_list"):
        rule["word_list"] = list(body["word_list"])
    if "semantics_list" in body.get("extra_rule", {}):
        rule["semantics_list"] = list(body["extra_rule"]["semantics_list"])
    rule["intercept_type"] = body.get("intercept_type", rule["intercept_type"])
    more, fewer = body.get("add_applicable_range", {}), body.get("remove_applicable_range", {})
    _known(desk, more)
    gone = {fold(each) for each in fewer.get("user_list", [])}
    users = [each for each in _once([*rule["user_list"], *more.get("user_list", [])]) if fold(each) not in gone]
    if len(users) > PEOPLE:
        raise Refused(41076, f"{len(users)} people, at most {PEOPLE}")
    departments = {*rule["department_list"], *more.get("department_list", [])} - {*fewer.get("department_list", [])}
    rule["user_list"], rule["department_list"] = users, sorted(departments)
    return {}


def delete(desk: Desk, body: Record) -> Record:
    desk.own(_found(desk, body["rule_id"]), 60011, "the rule")["deleted"] = True
    return {}


def _found(desk: Desk, key: str) -> Record:
    found = desk.table("rules").get(key)
    if found is None:
        raise Refused(41070, f"rule_id {key}: invalid")
    if found["deleted"]:
        raise Refused(41071, f"rule_id {key}: deleted")
    return found


def _unique(desk: Desk, name: str, mine: str | None) -> None:
    for key, each in desk.table("rules").items():
        if each["rule_name"] == name and not each["deleted"] and key != mine:
            raise Refused(41077, f"rule_name {name}: not unique")


def _known(desk: Desk, scope: Record) -> None:
    for each in scope.get("user_list", []):
        desk.member(each)
    for each in scope.get("department_list", []):
        if str(each) not in desk.table("departments"):
            raise Refused(60003, f"department {each} does not exist")


def _once(users: list[str]) -> list[str]:
    return list({fold(each): each for each in users}.values())
