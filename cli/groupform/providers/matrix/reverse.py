"""Owns the compiler's reverse: what a live room says in the language's words, and what an adopted one keeps as found.

A rule read backwards is coarser than forwards: many settings mean `request`, and the language knows nothing of history
or guests. Whatever reads as what is declared is kept (DESIGN §5: adoption), so that nobody inside notices anything.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from groupform.compile.resource import Attributes, Form, Json, Resource
from groupform.config.project import ResolvedDeployment
from groupform.engine.keys import sayable
from groupform.engine.provider import Hidden
from groupform.providers.matrix import power
from groupform.providers.matrix.ownership import OWNER
from groupform.providers.matrix.reading import Reading
from groupform.providers.matrix.types import ROOM_TYPES
from groupform_schemas import Door, GroupKind

_DOOR = ("join_rule", "allow", "listed")
_UNSAID = ("history", "guests")
_MESSAGE = "events.m.room.message"


def unfit(room: Reading, type_: str, me: str) -> Hidden | None:
    """Why a live room cannot be taken over as this type: a space for a room, or no right to mark it as ours."""
    space = room.content("m.room.create").get("type") == "m.space"
    if space != (type_ in ("space", "tier")):
        return Hidden("matrix-adopt-space" if space else "matrix-adopt-room", {"room": room.id})
    if me in room.creators:
        return None
    users, levels = power.to_attributes(room.content("m.room.power_levels"))
    ours, need = users.get(me, levels.get("users_default", 0)), levels.get("events." + OWNER)
    if need is None:
        need = levels.get("state_default", power.MODERATE)
    if isinstance(ours, int) and isinstance(need, int) and ours < need:
        return Hidden("matrix-adopt-powerless", {"room": room.id, "level": ours, "needed": need})
    return None


def forms(deployment: ResolvedDeployment, resource: Resource, observed: Attributes) -> Sequence[Form]:
    """What the adopted object keeps of what sets it apart from its declaration. Pure."""
    desired = resource.attributes
    if resource.address.type in ("alias", "space-alias"):
        # An address is made of keys, which no file chose for a room that had its own, or none.
        return [Form({"alias": desired["alias"]}, {})] if observed.get("alias") != desired["alias"] else []
    if resource.address.type not in ROOM_TYPES:
        return []
    found = [Form({name: desired[name] for name in _UNSAID if name in desired}, {})]
    found.extend(_words(resource, observed))
    if "parent" in desired and (observed.get("parent") or _in_its_space(deployment)):
        found.append(Form({"parent": desired["parent"]}, {}))
    same_door = _door_reads(deployment, resource, observed)
    door = {name: desired[name] for name in _DOOR if name in desired}
    if same_door and any(_differs(name, desired, observed) for name in door):
        found.append(Form(door, {name: observed[name] for name in door if name in observed}))
    found.extend(_levels(deployment, resource, observed, same_door=same_door))
    found.extend(_people(desired, observed))
    return found


def _differs(name: str, desired: Attributes, observed: Attributes) -> bool:
    before, after = observed.get(name), desired.get(name)
    if name == "allow" and isinstance(before, list) and isinstance(after, list):
        return sorted(map(str, before)) != sorted(map(str, after))
    return name in desired and before != after


def _in_its_space(deployment: ResolvedDeployment) -> bool:
    """Whether the space is adopted with its rooms: then each hangs in it as it was hung."""
    return deployment.model.adopt is not None and deployment.model.adopt.community is not None


def _words(resource: Resource, observed: Attributes) -> Iterator[Form]:
    """A title or a topic that one line cannot say stays as it is; so does a room that never had a name."""
    for name in ("name", "topic"):
        declared, there = resource.attributes.get(name), observed.get(name)
        if not isinstance(declared, str) or not isinstance(there, str) or declared == there:
            continue
        unnamed = name == "name" and not there.strip() and declared == resource.address.name
        if sayable(there) == sayable(declared) or unnamed:
            yield Form({name: declared}, {name: there})


def _door_reads(deployment: ResolvedDeployment, resource: Resource, observed: Attributes) -> bool:
    """Whether the room's entrance means the door that is declared."""
    community = deployment.community.model.entry.door
    if resource.address.type == "space":
        return _alike(door_of(observed), community)
    if resource.address.type != "room":
        return False
    group = deployment.community.group(resource.address.name)
    if group is None or group.model.tier is not None:
        return False
    own = group.model.entry.door if group.model.entry is not None else None
    space = str(next(iter(_spaces(resource)), ""))
    return _alike(door_of(observed, space), own if own is not None and own is not community else community, space=True)


def _spaces(resource: Resource) -> list[str]:
    parent = resource.attributes.get("parent")
    return [parent] if isinstance(parent, str) else []


def _alike(found: Door | None, declared: Door, *, space: bool = False) -> bool:
    if found is None:
        # Through the space: whatever door that one has.
        return space
    by_hand = (Door.contact, Door.invite, Door.paid)
    return found is declared or (found is Door.invite and declared in by_hand)


def door_of(observed: Attributes, space: str | None = None) -> Door | None:
    """The door that a room's state amounts to; None for a room that opens to whoever is in `space`."""
    rule, allow = observed.get("join_rule"), observed.get("allow")
    if space and rule == "restricted" and isinstance(allow, list) and space in allow:
        return None
    if rule == "public":
        return Door.open if observed.get("listed") is True else Door.link
    if rule in ("knock", "knock_restricted"):
        return Door.request
    return Door.invite


def kind_of(levels: Mapping[str, Json]) -> GroupKind:
    """An announcement is where an ordinary member may not post."""
    post = levels.get(_MESSAGE, levels.get("events_default", 0))
    ordinary = levels.get("users_default", 0)
    few = isinstance(post, int) and isinstance(ordinary, int) and post > ordinary
    return GroupKind.announcement if few else GroupKind.chat


def _levels(
    deployment: ResolvedDeployment, resource: Resource, observed: Attributes, *, same_door: bool
) -> Iterator[Form]:
    """What each act needs is left as it is, but for what the declared kind and door would have otherwise."""
    declared, there = resource.attributes.get("levels"), observed.get("levels")
    if not isinstance(declared, Mapping) or not isinstance(there, Mapping):
        return
    announces = declared.get("events_default", 0) != 0
    same_kind = announces == (kind_of(there) is GroupKind.announcement)
    decided = {"events_default": same_kind, "invite": same_door}
    yield Form({"levels": {name: level for name, level in declared.items() if name not in decided}}, {})
    # Each by itself, so that the change of one declaration ends what was kept for that one alone.
    for name, alike in decided.items():
        if alike and there.get(name) != declared.get(name):
            yield Form({"levels": {name: declared.get(name)}}, {})


def rights_of(level: Json) -> tuple[str, ...]:
    """The rights that a power level amounts to, as a role would have them."""
    if not isinstance(level, int) or level < power.ANNOUNCE:
        return ()
    if level >= power.MANAGE:
        return ("manage", "moderate", "announce")
    return ("moderate", "announce") if level >= power.MODERATE else ("announce",)


def _people(desired: Attributes, observed: Attributes) -> Iterator[Form]:
    users, there = desired.get("users"), observed.get("users")
    if not isinstance(users, Mapping) or not isinstance(there, Mapping):
        return
    for user, level in users.items():
        if user in there and there[user] != level and rights_of(there[user]) == rights_of(level):
            yield Form({"users": {user: level}}, {"users": {user: there[user]}})


def leaf_of(
    deployment: ResolvedDeployment, resource: Resource, attribute: str, observed: Attributes
) -> tuple[tuple[str, ...], str] | None:
    """The leaf that says what a room's state amounts to, where it is not a text: its door, its kind, its rank. Pure."""
    address = resource.address
    if address.type == "space" and attribute in _DOOR:
        door = door_of(observed)
        return (("entry", "door"), str(door)) if door is not None else None
    group = deployment.community.group(address.name)
    if group is None:
        return None
    if address.type == "room" and attribute in _DOOR and group.model.tier is None:
        door = door_of(observed, next(iter(_spaces(resource)), None))
        declared = group.model.entry.door if group.model.entry is not None else None
        # That a room has no door of its own any more cannot be written by naming one.
        return (("groups", group.group, "entry", "door"), str(door)) if door not in (None, declared) else None
    if address.type == "room" and attribute == "levels":
        levels = observed.get("levels")
        kind = kind_of(levels if isinstance(levels, Mapping) else {})
        only = isinstance(levels, Mapping) and _only_kind(resource, levels)
        return (("groups", group.group, "kind"), str(kind)) if only and kind is not group.model.kind else None
    if address.type == "room" and attribute == "encrypted":
        # There is no other value that somebody else can have brought about.
        return ("groups", group.group, "encrypted"), "true"
    if address.type == "place" and attribute == "suggested":
        return ("groups", group.group, "default"), "true" if observed.get("suggested") is True else "false"
    return None


def _only_kind(resource: Resource, levels: Mapping[str, Json]) -> bool:
    declared = resource.attributes.get("levels")
    wanted = declared if isinstance(declared, Mapping) else {}
    return all(levels.get(name) == level for name, level in wanted.items() if name != "events_default")
