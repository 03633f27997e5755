"""What is left to people: open until it is so, and open again when it is not."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from engine.planning_rig import NOW, address, binding, plan, resource
from groupform.engine.plan import DeploymentPlan, Step, StepStatus
from groupform.engine.provider import Free, Gone, Hidden, Ours
from groupform.state.document import Attestation, IssuedStep

POSTER = {"text": "hello", "room": address("room.a")}


def step(made: DeploymentPlan) -> Step:
    (found,) = made.steps
    return found


def word(digest: str, days: int = 0) -> Attestation:
    return Attestation(who="lead", when=(NOW - timedelta(days=days)).isoformat(), digest=digest)


def room(**attributes: Any) -> dict[str, Any]:
    return {
        "desired": [resource("room.a", attributes, who="lead", label="大厅")],
        "bound": {"room.a": binding("room.a", attributes)},
    }


def test_a_step_to_make_something() -> None:
    made = plan(
        [resource("room.a", {}, label="大厅"), resource("made.p", POSTER, who="lead", label="海报")],
        {"room.a": binding("room.a")},
        {"room.a": {}},
        probes={"made.p": Free()},
        people={"lead": "林一"},
    )
    found = step(made)
    assert made.changes == []
    assert (found.key, found.status, found.proof, found.text) == (
        address("made.p"),
        StepStatus.new,
        "observed",
        "hello",
    )
    assert found.what.code == "rig-step-made-create"
    said = {"label": "海报", "who": "林一", "text": "hello", "room": "大厅"}
    # What the platform computes of an object that is spoken of may stand in the sentence, too.
    assert found.what.params == said | {"room_crowd": "", "room_number": ""}
    assert made.steps_done == 0


def test_a_step_stays_open_until_it_is_observed() -> None:
    first = step(plan([resource("made.p", {"text": "a"})], probes={"made.p": Free()}))
    issued = {"steps": {first.key: IssuedStep(since="2026-11-20T00:00:00Z", digest=first.digest)}}
    second = step(plan([resource("made.p", {"text": "a"})], probes={"made.p": Free()}, document=issued))
    assert (second.status, second.since) == (StepStatus.open, "2026-11-20T00:00:00Z")
    other = step(plan([resource("made.p", {"text": "b"})], probes={"made.p": Free()}, document=issued))
    assert (other.status, other.since) == (StepStatus.new, None), "other words are another step"
    done = plan(
        [resource("made.p", {"text": "a"})],
        seen={"made.p": {"text": "a"}},
        probes={"made.p": Ours("!p")},
        survey={"ids": {address("made.p"): "!p"}},
        document=issued,
    )
    assert [each.action.value for each in done.changes] == ["bind"]
    assert (done.steps, done.steps_done) == ([], 2)


def test_drift_reopens_what_a_person_did() -> None:
    bound = {"made.p": binding("made.p", {"text": "a"})}
    drifted = step(plan([resource("made.p", {"text": "a"})], bound, {"made.p": {"text": "z"}}))
    assert (drifted.key, drifted.status, drifted.text, drifted.was) == (
        address("made.p") + "!text",
        StepStatus.drifted,
        "a",
        "z",
    )
    gone = step(plan([resource("made.p", {})], bound, {"made.p": Gone("rig-gone")}, probes={"made.p": Free()}))
    assert (gone.key, gone.status) == (address("made.p"), StepStatus.drifted)


def test_one_attribute_of_an_object_the_tool_made() -> None:
    desired = [resource("room.a", {"name": "A", "blessing": "so be it"}, who="lead")]
    created = plan(desired, probes={"room.a": Free()})
    assert [each.name for each in created.changes[0].attributes] == ["name"]
    assert step(created).blocked_by == [address("room.a")]
    bound = {"room.a": binding("room.a", {"name": "A"})}
    made = plan(desired, bound, {"room.a": {"name": "A"}})
    assert made.changes == []
    assert (step(made).key, step(made).blocked_by) == (address("room.a") + "!blessing", [])
    done = plan(desired, bound, {"room.a": {"name": "A", "blessing": "so be it"}})
    assert (done.steps, done.steps_done, done.converged) == ([], 1, [address("room.a") + "!blessing"])


def test_what_nothing_reads_back_is_closed_by_a_word() -> None:
    desired = [resource("poster.p", {"text": "a"})]
    opened = step(plan(desired))
    assert opened.proof == "attested"
    said = {"attestations": {opened.key: word(opened.digest)}}
    bound = {"poster.p": binding("poster.p", {"text": "a"}, id="attested")}
    done = plan(desired, bound, document=said)
    assert (done.steps, done.steps_done) == ([], 1)
    changed = step(plan([resource("poster.p", {"text": "b"})], bound, document=said))
    assert (changed.key, changed.status, changed.text, changed.was) == (
        address("poster.p") + "!text",
        StepStatus.new,
        "b",
        "a",
    )


def test_a_word_holds_for_a_while() -> None:
    desired = [resource("qr.q", {"text": "a"})]
    opened = step(plan(desired))
    bound = {"qr.q": binding("qr.q", {"text": "a"}, id="attested")}
    fresh = plan(desired, bound, document={"attestations": {opened.key: word(opened.digest, days=6)}})
    assert fresh.steps == []
    old = step(plan(desired, bound, document={"attestations": {opened.key: word(opened.digest, days=8)}}))
    assert old.status is StepStatus.overdue
    assert old.due == (NOW - timedelta(days=1)).isoformat()


def test_what_refers_to_a_thing_that_a_person_must_make_first_waits() -> None:
    made = plan(
        [
            resource("made.p", {"text": "a"}),
            resource("room.b", {}, after=["made.p"]),
            resource("made.q", {"text": "b"}, after=["made.p"]),
        ],
        probes={"made.p": Free(), "made.q": Free(), "room.b": Free()},
    )
    assert made.changes == []
    assert [(each.address, each.blocked_by) for each in made.waiting] == [(address("room.b"), [address("made.p")])]
    assert [each.blocked_by for each in made.steps] == [[], [address("made.p")]]


def test_a_removal_by_hand() -> None:
    made = plan([], {"made.p": binding("made.p")}, {"made.p": {}})
    assert made.changes == []
    assert step(made).what.code == "rig-step-made-delete"
    forgotten = plan([], {"made.p": binding("made.p", on_remove="forget")}, {"made.p": {}})
    assert forgotten.steps == []
    assert [each.action.value for each in forgotten.changes] == ["forget"]


def test_what_cannot_be_seen_asks_nothing_of_people() -> None:
    made = plan(
        [resource("room.a", {"blessing": "x"})], {"room.a": binding("room.a")}, {"room.a": Hidden("rig-hidden")}
    )
    assert made.steps == []


def test_a_secret_is_not_pasted_into_a_plan() -> None:
    made = plan([resource("room.a", {"token": "hush-hush"})], probes={"room.a": Free()})
    assert "hush-hush" not in made.model_dump_json()
