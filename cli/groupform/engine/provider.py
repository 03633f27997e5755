"""Owns the contract between the engine and a platform (DESIGN §5).

A provider never diffs, orders, prints, retries, sleeps or writes state. It compiles (pure), and opens a session that
observes and writes. Whatever goes wrong in a session is a `Failure`, which carries a message code and says whether the
request may have had an effect.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol, TypeAlias, runtime_checkable

from groupform.compile.address import Address
from groupform.compile.resource import Attributes, Compiled, Json, Resource
from groupform.config.diagnostics import Diagnostic
from groupform.config.project import Connection, ResolvedDeployment
from groupform.engine.resource_type import ResourceType
from groupform.engine.together import Together


class Failure(Exception):  # noqa: N818 - an outcome that the engine reports, not a crash
    """A request that did not succeed.

    `code` and `params` name the sentence. `effect_unknown` is True when the platform may have done it all the same: a
    create is then looked for, never repeated. `unreachable` means nobody answered (exit 4). `wait` is set when the
    platform asked for more patience than `--max-wait` allows: the apply stops cleanly, to be resumed.
    """

    def __init__(
        self,
        code: str,
        *,
        effect_unknown: bool = False,
        unreachable: bool = False,
        wait: float | None = None,
        **params: object,
    ) -> None:
        self.code = code
        self.params = params
        self.effect_unknown = effect_unknown
        self.unreachable = unreachable
        self.wait = wait
        super().__init__(code)


@dataclass(frozen=True, slots=True)
class Bound:
    """A binding as a provider sees it: enough to read the object and to know what we put there."""

    address: Address
    id: str
    applied: Attributes
    private: Mapping[str, Json]


@dataclass(frozen=True, slots=True)
class Present:
    """The object is there. Remote ids stand where references are; the engine turns them into addresses.

    `people` counts those inside, less the tool's own account and the team; None where it is not known.
    `private` replaces the binding's private data on the next write, when given. `moved_to` is a new id under which the
    object lives on (a room upgrade). `owner` is the ownership mark that it carries, where one can be read.
    """

    attributes: Attributes
    people: int | None = None
    private: Mapping[str, Json] | None = None
    moved_to: str | None = None
    owner: Ownership | None = None


@dataclass(frozen=True, slots=True)
class Gone:
    """The object is proven not to exist any more; `proof` is a message code."""

    proof: str
    params: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Hidden:
    """The object cannot be seen (we were removed, we lack a right): nothing is gone, nothing is created."""

    reason: str
    params: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Failed:
    """Reading failed; the plan cannot speak about this object."""

    failure: Failure


Observation: TypeAlias = Present | Gone | Hidden | Failed


@dataclass(frozen=True, slots=True)
class Free:
    """Nothing stands in the way of a create."""


@dataclass(frozen=True, slots=True)
class Ours:
    """An object with our ownership mark for this very address exists (a lost create, a rebuilt state): bind it."""

    id: str
    private: Mapping[str, Json] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Taken:
    """A stranger's object, or another project's, holds the place: a conflict for a person."""

    reason: str
    params: Mapping[str, object] = field(default_factory=dict)
    id: str | None = None


Probe: TypeAlias = Free | Ours | Taken


@dataclass(frozen=True, slots=True)
class Edit:
    """The change of an Owned collection: elements to set and keys (or values) to take out, ours only."""

    put: Mapping[str, Json] = field(default_factory=dict)
    drop: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Write:
    """One attribute to write: the value wanted, what was observed, and for Owned collections the edit to make.

    For Owned collections the provider reads again right before it writes and applies `edit` to what it finds.
    """

    after: Json
    before: Json = None
    edit: Edit | None = None


@dataclass(frozen=True, slots=True)
class CreateRequest:
    """What is needed to mint an object. References are remote ids. `nonce` belongs to the durable intent."""

    address: Address
    attributes: Attributes
    nonce: str
    label: str
    attempt: int = 1


@dataclass(frozen=True, slots=True)
class UpdateRequest:
    """Attribute writes in the order in which they must be made (tightenings first)."""

    bound: Bound
    writes: Mapping[str, Write]
    nonce: str


@dataclass(frozen=True, slots=True)
class Done:
    """The platform did it.

    `id` is the object's id (for a create: the new one). `refused` lists attributes that the platform would not take
    though the rest went through (publishing to a directory): attribute -> message code; they become gaps, not failures.
    `left`, after a delete: the object goes on without us, and its binding stays, marked as left.
    """

    id: str
    private: Mapping[str, Json] = field(default_factory=dict)
    refused: Mapping[str, str] = field(default_factory=dict)
    left: bool = False


@dataclass(frozen=True, slots=True)
class Pending:
    """The platform is at it; the engine asks again with `token` after `after` seconds."""

    token: str
    after: float


@dataclass(frozen=True, slots=True)
class Ownership:
    """The mark that tells whose an object is."""

    lineage: str
    deployment: str
    environment: str


@dataclass(frozen=True, slots=True)
class Intent:
    """A create that was announced durably before it was sent, and whose outcome is not known."""

    address: Address
    nonce: str
    attempt: int
    sent_at: str | None
    attributes: Attributes


@dataclass(frozen=True, slots=True)
class Discovered:
    """A live object the account can see that no binding names: for the unmanaged report and for adoption."""

    type: str
    id: str
    label: str
    owner: Ownership | None
    people: int | None = None


@dataclass(frozen=True, slots=True)
class Identity:
    """Who we are on a connection. `limits` are words for `doctor`, code -> params."""

    account: str
    server: str
    device: str | None = None


@dataclass(frozen=True, slots=True)
class Check:
    """One line of `doctor`: a message code, its words, and whether it is well."""

    code: str
    ok: bool
    params: Mapping[str, object] = field(default_factory=dict)
    fatal: bool = False


class Session(Protocol):
    """A live connection to a platform, for one deployment."""

    async def whoami(self) -> Identity:
        """Who the credentials belong to. Raises Failure."""

    async def observe(self, bindings: Sequence[Bound], *, deep: bool = False) -> Mapping[Address, Observation]:
        """Reads every binding in as few requests as the platform allows. Never raises for a single object."""

    async def probe(self, desired: Sequence[Resource]) -> Mapping[Address, Probe]:
        """For unbound resources: may it be created, is it ours already, or is the place taken?"""

    async def find(self, intent: Intent) -> Probe:
        """Looks once for the object that `intent` may have made. Free means: not there (yet).

        Where several objects bear the mark of its address (one replaces another), the newest is meant.
        """

    async def create(self, request: CreateRequest) -> Done | Pending:
        """The one request that mints the id. Raises Failure."""

    async def update(self, request: UpdateRequest) -> Done | Pending:
        """Writes attributes, in the given order. Raises Failure."""

    async def delete(self, bound: Bound, *, archive: bool) -> Done | Pending:
        """Removes, or archives where the platform has that and it was asked for. Raises Failure."""

    async def poll(self, token: str) -> Done | Pending:
        """Asks after a Pending write."""

    async def discover(self) -> Sequence[Discovered]:
        """Every object the account can see that might be managed."""

    async def doctor(self) -> Sequence[Check]:
        """Reachable, who am I, permissions, limits, what the server allows."""

    @property
    def requests(self) -> int:
        """How many requests this session has sent."""


@dataclass(frozen=True, slots=True)
class Prospect:
    """What a purge would come to. `people` are all that would be put out, the team too; None where nobody can tell.

    `lost` is the sentence that says what is gone afterwards and what is not. `refusal` says why it cannot be.
    """

    people: int | None
    lost: str = ""
    refusal: str | None = None
    params: Mapping[str, object] = field(default_factory=dict)


@runtime_checkable
class Purges(Protocol):
    """What a session has besides where a group can be ended for everybody; others answer: not possible here."""

    async def prospect(self, bound: Bound) -> Prospect:
        """What a purge would come to; reads only. Raises Failure."""

    async def purge(self, bound: Bound) -> Done | Pending:
        """Ends the group. Done again after a kill, it goes on where it was. Raises Failure."""


async def _permitted() -> None:
    """Whoever only looks needs no lock."""


@dataclass(frozen=True, slots=True)
class Context:
    """What a session is given. `waiting` is told (seconds, reason code) when the platform makes us wait.

    `cache` is a folder for what may be deleted at any time and is never needed; None where nothing is to be kept.
    `together` holds what all sessions of a command share: `Client(..., limits=shared_limits(context.together))`.
    `permit` is asked right before each request that may write: it raises Failure once the state's lock is somebody
    else's, so that a process that slept sends not even the rest of a change.
    """

    connection: Connection
    ownership: Ownership
    team: frozenset[str]
    max_wait: float
    now: Callable[[], float]
    sleep: Callable[[float], Awaitable[None]]
    waiting: Callable[[float, str], None]
    cache: Path | None = None
    together: Together = field(default_factory=Together)
    permit: Callable[[], Awaitable[None]] = _permitted


@runtime_checkable
class Follows(Protocol):
    """What a session has besides where the platform by itself makes groups that follow a declared one."""

    async def followers(self, compiled: Compiled, bound: Collection[str]) -> Sequence[Resource]:
        """Groups that were made since, as resources with a number. `bound` are the ids that the state names.

        Raises Failure.
        """


@runtime_checkable
class Recognises(Protocol):
    """What a session has besides where an object alone does not tell which of its elements are the declared ones."""

    async def recognise(self, resource: Resource, id: str) -> Mapping[str, Json]:  # noqa: A002
        """What has to be remembered of the object `id` that becomes this resource. Raises Failure."""


@runtime_checkable
class Followed(Protocol):
    """What a provider has besides where more stands than the files declare: groups that the platform by itself makes
    to follow a declared one, and what is over and is let be."""

    def with_followers(
        self, compiled: Compiled, known: Collection[str], deployment: ResolvedDeployment | None = None
    ) -> Compiled:
        """The same with all of that of which the state of `deployment` knows: `known` are its addresses. Pure."""


@runtime_checkable
class SharesLimits(Protocol):
    """What a provider has besides where an account holds only so many objects, whoever declares them."""

    def over_limits(self, deployment: ResolvedDeployment, others: Sequence[ResolvedDeployment]) -> Sequence[Diagnostic]:
        """What the account of `deployment` would hold too many of, with all `others` of the platform. Pure."""


class Provider(Protocol):
    """A platform. `types` by name; `concurrency` is how many writes may be under way on one connection."""

    name: str
    types: Mapping[str, ResourceType]
    concurrency: int

    def check_connection(self, connection: Connection) -> Sequence[Diagnostic]:
        """Finds what is wrong with a connection's settings, without any request."""

    def compile(self, deployment: ResolvedDeployment, *, refused: Mapping[str, Collection[str]]) -> Compiled:
        """Desired resources and claims. Pure.

        `refused` are attributes, by the text of their address, which the platform has said it will not take: their
        leaves become gaps with that reason, and the attributes are left out.
        """

    def connect(self, context: Context) -> AbstractAsyncContextManager[Session]:
        """Opens a session; closes its transport at the end."""
