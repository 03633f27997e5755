"""What becomes durable when somebody says that a step is done, and when they take it back."""

from __future__ import annotations

from typing import TypedDict

from groupform.compile.address import Address
from groupform.compile.resource import Resource
from groupform.engine.attest import ATTESTED, attested, reopened
from groupform.engine.plan import Reason, Step, StepStatus
from groupform.engine.resource_type import ResourceType
from groupform.state.document import Attestation, Binding, Document, fold


class Group(TypedDict, total=False):
    title: str
    notice: str


TYPES = {"group": ResourceType("group", Group)}
ADDRESS = "d/group.lobby"
WORD = Attestation(who="林一", when="2026-12-01T08:00:00Z", digest="x")


def document(**applied: object) -> Document:
    made = Document(lineage="l", deployment="d", environment="default")
    if applied:
        made.bindings[ADDRESS] = Binding(type="group", id=ATTESTED, applied=applied)
    return made


def step(key: str = ADDRESS) -> Step:
    what = Reason(code="x")
    return Step(key=key, address=ADDRESS, what=what, label="大厅", status=StepStatus.new, proof="attested", digest="x")


def resource(**attributes: str) -> Resource:
    return Resource(Address.parse(ADDRESS), attributes, "大厅")


def after(made: Document, entries: list) -> Document:  # type: ignore[type-arg]
    for entry in entries:
        fold(made, entry)
    return made


def test_a_made_object_is_bound_with_what_was_declared() -> None:
    made = document()
    after(made, attested(step(), resource(title="大厅"), TYPES, made, WORD))
    assert made.bindings[ADDRESS].id == ATTESTED
    assert made.bindings[ADDRESS].applied == {"title": "大厅"}
    assert made.attestations == {ADDRESS: WORD}


def test_one_attribute_changes_that_one_only() -> None:
    made = document(title="旧", notice="一样")
    after(made, attested(step(f"{ADDRESS}!title"), resource(title="新", notice="别的"), TYPES, made, WORD))
    assert made.bindings[ADDRESS].applied == {"title": "新", "notice": "一样"}
    assert set(made.attestations) == {f"{ADDRESS}!title"}


def test_a_removed_object_is_forgotten() -> None:
    made = document(title="旧")
    after(made, attested(step(), None, TYPES, made, WORD))
    assert made.bindings == {}


def test_taking_back_undoes_a_word_about_an_object() -> None:
    made = document()
    after(made, attested(step(), resource(title="大厅"), TYPES, made, WORD))
    after(made, reopened(ADDRESS, made))
    assert made.bindings == {}
    assert made.attestations == {}


def test_taking_back_leaves_an_object_that_the_platform_knows() -> None:
    made = document(title="x")
    made.bindings[ADDRESS] = made.bindings[ADDRESS].model_copy(update={"id": "!real"})
    after(made, reopened(ADDRESS, made))
    assert made.bindings[ADDRESS].id == "!real"
