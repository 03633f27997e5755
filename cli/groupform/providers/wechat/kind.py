"""Owns what sets WeChat apart from other platforms that are run by hand."""

from __future__ import annotations

from groupform.providers.byhand.kind import Kind
from groupform.providers.byhand.limits import Limits
from groupform.providers.wechat.coverage import TABLE
from groupform.providers.wechat.entry import admission, enforced
from groupform.providers.wechat.types import TYPES

# Hearsay, all of it: shared/platforms/wechat_qq_manual.md, A.1 and A.2.
WECHAT = Kind(
    name="wechat",
    limits=Limits(max_members=500, max_admins=3, qr_members=200, notice_length=500),
    types=TYPES,
    table=TABLE,
    admission=admission,
    enforced=enforced,
)
