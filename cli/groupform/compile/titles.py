"""Owns what live objects are called inside a container, and in another environment; flat titles are in config/flat."""

from __future__ import annotations

from collections.abc import Mapping

from groupform.config.project import GroupInstance, ResolvedDeployment


def container_title(deployment: ResolvedDeployment) -> str:
    """The community's title with the environment's suffix: the name of a space, a guild, a category."""
    return deployment.community.model.title + deployment.title_suffix


def group_title(deployment: ResolvedDeployment, group: GroupInstance) -> str:
    """A group's title as it stands inside a container, with the environment's suffix."""
    return group.title + deployment.title_suffix


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
