"""Owns what becomes of a group's live object once it is declared no more, and of a run's group once the run is over."""

from __future__ import annotations

from groupform.compile.resource import OnRemove
from groupform.config.project import GroupInstance, ResolvedDeployment
from groupform_schemas import Closing, FromRuns, RepeatedRuns


def of_a_run(group: GroupInstance) -> bool:
    """Whether a run of its community has this group to itself."""
    if group.model.each is None:
        return group.instance is not None
    return isinstance(group.model.each.from_, FromRuns)


def ends_with_its_run(deployment: ResolvedDeployment, group: GroupInstance) -> bool:
    """Whether `then` says what becomes of this group: a run has it to itself, and it says nothing for itself."""
    repeated = isinstance(deployment.community.model.runs, RepeatedRuns)
    return repeated and of_a_run(group) and group.model.on_remove is None


def fate_of(deployment: ResolvedDeployment, group: GroupInstance) -> OnRemove:
    """What a group says for itself; a run's group is closed as `then` says; people sit in any other: it is left alone.

    Where a community runs again and again, a group goes out of the files' sight when its run is over, and not before.
    """
    if group.model.on_remove is not None:
        return OnRemove(group.model.on_remove.value)
    runs = deployment.community.model.runs
    if isinstance(runs, RepeatedRuns) and ends_with_its_run(deployment, group):
        return OnRemove.delete if runs.then is Closing.dissolve else OnRemove.archive
    return OnRemove.forget
