"""Aliases: the same for the same address, never alike for two, and always ones that a server takes."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from groupform.compile.address import Address
from groupform.providers.matrix import names

instances = st.text(
    st.characters(exclude_characters="/[],# \t\n", exclude_categories=("C", "Z")), min_size=1, max_size=60
)


def acceptable(alias: str) -> bool:
    # Synapse: no white space, no colon; with `#`, `:` and the server at most 255 bytes.
    return len(alias.encode()) <= 255 - 60 and not re.search(r"[\s:#\0/]", alias) and bool(alias)


@given(st.lists(instances, min_size=1, max_size=8, unique=True))
def test_created_aliases_are_unlike_and_acceptable(found: list[str]) -> None:
    addresses = [Address("stores", "room", "store", each, None, env) for each in found for env in (None, "staging")]
    aliases = [names.created_alias(each, attempt) for each in addresses for attempt in (1, 2)]
    assert len(set(aliases)) == len(aliases)
    assert all(acceptable(each) for each in aliases)


def test_a_created_alias_never_changes() -> None:
    # Aliases of live rooms were made by this rule: another one would make twins of them.
    address = Address("pet-club-home", "room", "city", "sh")
    assert names.created_alias(address) == "gf-pet-club-home-room-city-sh-86a307d5"


@given(st.lists(instances, min_size=1, max_size=8, unique=True))
def test_typed_aliases_are_unlike_and_acceptable(found: list[str]) -> None:
    groups = [f"store/{each}" for each in found] + ["store-a", "store/a"]
    aliases = names.typed_aliases("pet-club", list(dict.fromkeys(groups)), None)
    assert len(set(aliases.values())) == len(aliases)
    assert all(acceptable(each) for each in aliases.values())


def test_typed_aliases_read_as_people_write_them() -> None:
    aliases = names.typed_aliases("pet-club", ["lobby", "city/sh", "city/天河"], "staging")
    assert list(aliases.values()) == [
        "pet-club-lobby-staging",
        "pet-club-city-sh-staging",
        "pet-club-city-天河-staging",
    ]


def test_former_addresses_are_those_of_former_keys_that_nobody_has_now() -> None:
    former = names.former_aliases("pet-club", ["lobby", "city/sh", "lobby"], {"pet-club-city-sh"}, None)
    assert former == ["pet-club-lobby"]
    staged = names.former_aliases("pet-club", ["lobby"], {"pet-club-lobby"}, "staging")
    assert staged == ["pet-club-lobby-staging"]


@given(instances)
def test_a_name_put_aside_is_nobodys_address(name: str) -> None:
    alias = names.typed_aliases("pet-club", [name], None)[name]
    assert names.is_aside(names.aside(alias)) and not names.is_aside(alias)


def test_alternatives_are_read_whatever_people_wrote_there() -> None:
    content = {"alt_aliases": ["#b:here", 5, "#a:elsewhere", "#b:here"]}
    assert names.alternatives(content, "here") == ["a:elsewhere", "b"]
    assert names.alternatives({"alt_aliases": "x"}, "here") == names.alternatives({}, "here") == []
