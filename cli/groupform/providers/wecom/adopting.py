"""Owns what an adopted object keeps as it was found: what its files say in other words, or cannot say. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from groupform.compile.address import Address
from groupform.compile.resource import Attributes, Form, Json, Resource
from groupform.compile.team import powers
from groupform.config.project import ResolvedDeployment
from groupform.engine.keys import sayable
from groupform.providers.wecom.api_people import fold
from groupform.providers.wecom.bench import Bench
from groupform.providers.wecom.types import many_lines, one_line
from groupform_schemas import ReplyPlace

_NUMBERED = re.compile(r"(.*) \([0-9]+\)\Z", re.DOTALL)
_TAKEN_OVER = Form({}, {})
"""Says that the object was there before: what would only belong to a new one is not made for it."""


def named(bench: Bench) -> None:
    """Notes the live objects that the operator names for what was compiled."""
    adopt = bench.deployment.model.adopt
    if adopt is None:
        return
    ids = {f"group.{name}": str(id_) for name, id_ in adopt.groups.items()}
    ids |= {str(name): str(id_) for name, id_ in adopt.parts.items()}
    for address, each in list(bench.made.items()):
        id_ = ids.pop(place_of(address), None)
        if id_ is not None:
            bench.made[address] = replace(each, adopt=id_)
    for left in ids:
        bench.warn("wecom-adopt-part-unknown", bench.deployment.place, part=left)


def place_of(address: Address) -> str:
    """An address without its deployment and environment: `tag-group.tiers`, `group.city/sh`."""
    return f"{address.type}.{address.name}"


def forms(deployment: ResolvedDeployment, resource: Resource, observed: Attributes) -> Sequence[Form]:
    """What the adopted object keeps of what sets it apart from its declaration. Pure."""
    found = [_TAKEN_OVER]
    match resource.address.type:
        case "group":
            found.extend(_group(deployment, resource, observed))
        case "tag-group":
            found.extend(_words(resource, observed, "title"))
            found.extend(_tags(resource, observed))
        case "intercept-rule":
            found.extend(_words(resource, observed, "name", "action"))
            found.extend(_less(resource, observed, "users"))
        case "kf-account":
            found.extend(_words(resource, observed, "name"))
            if "avatar" in resource.attributes:
                found.append(Form({"avatar": resource.attributes["avatar"]}, {}))
            replies = deployment.community.model.replies.values()
            if all(each.hand_to is None for each in replies if ReplyPlace.service in each.where):
                found.extend(_less(resource, observed, "servicers"))
        case "knowledge-group":
            found.extend(_words(resource, observed, "name"))
        case "contact-way":
            found.extend(_words(resource, observed, "confirm"))
        case "intent":
            found.extend(_sayable(resource, observed, "question", one_line))
    return found


def _group(deployment: ResolvedDeployment, resource: Resource, observed: Attributes) -> Iterator[Form]:
    declared, there = str(resource.attributes.get("title", "")), str(observed.get("title") or "")
    twin = _NUMBERED.match(declared)
    unnamed = not there.strip() and declared == resource.address.name
    twice = twin is not None and sayable(there) == twin[1] and _is_title(deployment, resource, twin[1])
    if declared != there and (sayable(there) == declared or unnamed or twice):
        yield Form({"title": declared}, {"title": there})
    yield from _sayable(resource, observed, "notice", many_lines)
    owner = resource.attributes.get("owner")
    if owner is not None and not observed.get("owner"):
        # Its owner has left: who takes over is a declaration of its own, and the first change of this one.
        yield Form({"owner": owner}, {})
    admins = {fold(str(each)) for each in _list(observed.get("admins"))}
    by_rank = _by_rank(deployment, resource)
    lacking = [each for each in _list(resource.attributes.get("admins")) if fold(str(each)) not in admins]
    for each in lacking:
        if fold(str(each)) in by_rank:
            yield Form({"admins": [each]}, {})


def _by_rank(deployment: ResolvedDeployment, resource: Resource) -> frozenset[str]:
    """Who is an admin only because the whole community is theirs: no role says so, and no call appoints them."""
    group = deployment.community.group(resource.address.name)
    held = powers(deployment, group).values() if group is not None else ()
    return frozenset(fold(each.account) for each in held if each.owner and not each.roles and each.account is not None)


def _is_title(deployment: ResolvedDeployment, resource: Resource, title: str) -> bool:
    """Whether another group is called so: then this one's number only tells it apart in the files."""
    return any(each.title == title for each in deployment.groups if each.name != resource.address.name)


def _words(resource: Resource, observed: Attributes, *names: str) -> Iterator[Form]:
    """A value that groupform makes up itself for what it makes: what is there is kept."""
    for name in names:
        if name in resource.attributes and name in observed and resource.attributes[name] != observed[name]:
            yield Form({name: resource.attributes[name]}, {name: observed[name]})


def _sayable(resource: Resource, observed: Attributes, name: str, canonical: object) -> Iterator[Form]:
    """A text that one line of a file cannot say stays as it is."""
    declared, there = resource.attributes.get(name), observed.get(name)
    if isinstance(declared, str) and isinstance(there, str) and declared != there and sayable(there) == declared:
        yield Form({name: declared}, {name: there})


def _tags(resource: Resource, observed: Attributes) -> Iterator[Form]:
    declared, there = resource.attributes.get("tags"), observed.get("tags")
    if not isinstance(declared, Mapping) or not isinstance(there, Mapping):
        return
    for key, said in declared.items():
        if key in there and there[key] != said and _alike(said, there[key]):
            yield Form({"tags": {key: said}}, {"tags": {key: there[key]}})


def _alike(said: Json, there: Json) -> bool:
    names = [str(each.get("name", "")) if isinstance(each, Mapping) else "" for each in (said, there)]
    return sayable(names[1]) == names[0]


def _less(resource: Resource, observed: Attributes, name: str) -> Iterator[Form]:
    """People whom nobody named for this, and who are not there: they are not put in."""
    there = {fold(str(each)) for each in _list(observed.get(name))}
    for each in _list(resource.attributes.get(name)):
        if fold(str(each)) not in there:
            yield Form({name: [each]}, {})


def _list(value: Json) -> list[Json]:
    return value if isinstance(value, list) else []
