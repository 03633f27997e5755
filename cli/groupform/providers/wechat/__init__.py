"""Personal WeChat groups (微信群): no API exists, so that every change is a step for a person."""

from groupform.providers.byhand.provider import ByHand
from groupform.providers.wechat.kind import WECHAT

provider = ByHand(WECHAT)
"""What the entry point `groupform.providers` names."""

__all__ = ["provider"]
