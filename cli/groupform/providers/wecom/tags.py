"""Owns what customers can be marked with: a group of tags for each segment, and one for the tiers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from groupform.compile.address import Address
from groupform.compile.resource import Json, Outcome
from groupform.config.diagnostics import Severity
from groupform.providers.wecom.bench import KEPT, Bench, fitted
from groupform.providers.wecom.limits import TAG_GROUP_NAME, TAG_NAME

_HIGHEST = 10_000
"""The order of the first tag: a higher one stands further up, and a tag added at the end moves no other (D-92117)."""


def compile_tags(bench: Bench) -> None:
    model = bench.deployment.community.model
    for key, values in model.segments.items():
        if not values:
            continue
        address = bench.address("tag-group", f"segment-{key}")
        rows = [(f"segments.{key}.{name}", name, said.title, said.previously) for name, said in values.items()]
        _tag_group(bench, address, bench.called(key), rows)
    if model.tiers:
        address = bench.address("tag-group", "tiers")
        bench.carry("locale", address, "title")
        rows = [(f"tiers.{tier.key}", str(tier.key), tier.title, tier.previously) for tier in model.tiers]
        for tier in model.tiers:
            bench.carry(f"tiers.{tier.key}.key", address, "tags")
        _tag_group(bench, address, bench.called("会员等级" if bench.chinese else "tiers"), rows)


def _tag_group(bench: Bench, address: Address, name: str, rows: Iterable[tuple[str, str, str, Iterable[str]]]) -> None:
    """`rows` are (path, key, title, former keys), first things first."""
    bench.carry("title", address, "title")
    tags: dict[str, Json] = {}
    former: dict[str, Json] = {}
    titles: dict[str, str] = {}
    for index, (path, key, title, previously) in enumerate(rows):
        text = fitted(title, TAG_NAME)
        bench.carry(f"{path}.title", address, "tags")
        if text in titles:
            # The platform makes one tag of two with one name (add_corp_tag, D-92117).
            place = bench.place(f"{path}.title") or bench.place(path)
            bench.warn("wecom-tag-twice", place, severity=Severity.error, name=text, key=key, other=titles[text])
            continue
        titles[text] = key
        tags[key] = {"name": text, "order": _HIGHEST - index}
        if previously:
            former[key] = " ".join(map(str, previously))
            bench.trace.carry(f"{path}.previously", address, below=True, outcome=Outcome.native, reason=KEPT)
    attributes: Mapping[str, Json] = {
        "title": fitted(name, TAG_GROUP_NAME),
        "tags": tags,
        "former": former or None,
    }
    bench.make(address, attributes, fitted(name, TAG_GROUP_NAME))
