"""Owns what may become of each leaf of the language on WeChat."""

from __future__ import annotations

from groupform.providers.byhand.coverage import CARRIERS as CARRIERS
from groupform.providers.byhand.coverage import table

TABLE = table("wechat")
