"""Owns what a provider declares about a kind of object: its attributes, their behaviours, and who acts on them.

A provider writes a `TypedDict(total=False)` whose values are `Annotated` with the behaviours below; what is absent is
unmanaged, so no attribute has a default:

    class Room(TypedDict, total=False):
        name: str
        alias: Annotated[str, Unique("alias")]
        parent: Annotated[str, RefTo("space")]
        users: Annotated[dict[str, int], Owned()]
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from typing import Annotated, Any, get_args, get_origin, get_type_hints

from pydantic import TypeAdapter

from groupform.compile.resource import Json


class Actor(StrEnum):
    """Who carries out a verb."""

    api = "api"
    person = "person"
    nobody = "nobody"


class Verb(StrEnum):
    create = "create"
    read = "read"
    update = "update"
    delete = "delete"


@dataclass(frozen=True, slots=True)
class Computed:
    """The platform decides the value; it is observed and never sent."""


@dataclass(frozen=True, slots=True)
class RequiresReplace:
    """A change of this attribute can only be had by a new object."""


@dataclass(frozen=True, slots=True)
class WriteOnly:
    """The platform never shows the value: the last applied one stands for the observed one."""


@dataclass(frozen=True, slots=True)
class Sensitive:
    """Plans, states and logs carry a digest in place of the value."""


@dataclass(frozen=True, slots=True)
class Unordered:
    """A list whose order means nothing."""


@dataclass(frozen=True, slots=True)
class Irreversible:
    """Setting this cannot be undone; `code` is the sentence that says what is lost."""

    code: str


@dataclass(frozen=True, slots=True)
class OneWay:
    """Once it holds `value`, nothing takes it back: `lost` says what that costs before it is written, and `kept` that
    it stays where it is declared no more. A way back is never written.

    It is looked at whether declared or not: somebody may have set it by hand.
    """

    value: Json
    lost: str
    kept: str


@dataclass(frozen=True, slots=True)
class RefTo:
    """The value (or each element of the list) is an address of one of these types; remotely, an id."""

    types: tuple[str, ...]

    def __init__(self, *types: str) -> None:
        object.__setattr__(self, "types", types)


@dataclass(frozen=True, slots=True)
class Owned:
    """A shared collection of which only the declared elements are ours: a mapping, or a list of distinct values.

    desired = observed - (last applied - declared) + declared (DESIGN §5). With `keeps` an element that is declared no
    more stays as it stands: desired = observed + declared.
    """

    keeps: bool = False


@dataclass(frozen=True, slots=True)
class Unique:
    """Two objects cannot hold one value at a time within `scope`; it is released before it is reused.

    `aside` makes the value to hold in between when two objects swap theirs; without it, a text gets a suffix.
    """

    scope: str
    aside: Callable[[Json], Json] | None = None


@dataclass(frozen=True, slots=True)
class OnUnset:
    """What happens to a value that was applied and is no longer declared: released as it stands, or reset."""

    reset: Json = None
    release: bool = True


@dataclass(frozen=True, slots=True)
class By:
    """This attribute's update is carried out by somebody other than the type's own update actor.

    `made` says that the create brings it about by itself: a person is needed only where it is otherwise afterwards.
    """

    actor: Actor
    made: bool = False


@dataclass(frozen=True, slots=True)
class Tightens:
    """Tells whether going from `before` to `after` admits fewer people: such a write goes first."""

    test: Callable[[Json, Json], bool]


@dataclass(frozen=True, slots=True)
class Admins:
    """Who administers the object: keys of a mapping at `level` or above, or each element of a list.

    The engine guards the last of them and the tool's own account, and grants before it revokes.
    """

    level: int | None = None


@dataclass(frozen=True, slots=True)
class Guarded:
    """A write that deserves a second look: `test(before, after, account)` gives a message code, or None.

    `before` and `after` are whole effective values (`before` is None where the object is to be made); `account` is the
    tool's own. `guard` is the guard's name. What is not `approvable` must be declared otherwise.
    """

    guard: str
    test: Callable[[Json, Json, str], str | None]
    approvable: bool = True


@dataclass(frozen=True, slots=True)
class Pasted:
    """The value is words that a person types in as they stand, besides the first text of the object."""


@dataclass(frozen=True, slots=True)
class Spoken:
    """The value is said in the step's own sentence: it is no text that anybody pastes."""


@dataclass(frozen=True, slots=True)
class Enclosed:
    """The value is files, sha256 by path: whoever does the step is handed them besides the words."""


@dataclass(frozen=True, slots=True)
class Accounts:
    """The value names people by their accounts on the platform: what people read names them by their names as well."""


@dataclass(frozen=True, slots=True)
class Canonical:
    """Another form of the same meaning is not drift: `form` is applied to applied, observed and desired alike."""

    form: Callable[[Json], Json]


Behaviour = (
    Computed
    | RequiresReplace
    | WriteOnly
    | Sensitive
    | Unordered
    | Irreversible
    | OneWay
    | RefTo
    | Owned
    | Unique
    | OnUnset
    | By
    | Tightens
    | Admins
    | Guarded
    | Spoken
    | Enclosed
    | Pasted
    | Accounts
    | Canonical
)


@dataclass(frozen=True, slots=True)
class Attribute:
    """One attribute with its behaviours, at most one of each kind."""

    name: str
    behaviours: Mapping[type, Any]

    def get(self, kind: type[Any]) -> Any:
        """The behaviour of this kind, or None."""
        return self.behaviours.get(kind)

    def has(self, kind: type[Any]) -> bool:
        return kind in self.behaviours


@dataclass(frozen=True)
class ResourceType:
    """A kind of object on a platform.

    `model` is the TypedDict of attributes. `actors` says who carries out each verb. `people_inside` marks what people
    sit in (a removal counts them). `settle` is how many seconds an unanswered create may still come true for.
    `listable` tells whether `find` can look for a lost create; where it cannot, state is the only copy.
    `valid_for` is the number of days for which an attestation holds (a QR code that expires), or None.
    `requests` is about how many requests one write of it takes, for the plan's prediction.
    `asks` names the number that whoever does its step is asked for: `people` is how many are in the group.
    `shuts_out` tells, from the attributes before and after a write, who is inside and could not take part any more:
    what they have in common (a server) -> how many.
    `passes` marks what is over by and by and then let be: a saved plan relies on what it changes of it, and on no more.
    """

    name: str
    model: type[Any]
    actors: Mapping[Verb, Actor] = field(default_factory=dict)
    people_inside: bool = False
    settle: float = 5.0
    listable: bool = True
    valid_for: int | None = None
    requests: int = 1
    asks: str | None = None
    shuts_out: Callable[[Mapping[str, Json], Mapping[str, Json]], Mapping[str, int]] | None = None
    passes: bool = False

    def actor(self, verb: Verb, attribute: str | None = None) -> Actor:
        """Who carries out `verb`, or the update of one attribute. The default is the API."""
        if verb is Verb.update and attribute is not None:
            return self._writers[attribute]
        return self.actors.get(verb, Actor.api)

    @cached_property
    def _writers(self) -> Mapping[str, Actor]:
        """Who updates each attribute: worked out once, since a plan asks for every attribute of every object."""
        own = self.actors.get(Verb.update, Actor.api)
        marks = {name: each.get(By) for name, each in self.attributes.items()}
        return {name: own if by is None else Actor(by.actor) for name, by in marks.items()}

    @cached_property
    def attributes(self) -> Mapping[str, Attribute]:
        """Attributes in declared order."""
        found: dict[str, Attribute] = {}
        for name, hint in get_type_hints(self.model, include_extras=True).items():
            marks = get_args(hint)[1:] if get_origin(hint) is Annotated else ()
            found[name] = Attribute(name, {type(mark): mark for mark in marks if isinstance(mark, Behaviour)})
        return found

    @cached_property
    def one_ways(self) -> Mapping[str, OneWay]:
        """Attributes that hold one of their values for good."""
        return {name: mark for name, each in self.attributes.items() if (mark := each.get(OneWay)) is not None}

    @cached_property
    def adapter(self) -> TypeAdapter[Any]:
        """Validates attribute values: raises pydantic.ValidationError for what the type does not allow."""
        return TypeAdapter(self.model)
