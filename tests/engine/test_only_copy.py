"""Ids that no list shows again are spoken of when they are made, and not given to a state that is thrown away."""

from __future__ import annotations

from typing import TypedDict

import pytest

from groupform.engine.only_copy import guard_only_copies
from groupform.engine.plan import Action, Change
from groupform.engine.resource_type import Actor, ResourceType, Verb


class Code(TypedDict, total=False):
    text: str


TYPES = {
    each.name: each
    for each in (
        ResourceType("room", Code),
        ResourceType("code", Code, listable=False),
        ResourceType("link", Code, actors={Verb.read: Actor.nobody}, listable=False),
        ResourceType("word", Code, actors=dict.fromkeys(Verb, Actor.person), listable=False),
    )
}


def change(kind: str, action: Action = Action.create, *, protected: bool = False) -> Change:
    return Change(address=f"home/{kind}.one", type=kind, action=action, label=kind, protected=protected)


@pytest.mark.parametrize("fleeting", [False, True])
def test_only_what_is_made_unseen_is_spoken_of(fleeting: bool) -> None:
    every = [change(kind) for kind in TYPES]
    [found] = guard_only_copies(every, TYPES, fleeting=fleeting)
    assert found.addresses == ["home/code.one"]
    assert found.blocks is fleeting and found.approvable
    assert found.reason.params == {"count": 1, "types": ["code"]}


def test_nothing_is_said_where_nothing_is_made() -> None:
    quiet = [change("code", Action.update), change("code", Action.delete), change("code", protected=True)]
    assert list(guard_only_copies(quiet, TYPES, fleeting=True)) == []
