"""Owns the kinds of things a person sets in a QQ group, besides those of every group by hand."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from typing_extensions import TypedDict

from groupform.engine.resource_type import ResourceType, Spoken
from groupform.providers.byhand.types import Qr, common, part


class Join(TypedDict, total=False):
    """The way of joining (加群方式), whether the group is found by searching, and what to go by.

    `policy` is anyone, review, question or nobody (shared/platforms/wechat_qq_manual.md, B.1); `search` is on or off.
    """

    policy: Annotated[str, Spoken()]
    search: Annotated[str, Spoken()]
    admit: str


# Nothing is known of how long a group's QR code is good for: nobody is asked to renew it.
TYPES: Mapping[str, ResourceType] = {each.name: each for each in (*common(), part("join", Join), part("qr", Qr))}
