"""Owns what a deployment should be: its compiled resources, given what the state knows of the platform's refusals."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

from groupform.compile.ignoring import left_alone
from groupform.compile.resource import Compiled, Form
from groupform.compile.team import powers
from groupform.config.project import ResolvedDeployment
from groupform.engine.forms import readdressed, with_forms
from groupform.engine.provider import Followed, Provider
from groupform.engine.survey import moves_of
from groupform.state.document import Document


def compile_deployment(
    deployment: ResolvedDeployment, document: Document, provider: Provider, *, destroy: bool = False
) -> Compiled:
    """Desired resources and claims. Pure. With `destroy` nothing is desired; the findings are left out too.

    What the platform has refused before is told to the compiler, and left out even where the compiler insists.
    """
    if destroy:
        return Compiled((), ())
    refused = {address: tuple(each.refused) for address, each in document.bindings.items() if each.refused}
    compiled = provider.compile(deployment, refused=refused)
    if isinstance(provider, Followed):
        compiled = provider.with_followers(compiled, document.bindings.keys(), deployment)
    if refused:
        compiled = _without(compiled, refused)
    return with_forms(left_alone(compiled), _forms(document, compiled, provider), provider.types, document.bindings)


def _forms(document: Document, compiled: Compiled, provider: Provider) -> dict[str, Sequence[Form]]:
    """What adopted objects keep, under the addresses that they have after this plan's renames."""
    if not any(each.forms for each in document.bindings.values()):
        return {}
    names = {former: new for new, former in moves_of(document, compiled).items()}
    return {
        names.get(address, address): readdressed(each.forms, provider.types[each.type], names)
        for address, each in document.bindings.items()
        if each.forms and each.type in provider.types
    }


def _without(compiled: Compiled, refused: Mapping[str, Collection[str]]) -> Compiled:
    return replace(
        compiled,
        resources=tuple(
            replace(
                each,
                attributes={
                    name: value
                    for name, value in each.attributes.items()
                    if name not in refused.get(str(each.address), ())
                },
            )
            for each in compiled.resources
        ),
    )


def without_refusals(document: Document) -> Document:
    """The state as a deep plan reads it: what the platform once refused is asked for again, since rules change."""
    bindings = {
        address: each.model_copy(update={"refused": {}}) if each.refused else each
        for address, each in document.bindings.items()
    }
    return document.model_copy(update={"bindings": bindings})


def team_accounts(deployment: ResolvedDeployment) -> frozenset[str]:
    """The accounts of all who run the community, in this connection's directory: they are not counted as members."""
    team = deployment.community.model.team
    people = {*powers(deployment)}
    for group in deployment.groups:
        people.update(powers(deployment, group))
    for duty in (team.duty if team is not None else {}).values():
        people.update(duty.people)
    return frozenset(account for each in people if (account := deployment.account(each)) is not None)
