"""What a reviewer reads of an undo: what it takes back, what does not come back, which commits to revert."""

from __future__ import annotations

from typing import Any

import pytest

from groupform.engine.plan import Action, Commit, Plan, Reason, Undone, UndoneApply
from groupform.render.plan_markdown import plan_markdown
from groupform.render.plan_text import show_plan
from groupform.render.plan_undone import revert
from render.samples import change, deployment, terminal

OLD, NEW = "a" * 40, "b" * 40
APPLY = UndoneApply(when="2026-12-01T09:00:00+00:00", who="me@here", commit=NEW)


def undone(**more: Any) -> Undone:
    return Undone(
        **{
            "serial": 4,
            "applies": [APPLY],
            "commit_from": OLD,
            "commit_to": NEW,
            "commits": [Commit(id=NEW, subject="A *new* topic")],
            "lost": [
                *(Reason(code="undo-let-go", params={"label": f"群{each}", "people": each}) for each in range(9)),
                Reason(code="undo-lost-always"),
            ],
            **more,
        }
    )


def plan(about: Undone) -> Plan:
    made = change("pet-club-home/room.b", Action.forget, "B")
    return Plan(deployments=[deployment(changes=[made], undo=about.serial, undone=about)], digest="d")


def flat(text: str) -> str:
    return " ".join(text.split())


@pytest.mark.parametrize("lang", ["en", "zh-CN"])
def test_it_is_said_in_text_and_in_markdown(lang: str) -> None:
    screen, out, _ = terminal({"GROUPFORM_LANG": lang})
    show_plan(screen, plan(undone()))
    text, markdown = out.getvalue(), plan_markdown(screen, plan(undone()))
    for each in (text, markdown):
        assert "2026-12-01T09:00:00+00:00" in each
        assert NEW[:10] in each
        assert "git revert" in each
        assert "undo-" not in each, "a code without its sentence"
    assert "A *new* topic" in text
    assert "A \\*new\\* topic" in markdown


def test_of_many_that_are_alike_a_few_are_named_and_the_rest_is_counted() -> None:
    screen, out, _ = terminal()
    show_plan(screen, plan(undone()))
    assert out.getvalue().count("it is let go as it stands") == 3
    assert "and 6 more like these" in flat(out.getvalue())


@pytest.mark.parametrize(
    ("about", "said"),
    [
        (undone(), "Revert this commit"),
        (undone(applies=[APPLY.model_copy(update={"dirty": True})]), "never committed"),
        (undone(commits=[], applies=[APPLY.model_copy(update={"dirty": True})]), "not committed as it was"),
        (undone(commits=[], commit_to=None), "in no git"),
        (undone(commits=[], commit_to=OLD), f"commit {OLD[:10]} say what this goes back to"),
        (undone(commits=[], commit_from=None), f"before commit {NEW[:10]}"),
        (
            undone(commits=[Commit(id=NEW, subject=str(each)) for each in range(14)]),
            f"4 more: git log --oneline {OLD}..{NEW} -- .",
        ),
    ],
)
def test_what_to_do_with_the_files_is_said_in_every_case(about: Undone, said: str) -> None:
    screen, _, _ = terminal()
    assert said in " ".join(revert(screen, about))
