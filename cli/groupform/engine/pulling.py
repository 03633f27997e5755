"""Owns taking drift into the files, the reviewer's way round: which leaf would have to say what is there now. Pure.

Only what one leaf says alone can be taken over: a text that several copies or several words make up, or that a level of
somebody's power stands for, is left to a person, and said.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

from groupform.compile.resource import Attributes, Compiled, Resource
from groupform.config.project import ResolvedDeployment
from groupform.engine.gaps import ONE_WAY
from groupform.engine.plan import AttributeChange, Change, DeploymentPlan, Reason, Why
from groupform_schemas import FromTable, Group

Place = tuple[str, ...]
"""The keys that lead to a leaf of the community's file."""


@dataclass(frozen=True, slots=True)
class Taken:
    """A leaf that is to say something else. With `file` it is that file's whole text."""

    address: str
    attribute: str
    place: Place
    value: str
    file: str | None = None


@dataclass(frozen=True, slots=True)
class Pull:
    """What can be taken into the files, and what cannot with the reason."""

    taken: tuple[Taken, ...]
    left: tuple[Reason, ...]


@runtime_checkable
class Reverses(Protocol):
    """What a provider has besides where values other than texts can be read back into the language."""

    def leaf_of(
        self, deployment: ResolvedDeployment, resource: Resource, attribute: str, observed: Attributes
    ) -> tuple[Place, str] | None:
        """The leaf that would make `observed` of this resource, and its value; None where none does. Pure."""


def pull(deployment: ResolvedDeployment, compiled: Compiled, plan: DeploymentPlan, provider: object) -> Pull:
    """What a plan found drifted, as edits of the community's files."""
    resources = {str(each.address): each for each in compiled.resources}
    leaves: dict[tuple[str, str], list[str]] = defaultdict(list)
    for claim in compiled.claims:
        if claim.address is not None and claim.attribute is not None:
            leaves[str(claim.address), claim.attribute].append(claim.path)
    taken: list[Taken] = []
    left: list[Reason] = []
    for change in plan.changes:
        resource = resources.get(change.address)
        drifted = [each for each in change.attributes if each.why is Why.drift]
        if resource is None or not drifted:
            if change.reason is not None and resource is not None and change.attributes:
                left.append(_about("pull-not-there", change, ""))
            continue
        observed = dict(resource.attributes) | {each.name: each.before for each in change.attributes}
        for each in drifted:
            paths = leaves.get((change.address, each.name), [])
            found = _text(deployment, resource, change, each, paths)
            if found is None and isinstance(provider, Reverses):
                leaf = provider.leaf_of(deployment, resource, each.name, observed)
                found = Taken(change.address, each.name, *leaf) if leaf is not None else None
            places = [found.place] if found is not None else [tuple(path.split(".")) for path in paths]
            copied = _copied(deployment, places)
            if copied is not None:
                left.append(_for_copies(copied, change.label or change.address, each.name))
            elif found is None:
                left.append(_about("pull-not-said", change, each.name))
            else:
                taken.append(found)
    for address, attribute, label in _for_good(plan):
        resource = resources.get(address)
        if resource is not None and isinstance(provider, Reverses):
            leaf = provider.leaf_of(deployment, resource, attribute, resource.attributes)
            found = Taken(address, attribute, *leaf) if leaf is not None else None
            copied = _copied(deployment, [found.place] if found is not None else [])
            if copied is not None:
                left.append(_for_copies(copied, label, attribute))
            elif found is None:
                left.append(Reason(code="pull-not-said", params={"label": label, "attribute": attribute}))
            else:
                taken.append(found)
    return _agreed(taken, left)


def _for_good(plan: DeploymentPlan) -> Iterator[tuple[str, str, str]]:
    """What somebody switched on by hand and nothing takes back, as (address, attribute, label): no change says it."""
    for each in plan.guards:
        if each.guard == ONE_WAY and not each.blocks and each.addresses:
            yield each.addresses[0], str(each.reason.params["attribute"]), str(each.reason.params["label"])


def _agreed(taken: Sequence[Taken], left: list[Reason]) -> Pull:
    """Two objects that would have one leaf say different things leave it to a person."""
    said = {(each.place, each.file, each.value) for each in taken}
    often = Counter((place, file) for place, file, _ in said)
    kept: dict[tuple[Place, str | None], Taken] = {}
    for each in taken:
        if often[each.place, each.file] > 1:
            params = {"label": each.address, "attribute": each.attribute}
            left.append(Reason(code="pull-contradicts", params=params))
        else:
            kept.setdefault((each.place, each.file), each)
    return Pull(tuple(kept.values()), tuple(left))


def _about(code: str, change: Change, attribute: str) -> Reason:
    return Reason(code=code, params={"label": change.label or change.address, "attribute": attribute})


def _text(
    deployment: ResolvedDeployment, resource: Resource, change: Change, attribute: AttributeChange, paths: Sequence[str]
) -> Taken | None:
    """A text that one leaf holds, with the environment's suffix at most; or that a file holds."""
    there, desired = attribute.before, attribute.after
    if not isinstance(there, str) or not isinstance(desired, str):
        return None
    model = deployment.community.model
    if paths == ["notice.file"] and model.notice is not None and model.notice.file is not None:
        file = model.notice.file
        text = deployment.community.files[file].decode("utf-8-sig").replace("\r\n", "\n")
        end = text[len(text.rstrip()) :] or "\n"
        alike = text.strip() == desired.strip() and there.strip() and "{" not in there
        return Taken(change.address, attribute.name, ("notice", "file"), there.strip() + end, file) if alike else None
    if len(paths) != 1:
        return None
    place = tuple(paths[0].split("."))
    declared, suffix = _declared(model, place), deployment.title_suffix
    if not isinstance(declared, str):
        return None
    # An adopted object may have kept its own form of what is declared.
    asked = {
        desired,
        *(str(form.declared[attribute.name]) for form in resource.forms if attribute.name in form.declared),
    }
    if declared in asked:
        suffix = ""
    elif declared + suffix not in asked or not there.endswith(suffix):
        return None
    value = there.removesuffix(suffix) if suffix else there
    return Taken(change.address, attribute.name, place, value) if _one_line(value) else None


def _one_line(text: str) -> bool:
    """Whether a leaf can say just this: one line, nothing around it, no braces that would be words to fill in."""
    odd = any(unicodedata.category(each) in ("Cc", "Zl", "Zp") for each in text)
    return bool(text) and text == text.strip() and not odd and not re.search(r"[{}]", text)


def _declared(model: Any, place: Place) -> object:
    for step in place:
        model = model.get(step) if isinstance(model, Mapping) else getattr(model, step, None)
    return model


def _copied(deployment: ResolvedDeployment, places: Sequence[Place]) -> Group | None:
    """The group for every copy of which one of these leaves speaks; None where none does."""
    for place in places:
        # A copy's own leaf stands under the group's name and the copy's key.
        name = place[1].partition("/")[0] if place[0] == "groups" and len(place) > 1 else ""
        group = deployment.community.model.groups.get(name)
        if group is not None and group.each is not None:
            return group
    return None


def _for_copies(group: Group, label: str, attribute: str) -> Reason:
    """Where a person has to look: the table that the copies are made from, or what is declared for all of them."""
    source = group.each.from_ if group.each is not None else None
    words = {"label": label, "attribute": attribute}
    if isinstance(source, FromTable):
        return Reason(code="pull-table", params={**words, "file": str(source.csv)})
    return Reason(code="pull-copies", params=words)
