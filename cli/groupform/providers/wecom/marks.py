"""Owns the marks by which an object of ours is known again: made of the state's lineage and the address."""

from __future__ import annotations

import hashlib

from groupform.compile.address import Address
from groupform.providers.wecom.limits import MARK
from groupform.providers.wecom.reading import Look


def mark(look: Look, address: Address) -> str:
    """What the codes of an address carry as `state`: it finds a lost one again, and tells by which code people came."""
    told = f"{look.context.ownership.lineage} {address}"
    return f"gf{hashlib.sha256(told.encode()).hexdigest()}"[:MARK]


def chat_id(look: Look, address: Address) -> str:
    """The id that we choose for the team's chat, so that making it twice makes one (appchat/create, D-90245)."""
    told = f"{look.context.ownership.lineage} {address}"
    return f"gf{hashlib.sha256(told.encode()).hexdigest()}"[:32]
