"""Whatever the language can say survives being written down and read again."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from groupform_schemas import CommunityFile, ProjectFile, Threshold, findings, scalars
from groupform_schemas.calendar import When

keys = st.from_regex(r"[a-z0-9][a-z0-9-]{0,8}", fullmatch=True)
lines = st.text(st.characters(blacklist_categories=("Cs", "Cc", "Zl", "Zp")), min_size=1, max_size=12).filter(str.strip)
spans = st.builds("{}{}".format, st.integers(0, 999), st.sampled_from("wdhms"))
percents = st.builds("{}%".format, st.integers(0, 100))
amounts = st.one_of(st.integers(0, 10**6).map(str), percents, spans)
times = st.builds("{:02}:{:02}".format, st.integers(0, 23), st.integers(0, 59))
dates = st.dates(date(2000, 1, 1), date(2100, 1, 1)).map(date.isoformat)
weekdays = st.sampled_from(scalars.WEEKDAYS)
whens = st.one_of(
    st.fixed_dictionaries({"weekly": st.lists(weekdays, min_size=1), "at": times}),
    st.fixed_dictionaries({"monthly": st.lists(st.integers(1, 31).map(str), min_size=1), "at": times}),
    st.fixed_dictionaries({"dates": st.lists(dates, min_size=1), "at": times}),
    st.fixed_dictionaries({"holiday": st.just("CN/spring-festival"), "at": times}, optional={"offset": spans}),
    st.fixed_dictionaries({"after": st.just("group_created")}, optional={"wait": spans, "at": times}),
)
measured = st.builds(
    lambda metric, bound, amount: {"metric": metric, bound: amount},
    st.from_regex(r"[a-z][a-z0-9_]{0,8}", fullmatch=True),
    st.sampled_from(["at_least", "below"]),
    amounts,
)
proofs = st.fixed_dictionaries({"proof": lines, "judge": st.just("host")})
thresholds: st.SearchStrategy[Any] = st.recursive(
    measured | proofs,
    lambda inner: st.builds(
        lambda kind, parts: {kind: parts}, st.sampled_from(["all", "any"]), st.lists(inner, min_size=1, max_size=3)
    ),
    max_leaves=8,
)
references = keys | st.builds(lambda kind, key: {kind: key}, st.sampled_from(["person", "role", "duty"]), keys)
communities = st.fixed_dictionaries(
    {
        "community": keys,
        "title": lines,
        "timezone": st.just("Asia/Shanghai"),
        "team": st.fixed_dictionaries({"owner": references}),
        "entry": st.fixed_dictionaries({"door": st.sampled_from(["open", "link", "request", "invite"])}),
        "groups": st.dictionaries(
            keys,
            st.fixed_dictionaries(
                {"title": lines}, optional={"topic": lines, "tier": keys, "default": st.sampled_from(["yes", "off"])}
            ),
            min_size=1,
            max_size=3,
        ),
    },
    optional={
        "segments": st.dictionaries(keys, st.dictionaries(keys, lines, max_size=3), max_size=2),
        "tiers": st.lists(
            st.fixed_dictionaries({"key": keys, "title": lines}, optional={"threshold": thresholds}),
            max_size=3,
            unique_by=lambda tier: tier["key"],
        ),
        "calendar": st.dictionaries(
            keys,
            st.fixed_dictionaries(
                {
                    "title": lines,
                    "kind": st.just("live"),
                    "when": whens,
                    "to": st.lists(keys, min_size=1, max_size=2),
                },
                optional={"post": st.fixed_dictionaries({"text": lines}), "by": references, "lasts": spans},
            ),
            max_size=2,
        ),
    },
)


@given(communities)
@settings(max_examples=60, deadline=None)
def test_a_community_reads_back_from_json(data: Any) -> None:
    made = CommunityFile.model_validate(data)
    written = json.loads(json.dumps(made.model_dump(mode="json", exclude_none=True)))
    assert CommunityFile.model_validate(written) == made


@given(thresholds)
@settings(max_examples=60, deadline=None)
def test_a_threshold_keeps_its_shape(data: Any) -> None:
    adapter: TypeAdapter[Any] = TypeAdapter(Threshold)
    made = adapter.validate_python(data)
    assert adapter.validate_python(adapter.dump_python(made, mode="json", exclude_none=True)) == made


@given(whens)
@settings(max_examples=60, deadline=None)
def test_a_moment_reads_back_from_json(data: Any) -> None:
    made = When.model_validate(data)
    assert When.model_validate(made.model_dump(mode="json", exclude_none=True)) == made


anything: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.text(max_size=8) | amounts | dates,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=6,
)
fields = sorted({field.alias or name for name, field in CommunityFile.model_fields.items()})


@given(st.dictionaries(st.sampled_from(fields), anything, max_size=6))
@settings(max_examples=120, deadline=None)
def test_any_data_is_a_community_or_gets_findings(data: Any) -> None:
    _judge(CommunityFile, data)


@given(
    st.dictionaries(
        st.sampled_from(sorted(ProjectFile.model_fields)), anything | st.dictionaries(keys, anything), max_size=5
    )
)
@settings(max_examples=120, deadline=None)
def test_any_data_is_a_project_or_gets_findings(data: Any) -> None:
    _judge(ProjectFile, data)


def _judge(model: type[CommunityFile] | type[ProjectFile], data: Any) -> None:
    try:
        model.model_validate(data)
    except ValidationError as error:
        found = findings(error, model)
        assert found
        for each in found:
            assert "-" in each.code and each.code != "value-wrong", each
            _walk(data, each.loc)


def _walk(data: Any, loc: tuple[str | int, ...]) -> None:
    """A finding's path leads to something that was written."""
    for step in loc:
        data = data[step]
