"""Coverage: tables that cannot contradict themselves, claims that leave nothing out."""

from __future__ import annotations

import pytest

from groupform.compile.address import Address
from groupform.compile.coverage import Row, Table, complete, rows, stray, unclaimed, unlisted
from groupform.compile.coverage_page import BEGIN, END, coverage_page, replaced
from groupform.compile.leaves import Leaf
from groupform.compile.resource import Claim, Outcome
from groupform.compile.trace import Trace
from groupform.messages import Catalogue

ROOM = Address("d", "room", "hall")
TABLE = Table(
    (
        Row("title", (Outcome.native,)),
        Row("culture", (Outcome.informational,), "coverage-for-people"),
        Row("age", (Outcome.native, Outcome.gap), "some-reason"),
        *rows("groups.*", "title size", Outcome.native),
    )
)
LEAVES = (
    Leaf("title", "title", "T"),
    Leaf("culture", "culture", "C"),
    Leaf("age", "age", "7d"),
    Leaf("groups.hall.title", "groups.*.title", "H", "hall"),
    Leaf("groups.shop/a.title", "groups.*.title", "A", "shop/a", excluded=True),
)


def test_a_table_refuses_a_pattern_that_stands_twice() -> None:
    with pytest.raises(ValueError, match="title"):
        Table((Row("title", (Outcome.gap,)), Row("title", (Outcome.native,))))
    with pytest.raises(ValueError, match="title"):
        Table((Row("title", ()),))


def test_completing_fills_only_what_needs_no_compiler() -> None:
    claims = complete(LEAVES, [Claim("title", Outcome.native, ROOM, "name")], TABLE)
    assert [(claim.path, claim.outcome) for claim in claims] == [
        ("title", Outcome.native),
        ("culture", Outcome.informational),
        ("groups.shop/a.title", Outcome.excluded),
    ]
    # What an attribute should carry, or might, is the compiler's to say: silence is a defect that shows.
    assert [leaf.path for leaf in unclaimed(LEAVES, claims)] == ["age", "groups.hall.title"]


def test_claims_on_nothing_and_beside_the_table_are_found() -> None:
    claims = complete(
        LEAVES, [Claim("ghost", Outcome.gap), Claim("age", Outcome.attest), Claim("age", Outcome.gap)], TABLE
    )
    assert [claim.path for claim in stray(LEAVES, claims)] == ["ghost"]
    assert [(claim.path, claim.outcome) for claim in unlisted(LEAVES, claims, TABLE)] == [
        ("age", Outcome.attest),
        ("ghost", Outcome.gap),
    ]


def test_a_trace_claims_what_was_noted_then_what_the_table_says() -> None:
    trace = Trace(Outcome.native)
    trace.carry("groups.hall", ROOM, "name", below=True)
    trace.carry("title", ROOM, "name")
    trace.lack("title", "partly-not")
    claims = trace.claims(LEAVES, TABLE)
    assert [(claim.path, claim.outcome, claim.reason) for claim in claims] == [
        ("title", Outcome.native, None),
        ("title", Outcome.gap, "partly-not"),
        ("culture", Outcome.informational, "coverage-for-people"),
        ("age", Outcome.gap, "some-reason"),
        ("groups.hall.title", Outcome.native, None),
        ("groups.shop/a.title", Outcome.excluded, "coverage-excluded"),
    ]


def test_what_a_trace_was_told_to_say_instead_holds_only_where_nothing_carries() -> None:
    trace = Trace(Outcome.native)
    trace.instead("age", Outcome.informational, "coverage-overridden")
    trace.instead("title", Outcome.gap, "never-shown")
    trace.carry("title", ROOM, "name")
    claims = {claim.path: (claim.outcome, claim.reason) for claim in trace.claims(LEAVES, TABLE)}
    assert claims["age"] == (Outcome.informational, "coverage-overridden")
    assert claims["title"] == (Outcome.native, None)


def test_the_page_shows_each_row_once_and_is_put_where_it_belongs() -> None:
    page = coverage_page(TABLE, Catalogue("en").text)
    for row in TABLE.rows:
        assert page.count(f"`{row.pattern}`") == 1
    assert page.index("`age`") < page.index("`culture`") < page.index("`title`")
    text = replaced(f"# Top\n{BEGIN}\nold\n{END}\nend\n", TABLE, Catalogue("en").text)
    assert text.startswith("# Top\n") and text.endswith("end\n") and "old" not in text
    assert replaced(text, TABLE, Catalogue("en").text) == text
    with pytest.raises(ValueError, match="place"):
        replaced("# Top\n", TABLE, Catalogue("en").text)
