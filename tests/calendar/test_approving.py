"""A second person's word: whose it takes, for which words, and what must not be sent without it."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from calendar_rig import GROUPS, HEAD, PROJECT, at, deployment
from groupform.calendar.answering import agreement, settled, taken_back, withdrawn
from groupform.calendar.approving import agreed, approval_findings, approver, digest_of_post, may_approve, unapproved
from groupform.calendar.asked import asked_steps
from groupform.calendar.due import sort_out, spelled
from groupform.calendar.prompting import prompts
from groupform.config.diagnostics import Refused
from groupform.config.project import ResolvedDeployment
from groupform.engine.plan import StepStatus
from groupform.state.document import Attestation, Binding, Document, Entry, fold
from groupform.state.ledger import Approval, Reach, Send

PEOPLE = PROJECT.replace(
    "  lead: {name: 林一, accounts: {wechat: linyi}}\n",
    """\
  lead: {name: 林一, accounts: {wechat: linyi}}
  mia: {name: 米娅, accounts: {wechat: mia}}
  zhou: {name: 周舟, accounts: {wechat: zhou}}
  gone: {name: 旧人, accounts: {wechat: gone}, leaves_on: 2026-11-01}
  bare: {name: 小白, backup: zhou}
""",
)
TEAM = HEAD.replace(
    "team: {owner: lead}",
    """\
team:
  owner: lead
  roles:
    editor: {people: [mia, zhou, gone], may: [announce]}
  duty:
    desk: {people: [mia, zhou], hours: {mon-sun: "00:00-24:00"}}""",
)
ITEM = """\
calendar:
  tips:
    {title: 干货, kind: article, when: {daily: yes, at: "20:00"}, to: [lobby], BY approve: APPROVE,
     post: {text: "{group} 好"}}
"""
NOW = at("2026-12-02T20:10")


def made(
    tmp_path: Path, approve: str = "editor", by: str = "mia", item: str = ITEM, **more: object
) -> ResolvedDeployment:
    text = item.replace("APPROVE", approve).replace("BY", f"by: {by}," if by else "")
    return deployment(tmp_path, TEAM + GROUPS + text, project=PEOPLE, **more)


def state() -> Document:
    bindings = {"club-chat/room.lobby": Binding(type="room", id="!lobby", applied={})}
    return Document(lineage="l", deployment="club-chat", environment="default", bindings=bindings)


def ledger(**approvals: Approval) -> Document:
    begun = spelled(at("2026-12-02T12:00"))
    reach = Reach(since=begun, known={"tips lobby": begun})
    return Document(
        lineage="l", deployment="club-chat.sends", environment="default", reach=reach, approvals=dict(approvals)
    )


def kept(book: Document, entries: list[Entry]) -> Document:
    for each in entries:
        fold(book, each)
    return book


def verdict(here: ResolvedDeployment, book: Document, now: str = "2026-12-02T20:10") -> tuple[str, str]:
    (task,) = sort_out(here, state(), book, at(now), "room").tasks
    return task.verdict.value, task.code


def test_nothing_is_sent_before_somebody_else_agrees_and_what_is_late_is_missed(tmp_path: Path) -> None:
    here, book = made(tmp_path), ledger()
    assert verdict(here, book) == ("waiting", "send-approval")
    assert verdict(here, book, "2026-12-02T21:01") == ("missed", "send-not-approved")
    kept(book, [agreement(here, "tips", "zhou", spelled(NOW))])
    assert verdict(here, book) == ("send", "")


@pytest.mark.parametrize(
    "edit",
    [
        ("{group} 好", "{group} 好！"),
        ("{group} 好", "大厅 好"),
        ("}}\n", "}, lasts: 1h}\n"),
        ('text: "{group} 好"', 'text: "{group} 好", pin: 3d'),
        ('text: "{group} 好"', 'text: "{group} 好", mentions: everyone'),
        ('text: "{group} 好"', 'text: "{group} 好", poll: {question: 来吗, options: [来, 不来]}'),
        ('text: "{group} 好"', 'text: "{group} 好", card: {title: 券, link: "https://example.org"}'),
        ('text: "{group} 好"', 'text: "{group} 好", attach: [a.png]'),
        ('text: "{group} 好"', 'text: "{group} 好 ![](a.png)"'),
    ],
)
def test_whatever_changes_what_is_sent_asks_again_and_nothing_else_does(tmp_path: Path, edit: tuple[str, str]) -> None:
    files = {"a.png": b"\x89PNG\r\n one"}
    book = kept(ledger(), [agreement(made(tmp_path / "a", files=files), "tips", "zhou", spelled(NOW))])
    after = made(tmp_path / "b", item=ITEM.replace(*edit), files=files)
    same = "lasts" in edit[1]
    assert (agreed(after, "tips", book, by_hand=False) is not None) is same
    assert unapproved(after, book, by_hand=False) == (frozenset() if same else {"tips"})
    # An earlier wording that was agreed to is agreed to still.
    assert agreed(made(tmp_path / "c", files=files), "tips", book, by_hand=False) is not None


@pytest.mark.parametrize("post", ["text: 看, attach: [a.png]", "text: '![](a.png)'", "file: a.md"])
def test_other_bytes_under_the_same_name_are_other_words(tmp_path: Path, post: str) -> None:
    item = ITEM.replace('text: "{group} 好"', post)
    digests = set()
    for number, data in enumerate((b"\x89PNG\r\n one", b"\x89PNG\r\n two")):
        files = {"a.png": data, "a.md": "第" + str(number)}
        here = made(tmp_path / str(number), item=item, files=files)
        planned = here.community.model.calendar["tips"].post
        assert planned is not None
        digests.add(digest_of_post(here.community, planned))
    assert len(digests) == 2


@pytest.mark.parametrize(
    ("approve", "by", "by_hand", "may"),
    [
        ("editor", "mia", False, ["zhou"]),
        ("editor", "zhou", False, ["mia"]),
        ("editor", "editor", False, ["zhou"]),
        ("editor", "", False, ["mia", "zhou"]),
        ("lead", "", False, ["lead"]),
        ("lead", "", True, []),
        ("{role: editor}", "desk", False, []),
        ("{duty: desk}", "lead", False, ["mia", "zhou"]),
        ("{person: zhou}", "mia", False, ["zhou"]),
        ("editor", "bare", False, ["mia"]),
    ],
)
def test_who_may(tmp_path: Path, approve: str, by: str, by_hand: bool, may: list[str]) -> None:
    here = made(tmp_path, approve, by)
    planned = here.community.model.calendar["tips"]
    assert sorted(may_approve(here, planned, by_hand, NOW)) == may
    codes = [each.code for each in approval_findings(here, by_hand, NOW)]
    assert codes == ([] if may else ["calendar-approve-own"])


def test_whoever_is_on_duty_is_asked_first(tmp_path: Path) -> None:
    here = made(tmp_path, "{duty: desk}", "lead")
    planned = here.community.model.calendar["tips"]
    firsts = [may_approve(here, planned, False, NOW + timedelta(days=each))[0] for each in range(2)]
    assert sorted(firsts) == ["mia", "zhou"]


def test_a_role_that_is_empty_for_them_is_found(tmp_path: Path) -> None:
    here = made(tmp_path, "{person: gone}", "mia")
    (found,) = approval_findings(here, False, NOW)
    assert found.code == "calendar-approve-own" or found.code == "calendar-approve-nobody"
    assert found.span is not None and found.span.line > 0


@pytest.mark.parametrize(
    ("named", "code"),
    [("mia", "approve-own"), ("米娅", "approve-own"), ("lead", "approve-not-theirs"), ("x", "approve-unknown")],
)
def test_others_are_refused_with_those_who_may(tmp_path: Path, named: str, code: str) -> None:
    with pytest.raises(Refused) as refused:
        approver(made(tmp_path), "tips", named, False, NOW)
    (found,) = refused.value.diagnostics
    assert found.code == code and found.params["may"] == "周舟 (zhou)"
    assert approver(made(tmp_path), "tips", "周舟", False, NOW) == "zhou"


def test_a_word_does_not_outlive_who_gave_it(tmp_path: Path) -> None:
    book = kept(ledger(), [agreement(made(tmp_path / "a"), "tips", "zhou", spelled(NOW))])
    assert agreed(made(tmp_path / "b", by="zhou"), "tips", book, by_hand=False) is None, "it would be their own"
    assert agreed(made(tmp_path / "c", approve="lead"), "tips", book, by_hand=False) is None
    assert agreed(made(tmp_path / "d", approve="{duty: desk}", by="lead"), "tips", book, by_hand=False) is not None


def told(here: ResolvedDeployment, book: Document, now: str) -> list[str]:
    found = prompts(here, state(), book, at(now), "room")
    kept(book, list(found.entries))
    return [each.kind for each in found.told]


def test_it_is_asked_for_ahead_then_near_then_held_and_each_once(tmp_path: Path) -> None:
    here, book = made(tmp_path, item=ITEM.replace("daily: yes", "dates: [2026-12-20]")), ledger()
    assert told(here, book, "2026-12-02T10:00") == [], "more than a fortnight ahead"
    assert told(here, book, "2026-12-07T10:00") == ["approval"]
    assert told(here, book, "2026-12-07T10:05") == []
    assert told(here, book, "2026-12-20T17:30") == ["approval-near"]
    assert told(here, book, "2026-12-20T19:30") == []
    assert told(here, book, "2026-12-20T20:00") == ["approval-held"]
    assert told(here, book, "2026-12-20T20:30") == []
    kept(book, [agreement(here, "tips", "zhou", spelled(NOW))])
    assert told(here, book, "2026-12-20T20:31") == [] and not book.questions


def test_an_edit_asks_again_with_the_old_words_beside_the_new(tmp_path: Path) -> None:
    book = kept(ledger(), [agreement(made(tmp_path / "a"), "tips", "zhou", spelled(NOW))])
    here = made(tmp_path / "b", item=ITEM.replace("{group} 好", "{group} 再见"))
    (step,) = asked_steps(here, state(), book, at("2026-12-02T12:00"), "room")
    assert (step.key, step.who, step.was, step.text) == (
        "club-chat/approval.tips",
        "zhou",
        "{group} 好",
        "{group} 再见",
    )
    assert step.status is StepStatus.new and step.due == "2026-12-02T20:00:00+08:00"
    (late,) = asked_steps(here, state(), book, at("2026-12-02T20:30"), "room")
    assert late.status is StepStatus.overdue


def said(who: str, ticket: str = "") -> Attestation:
    return Attestation(who=who, when=spelled(NOW), digest="", ticket=ticket)


def test_a_tick_is_an_agreement_for_those_who_may_and_withdrawn_it_asks_anew(tmp_path: Path) -> None:
    here, book = made(tmp_path), ledger()
    (step,) = asked_steps(here, state(), book, NOW, "room")
    with pytest.raises(Refused, match="approve-own"):
        settled(here, book, [(step.key, said("mia"))], NOW, "room")
    kept(book, settled(here, book, [(step.key, said("周舟"))], NOW, "room"))
    assert book.approvals["tips"].who == "zhou" and not asked_steps(here, state(), book, NOW, "room")
    with pytest.raises(Refused, match="step-unknown"):
        settled(here, book, [(step.key, said("zhou"))], NOW, "room")
    kept(book, taken_back(here, book, step.key, NOW))
    (again,) = asked_steps(here, state(), book, NOW, "room")
    assert again.ticket != step.ticket, "a tick from before is none for it"
    assert told(here, book, "2026-12-02T20:11") == ["approval-held"]


def test_what_waits_is_handed_without_words_and_after_the_approval(tmp_path: Path) -> None:
    """Handed to somebody, then edited: nobody pastes what nobody agreed to."""
    send = Send(item="tips", target="lobby", scheduled=spelled(at("2026-12-02T20:00")), outcome="handed", mark="m")
    send = send.model_copy(update={"who": "mia", "announced_at": spelled(NOW), "place": "club-chat/room.lobby"})
    book = kept(ledger(), [agreement(made(tmp_path / "a"), "tips", "zhou", spelled(NOW))])
    book.sends["tips 2026-12-02T12:00:00Z lobby"] = send
    (post,) = asked_steps(made(tmp_path / "a2"), state(), book, NOW, "")
    assert (post.text, post.blocked_by, post.who) == ("大厅 好", [], "mia")
    here = made(tmp_path / "b", item=ITEM.replace("好", "再见"))
    approval, waits = asked_steps(here, state(), book, NOW, "")
    assert waits.text is None and waits.blocked_by == [approval.key] and waits.ticket == post.ticket


def test_old_ledgers_go_on(tmp_path: Path) -> None:
    old = Document.model_validate({"lineage": "l", "deployment": "club-chat.sends", "environment": "default"})
    assert unapproved(made(tmp_path), old, by_hand=False) == {"tips"}
    entry = withdrawn(made(tmp_path), ledger(tips=Approval(who="zhou", when="", digest="d")), "tips", NOW)
    assert entry.approvals == {"tips": None} and Document.model_validate_json(old.model_dump_json()) == old
