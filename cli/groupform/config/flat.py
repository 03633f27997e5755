"""Owns what a group is called where no container tells its community: WeCom, WeChat and QQ list groups side by side."""

from __future__ import annotations

from groupform.config.placeholders import fill
from groupform.config.project import GroupInstance, ResolvedDeployment

FORM = "{community}·{group}"
"""How a group is called where the community does not say."""


def flat_form(deployment: ResolvedDeployment) -> str:
    """The declared form of flat titles, or the one that holds where none is declared."""
    naming = deployment.community.model.naming
    return (naming.flat if naming is not None else None) or FORM


def flat_title(deployment: ResolvedDeployment, group: GroupInstance) -> str:
    """A group's title on a flat platform: `naming.flat` filled in, with the environment's suffix.

    Besides `{community}` and `{group}` the words of the fan-out may be used (`{store}`).
    """
    words = {"community": deployment.community.model.title, "group": group.title, "title": group.title}
    return fill(flat_form(deployment), {**group.values, **words}) + deployment.title_suffix
