"""Owns what sets QQ groups apart from other platforms that are run by hand."""

from __future__ import annotations

from groupform.providers.byhand.kind import Kind
from groupform.providers.byhand.limits import Limits
from groupform.providers.qq.coverage import TABLE
from groupform.providers.qq.entry import admission, enforced
from groupform.providers.qq.types import TYPES

# Hearsay, all of it: shared/platforms/wechat_qq_manual.md, B.1. What a group holds depends on its owner's level.
QQ = Kind(
    name="qq",
    limits=Limits(max_members=500, max_admins=10, notice_length=500),
    types=TYPES,
    table=TABLE,
    admission=admission,
    enforced=enforced,
)
