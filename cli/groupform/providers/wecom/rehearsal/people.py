"""Owns the look-ups of members and departments, and what tells that the API is there (shared facts §11 and §1.1)."""

from __future__ import annotations

from collections.abc import Mapping

from groupform.providers.wecom.rehearsal.corp import Desk, Record
from groupform.providers.wecom.rehearsal.fields import USERID, Field
from groupform.providers.wecom.rehearsal.refusals import Refused

GET: Mapping[str, Field] = {"userid": USERID}


def follow_users(desk: Desk, body: Record) -> Record:
    """D-92571: visible members who have 客户联系."""
    return {
        "follow_user": [
            each["userid"]
            for key, each in desk.table("members").items()
            if each["customer_contact"] and not each["left"] and desk.visible(key)
        ]
    }


def get(desk: Desk, body: Record) -> Record:
    found = desk.member(body["userid"])
    if found["left"]:
        raise Refused(60111, f"userid {body['userid']} does not exist")
    # No telephone number, mail address or picture: applications made after 2022-06-20 get none.
    return {name: found[name] for name in ("userid", "name", "department")} | {"status": 1 if found["active"] else 4}


def departments(desk: Desk, body: Record) -> Record:
    asked = body.get("id")
    if asked is not None and asked not in desk.table("departments"):
        raise Refused(60003, f"department {asked} does not exist")
    return {
        "department_id": [
            {"id": int(key), "parentid": each["parentid"], "order": each["order"]}
            for key, each in desk.table("departments").items()
        ]
    }


def api_addresses(desk: Desk, body: Record) -> Record:
    return {"ip_list": ["182.254.11.176", "182.254.78.66"]}
