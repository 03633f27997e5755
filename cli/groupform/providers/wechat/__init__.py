"""Personal WeChat groups (微信群): no API exists, so that every change is a step for a person."""

from groupform.providers.wechat.provider import WeChat

provider = WeChat()
"""What the entry point `groupform.providers` names."""

__all__ = ["WeChat", "provider"]
