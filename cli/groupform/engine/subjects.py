"""Owns the join of what is desired, what is bound and what was seen, address by address: what a plan is made of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from groupform.compile.resource import Compiled, Json, Resource
from groupform.engine.diff import Difference, compare, managed
from groupform.engine.provider import Failure, Gone, Observation, Ours, Present, Probe
from groupform.engine.resource_type import Actor, ResourceType, Verb
from groupform.engine.survey import Survey
from groupform.state.document import Binding, Document, OpenIntent


@dataclass(frozen=True, slots=True)
class Subject:
    """All that is known of one address.

    `resource` is None where nothing is declared any more, `binding` where the state knows no object. `id` is the
    object's id, by the state or because it was found. `previous` is its former address.
    """

    address: str
    kind: ResourceType
    label: str
    resource: Resource | None = None
    binding: Binding | None = None
    previous: str | None = None
    intent: OpenIntent | None = None
    found: Probe | Failure | None = None
    probe: Probe | None = None
    observation: Observation | None = None
    id: str | None = None

    @property
    def desired(self) -> Mapping[str, Json]:
        return self.resource.attributes if self.resource is not None else {}

    @property
    def applied(self) -> Mapping[str, Json]:
        """What was written to this very object."""
        return self.binding.applied if self.binding is not None and not self.another else {}

    @property
    def another(self) -> bool:
        """The bound object is gone, and another one that is ours stands in its place."""
        lives_on = self.present.moved_to if self.present is not None else None
        return self.binding is not None and self.id not in (None, self.binding.id, lives_on)

    @property
    def present(self) -> Present | None:
        return self.observation if isinstance(self.observation, Present) else None

    @property
    def gone(self) -> bool:
        return isinstance(self.observation, Gone)

    @property
    def protected(self) -> bool:
        """Declared so, or declared so when it was last applied and now taken out of the files."""
        if self.resource is not None:
            return self.resource.protect
        return self.binding is not None and self.binding.protect

    @property
    def adopting(self) -> bool:
        """The operator names a live object for this address, and nothing is bound to it yet."""
        return self.resource is not None and self.resource.adopt is not None and self.binding is None

    @property
    def attested(self) -> bool:
        """Nothing reads this object back: only somebody's word closes its steps."""
        return self.kind.actor(Verb.read) is Actor.nobody

    @property
    def ignored(self) -> frozenset[str]:
        refused = self.binding.refused if self.binding is not None else {}
        return (self.resource.ignore if self.resource is not None else frozenset()) | frozenset(refused)

    @property
    def difference(self) -> Difference:
        """What sets the observed object apart from its declaration."""
        if self.present is None:
            return Difference()
        return compare(
            self.kind,
            applied=self.applied,
            observed=self.present.attributes,
            desired=self.desired,
            ignore=self.ignored,
        )

    @property
    def managed(self) -> Mapping[str, Json] | None:
        """The observed values that we answer for and write ourselves, or None where nothing was seen."""
        if self.present is None or self.attested:
            return None
        values = managed(
            self.kind,
            applied=self.applied,
            observed=self.present.attributes,
            # What goes is still what we put there: it goes as it was reviewed, or not at all.
            desired=self.desired if self.resource is not None else self.applied,
            ignore=self.ignored,
        )
        return {name: value for name, value in values.items() if self.kind.actor(Verb.update, name) is Actor.api}


@dataclass(frozen=True, slots=True)
class Stray:
    """A binding of a type that this version of the provider does not know."""

    address: str
    binding: Binding
    failure: Failure = field(default_factory=lambda: Failure("plan-type-unknown"))


def join(
    document: Document, compiled: Compiled, survey: Survey, types: Mapping[str, ResourceType]
) -> tuple[Sequence[Subject], Sequence[Stray]]:
    """Every address of the files and of the state: the declared ones in declared order, then the removed ones."""
    declared = {str(each.address): each for each in compiled.resources}
    removed = sorted({*survey.bindings, *document.intents} - declared.keys())
    subjects: list[Subject] = []
    strays: list[Stray] = []
    for address in (*declared, *removed):
        resource, binding = declared.get(address), survey.bindings.get(address)
        intent = document.intents.get(address)
        name = resource.address.type if resource is not None else binding.type if binding is not None else None
        kind = types.get(name if name is not None else intent.type if intent is not None else "")
        if kind is None:
            if binding is not None:
                strays.append(Stray(address, binding, Failure("plan-type-unknown", type=binding.type)))
            continue
        if resource is None and binding is not None and binding.left:
            continue
        found, probe = survey.found.get(address), survey.probes.get(address)
        subjects.append(
            Subject(
                address,
                kind,
                resource.label if resource is not None else (binding.label if binding is not None else "") or address,
                resource,
                binding,
                survey.moves.get(address),
                intent,
                found,
                probe,
                survey.observations.get(address),
                survey.ids.get(address) if binding is not None or isinstance(probe or found, Ours) else None,
            )
        )
    return subjects, strays
