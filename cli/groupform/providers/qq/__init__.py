"""QQ groups (QQ 群): the official bot API neither reads nor sets them, so that every change is a step for a person."""

from groupform.providers.byhand.provider import ByHand
from groupform.providers.qq.kind import QQ

provider = ByHand(QQ)
"""What the entry point `groupform.providers` names."""

__all__ = ["provider"]
