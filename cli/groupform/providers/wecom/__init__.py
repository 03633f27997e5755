"""WeCom (企业微信): customer groups that people make, and everything about them that its server API can declare."""

from groupform.providers.wecom.provider import WeCom

provider = WeCom()
"""What the entry point `groupform.providers` names."""

__all__ = ["WeCom", "provider"]
