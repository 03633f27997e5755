"""Servers that may take part: what the event holds, whom a rule shuts out, and that it never shuts us out."""

from __future__ import annotations

from typing import Any

import pytest

from groupform.engine.provider import Edit, Write
from groupform.providers.matrix import servers
from groupform.providers.matrix.types import TYPES

US = "@tool:chat.example.org"


def there(**content: Any) -> dict[str, Any]:
    return servers.to_attributes(content)


def test_a_room_without_rules_is_open() -> None:
    assert servers.to_attributes({}) == {"servers_allowed": ["*"], "servers_denied": [], "ip_servers": True}
    assert servers.admits(servers.to_attributes({}), "anybody.example:8448")


def test_an_event_without_an_allow_list_admits_nobody() -> None:
    found = there(deny=["evil.example"])
    assert found["servers_allowed"] == []
    assert not servers.admits(found, "chat.example.org")


@pytest.mark.parametrize(
    ("server", "is_so"),
    [
        ("chat.example.org", True),
        ("chat.example.org:8448", True),
        ("CHAT.example.org", True),
        ("evil.example.org", False),
        ("elsewhere.example", False),
        ("1.2.3.4", False),
        ("1.2.3.4:8448", False),
        ("[2001:db8::1]:8448", False),
        ("[2001:db8::1]", False),
    ],
)
def test_who_is_admitted(server: str, is_so: bool) -> None:
    rules = there(allow=["*.example.org", "1.2.*", "[2001:*]"], deny=["evil.*"], allow_ip_literals=False)
    assert servers.admits(rules, server) is is_so


def test_what_others_write_there_is_no_reason_to_fail() -> None:
    found = there(allow="*", deny=[7, None, "x"], allow_ip_literals="no")
    assert found == {"servers_allowed": [], "servers_denied": ["x"], "ip_servers": True}


def test_ours_is_changed_and_others_entries_stay() -> None:
    before = {"allow": ["*"], "deny": ["theirs.example", "ours.example"], "more": 1}
    deny = Write(["new.example"], edit=Edit({"new.example": "new.example"}, ("ours.example",)))
    assert servers.changed(before, {"servers_denied": deny}) == {
        "allow": ["*"],
        "deny": ["theirs.example", "new.example"],
        "allow_ip_literals": True,
        "more": 1,
    }
    # Where there is nothing yet, an allow list comes along: without one the rule would shut everybody out.
    assert servers.changed({}, {"servers_denied": deny})["allow"] == ["*"]
    assert servers.content_of({"servers_denied": ["x"]}) == {"allow": ["*"], "deny": ["x"], "allow_ip_literals": True}
    assert servers.content_of({"name": "x"}) == {}


def test_whom_a_rule_shuts_out() -> None:
    before = there(allow=["*"], deny=["old.example"])
    inside = servers.count_inside(["@a:evil.example", "@b:evil.example", "@c:good.example", "@d:old.example"])
    after = {**before, "servers_denied": ["old.example", "evil.example"], "inside": inside}
    assert servers.shuts_out(before, after) == {"evil.example": 2}
    only = {**before, "servers_allowed": ["good.example"], "inside": inside}
    assert servers.shuts_out(before, only) == {"evil.example": 2}
    assert servers.shuts_out(before, {**before, "inside": inside}) == {}
    assert TYPES["room"].shuts_out is servers.shuts_out and TYPES["team"].shuts_out is None


@pytest.mark.parametrize(
    ("guard", "after", "code"),
    [
        (servers.guard_allowed, [], servers.EMPTY),
        (servers.guard_allowed, ["elsewhere.example"], servers.OWN),
        (servers.guard_allowed, ["*.example.org"], None),
        (servers.guard_allowed, ["CHAT.example.org"], None),
        (servers.guard_denied, ["*.example.???"], servers.OWN),
        (servers.guard_denied, ["**"], servers.OWN),
        (servers.guard_denied, ["evil.example"], None),
        (servers.guard_denied, [], None),
        (servers.guard_literals, False, None),
    ],
)
def test_we_are_never_shut_out(guard: Any, after: Any, code: str | None) -> None:
    assert guard(None, after, US) == code


def test_a_server_that_is_an_address_is_not_shut_out_by_its_own_rule() -> None:
    assert servers.guard_literals(True, False, "@tool:10.0.0.7:8448") == servers.OWN
    assert servers.guard_literals(True, False, "@tool:[::1]:8448") == servers.OWN
    assert servers.guard_literals(False, True, "@tool:10.0.0.7") is None
