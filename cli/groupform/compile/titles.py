"""Owns what live objects are called: inside a container, where a platform has none, in another environment."""

from __future__ import annotations

from collections.abc import Mapping

from groupform.config.placeholders import fill
from groupform.config.project import GroupInstance, ResolvedDeployment

FLAT = "{community}·{group}"
"""How a group is called on a platform without containers, where the community does not say."""


def container_title(deployment: ResolvedDeployment) -> str:
    """The community's title with the environment's suffix: the name of a space, a guild, a category."""
    return deployment.community.model.title + deployment.title_suffix


def group_title(deployment: ResolvedDeployment, group: GroupInstance) -> str:
    """A group's title as it stands inside a container, with the environment's suffix."""
    return group.title + deployment.title_suffix


def flat_title(deployment: ResolvedDeployment, group: GroupInstance) -> str:
    """A group's title on a flat platform: `naming.flat` filled in, with the environment's suffix.

    Besides `{community}` and `{group}` the words of the fan-out may be used (`{store}`).
    """
    return fill(flat_form(deployment), text_words(deployment, group)) + deployment.title_suffix


def flat_form(deployment: ResolvedDeployment) -> str:
    """The declared form of flat titles, or the one that holds where none is declared."""
    naming = deployment.community.model.naming
    return (naming.flat if naming is not None else None) or FLAT


def text_words(deployment: ResolvedDeployment, group: GroupInstance) -> Mapping[str, str]:
    """What `{words}` in the texts of a group stand for: the fan-out's, the community's title and the group's.

    `{member}` is left for whoever greets.
    """
    return {
        **group.values,
        "community": deployment.community.model.title,
        "group": group.title,
        "title": group.title,
    }
