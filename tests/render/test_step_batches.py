"""What is done in one go, in the order in which it can be done; old and new beside each other; pages and lists."""

from __future__ import annotations

import pytest
from rich.cells import cell_len

from groupform.engine.plan import Reason, Step, StepStatus
from groupform.render.plan_steps import show_checklist, show_steps
from groupform.render.side_by_side import pairs, show_pairs
from groupform.render.step_batches import batches
from groupform.render.step_words import differs
from groupform.render.steps_markdown import checklist, page_markdown
from render.samples import deployment, terminal


def step(group: str, kind: str, verb: str = "create", who: str = "mia", **more: object) -> Step:
    inside = kind != "group" or verb != "create"
    address = f"shops/{kind}.{group}"
    base: dict[str, object] = {
        "key": address if verb == "create" else f"{address}!{verb}",
        "address": address,
        "what": Reason(
            code=f"wechat-step-{kind}-{verb}", params={"who": who, "title": group, "owner": who, "admins": "—"}
        ),
        "who": who,
        "name": who,
        "label": group,
        "status": StepStatus.new,
        "proof": "attested",
        "digest": "x",
        "ticket": "0123456789abcdef",
        "place": f"shops/group.{group}" if inside else None,
        "place_label": group if inside else None,
    }
    return Step.model_validate({**base, **more})


def shape(*steps: Step) -> list[tuple[str, str | None, bool, list[str]]]:
    return [(each.name, each.place, each.alike, [one.address for one in each.steps]) for each in batches(steps)]


def test_what_is_made_goes_together_and_what_is_in_a_group_goes_by_group() -> None:
    found = shape(
        step("a", "group"),
        step("a", "notice"),
        step("a", "qr"),
        step("b", "group"),
        step("b", "notice"),
        step("b", "qr"),
    )
    assert found == [
        ("mia", None, True, ["shops/group.a", "shops/group.b"]),
        ("mia", "a", False, ["shops/notice.a", "shops/qr.a"]),
        ("mia", "b", False, ["shops/notice.b", "shops/qr.b"]),
    ]


def test_one_thing_in_many_groups_is_one_batch_and_each_person_has_their_own() -> None:
    texts = [step(each, "notice", "text", text="新", was="旧") for each in "abc"]
    found = shape(*texts, step("d", "notice", "text", who="zhou"))
    assert found == [
        ("mia", None, True, ["shops/notice.a", "shops/notice.b", "shops/notice.c"]),
        ("zhou", None, False, ["shops/notice.d"]),
    ]
    assert batches(texts)[0].same_text


def test_one_text_for_many_groups_is_shown_once() -> None:
    where, out, _ = terminal({"GROUPFORM_LANG": "zh-CN"})
    show_checklist(where, [step(each, "notice", "text", text="先看群规", was="旧的") for each in "abc"])
    assert out.getvalue().count("先看群规") == 1
    assert out.getvalue().count("☐") == 4


def test_no_step_is_lost_in_a_list_that_is_cut() -> None:
    steps = [step(f"g{number}", "group", text=f"g{number}") for number in range(30)]
    where, out, _ = terminal({})
    assert show_checklist(where, steps, most=12) == 0
    assert "22 more of the same kind" in out.getvalue()
    people = [step(f"g{number}", "group", who=f"p{number}") for number in range(30)]
    where, out, _ = terminal({})
    show_steps(where, deployment(steps=people))
    assert "18 more steps are open, for 30 people" in out.getvalue()


@pytest.mark.parametrize(("columns", "bars"), [("100", True), ("50", False)])
def test_old_and_new_stand_beside_each_other_where_there_is_room(columns: str, bars: bool) -> None:
    where, out, _ = terminal({"COLUMNS": columns, "GROUPFORM_LANG": "zh-CN"})
    show_pairs(
        where, "第一条：对事不对人\n第二条", "第一条：对事不对人，也不对店，请大家记住这一点\n第二条\n第三条", indent=8
    )
    lines = out.getvalue().splitlines()
    assert ("│" in out.getvalue()) is bars
    assert max(cell_len(each) for each in lines) <= int(columns)
    assert [each for each in lines if each != each.rstrip()] == []
    if bars:
        assert len({cell_len(each.split("│")[0]) for each in lines if "│" in each}) == 1, "the bar stands straight"


def test_lines_that_stayed_are_opposite_each_other() -> None:
    found = [(each.old, each.new) for each in pairs("a\nb\nc", "a\nx\ny\nc")]
    assert found == [("a", "a"), ("b", "x"), (None, "y"), ("c", "c")]


def test_what_the_sentence_says_already_is_not_shown_again() -> None:
    where, _, _ = terminal({})
    renamed = step("a", "group", "title", text="新店", was="旧店")
    said = renamed.model_copy(
        update={"what": Reason(code="wechat-step-group-title", params={"before": "旧店", "value": "新店"})}
    )
    assert not differs(where, said)
    assert differs(where, step("a", "notice", "text", text="新", was="旧"))


def test_markdown_shows_both_texts_and_cannot_be_broken_by_one() -> None:
    where, _, _ = terminal({})
    evil = step("a|b", "notice", "text", text="```\n| <b> |\n@all", was="旧\n```")
    (block,) = checklist(where, [evil], ticketed=True)
    assert "````text" in block and "\\| &lt;b&gt; \\|" in block
    assert "`shops/notice.a|b!text=0123456789abcdef`" in block
    whole = page_markdown(where, "Mia <x>", [evil], issue=False)
    assert whole.startswith("# ") and "Mia &lt;x&gt;" in whole
