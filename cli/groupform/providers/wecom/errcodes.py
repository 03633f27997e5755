"""Owns what WeCom's error codes mean, as data: what kind of trouble each is, and the sentence that says what to do."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

# Every code with its text: https://developer.work.weixin.qq.com/document/path/90313 (ERR in shared/platforms/wecom.md).


class Kind(StrEnum):
    """What a code asks of whoever called."""

    busy = "busy"
    """The platform failed: try again, where that is safe."""
    stale = "stale"
    """Somebody wrote at the same moment: read again."""
    token = "token"
    """The token is used up: a new one is fetched."""
    config = "config"
    """The connection's settings are wrong."""
    forbidden = "forbidden"
    """We are known and may not."""
    absent = "absent"
    """There is no such thing."""
    taken = "taken"
    """Something else has that name."""
    refused = "refused"
    """The request is not to the platform's liking: a rule, a length, a number."""
    limited = "limited"
    """Too often."""
    crowded = "crowded"
    """Too many at once."""


@dataclass(frozen=True, slots=True)
class Meaning:
    """`code` names the sentence; `after` is a wait in seconds where the code implies one."""

    kind: Kind
    code: str
    after: float | None = None


def _same(codes: Iterable[int], kind: Kind, code: str) -> dict[int, Meaning]:
    return dict.fromkeys(codes, Meaning(kind, code))


UNKNOWN = Meaning(Kind.refused, "wecom-error-unknown")
"""A code that is not in the table. Nothing tells whether it was refused before any effect."""

MEANINGS: dict[int, Meaning] = {
    # The platform and the connection (§1.3)
    -1: Meaning(Kind.busy, "wecom-error-busy"),
    6000: Meaning(Kind.stale, "wecom-error-written-at-once"),
    **_same((40001, 40091), Kind.config, "wecom-error-secret"),
    40013: Meaning(Kind.config, "wecom-error-corp"),
    40056: Meaning(Kind.config, "wecom-error-agent"),
    **_same((40014, 42001), Kind.token, "wecom-error-token"),
    41001: Meaning(Kind.config, "wecom-error-token-missing"),
    45009: Meaning(Kind.limited, "wecom-error-too-often"),
    45033: Meaning(Kind.crowded, "wecom-error-too-many-at-once", after=1.0),
    45029: Meaning(Kind.refused, "wecom-error-answer-too-large"),
    # What was sent (§1.3)
    **_same((40003, 40031, 60111), Kind.refused, "wecom-error-person"),
    **_same((40004, 830001, 830002, 830003), Kind.refused, "wecom-error-file"),
    40007: Meaning(Kind.refused, "wecom-error-file-expired"),
    40033: Meaning(Kind.refused, "wecom-error-characters"),
    **_same((40035, 40058), Kind.refused, "wecom-error-field"),
    40063: Meaning(Kind.refused, "wecom-error-field-empty"),
    **_same((40165, 40166, 40167), Kind.refused, "wecom-error-upgrade"),
    50100: Meaning(Kind.refused, "wecom-error-cursor"),
    60003: Meaning(Kind.refused, "wecom-error-department"),
    81013: Meaning(Kind.refused, "wecom-error-nobody-left"),
    81017: Meaning(Kind.refused, "wecom-error-too-many-people"),
    # What we may (§1.3)
    **_same((48001, 48002, 48004), Kind.forbidden, "wecom-error-permission"),
    48006: Meaning(Kind.forbidden, "wecom-error-permission-withdrawn"),
    48007: Meaning(Kind.forbidden, "wecom-error-service-not-assigned"),
    48009: Meaning(Kind.forbidden, "wecom-error-contacts-closed"),
    **_same((50002, 60021), Kind.forbidden, "wecom-error-out-of-range"),
    **_same((50003, 50006), Kind.forbidden, "wecom-error-app-disabled"),
    60011: Meaning(Kind.forbidden, "wecom-error-no-right"),
    60020: Meaning(Kind.forbidden, "wecom-error-address-not-allowed"),
    84061: Meaning(Kind.refused, "wecom-error-not-a-contact"),
    84074: Meaning(Kind.forbidden, "wecom-error-no-customer-contact"),
    # Customer groups and who owns them (§2)
    40050: Meaning(Kind.absent, "wecom-error-no-such-group"),
    90500: Meaning(Kind.refused, "wecom-error-owner-still-here"),
    **_same((90501, 90509), Kind.refused, "wecom-error-not-a-customer-group"),
    90502: Meaning(Kind.refused, "wecom-error-owner-has-left"),
    90503: Meaning(Kind.refused, "wecom-error-owner-must-confirm"),
    90504: Meaning(Kind.refused, "wecom-error-owner-unchanged"),
    90507: Meaning(Kind.refused, "wecom-error-being-inherited"),
    90508: Meaning(Kind.refused, "wecom-error-inherited-already"),
    90510: Meaning(Kind.forbidden, "wecom-error-corp-inactive"),
    90511: Meaning(Kind.absent, "wecom-error-no-such-group"),
    41091: Meaning(Kind.refused, "wecom-error-five-groups"),
    # Welcome templates (§3)
    41055: Meaning(Kind.refused, "wecom-error-templates-full"),
    41058: Meaning(Kind.forbidden, "wecom-error-template-of-another"),
    # Mass messages (§4)
    **_same((41046, 41047), Kind.absent, "wecom-error-no-such-message"),
    41048: Meaning(Kind.refused, "wecom-error-nobody-to-send-to"),
    41063: Meaning(Kind.limited, "wecom-error-message-on-its-way", after=10.0),
    **_same((41064, 41065), Kind.refused, "wecom-error-attachment"),
    41093: Meaning(Kind.refused, "wecom-error-message-cancelled"),
    41094: Meaning(Kind.refused, "wecom-error-reminded-enough"),
    **_same((41050, 41051, 41096), Kind.refused, "wecom-error-welcome-code"),
    # Internal groups (§5)
    86001: Meaning(Kind.refused, "wecom-error-chat-id"),
    86003: Meaning(Kind.absent, "wecom-error-no-such-chat"),
    86004: Meaning(Kind.refused, "wecom-error-chat-name"),
    86005: Meaning(Kind.refused, "wecom-error-chat-owner"),
    86006: Meaning(Kind.refused, "wecom-error-chat-size"),
    86007: Meaning(Kind.refused, "wecom-error-chat-member"),
    86008: Meaning(Kind.forbidden, "wecom-error-chat-of-another"),
    86101: Meaning(Kind.forbidden, "wecom-error-chat-owner-only"),
    # Tags (§6)
    40068: Meaning(Kind.absent, "wecom-error-no-such-tag"),
    40071: Meaning(Kind.taken, "wecom-error-tag-name-taken"),
    40072: Meaning(Kind.refused, "wecom-error-tag-name-length"),
    40126: Meaning(Kind.refused, "wecom-error-tags-full"),
    81011: Meaning(Kind.forbidden, "wecom-error-tag-of-another"),
    # Contact me (§7)
    40098: Meaning(Kind.refused, "wecom-error-not-verified"),
    **_same((41037, 41038, 41039, 41040, 41042, 41043), Kind.refused, "wecom-error-contact-way-field"),
    41041: Meaning(Kind.refused, "wecom-error-contact-way-people"),
    41044: Meaning(Kind.absent, "wecom-error-no-such-contact-way"),
    41045: Meaning(Kind.refused, "wecom-error-ways-full"),
    41054: Meaning(Kind.refused, "wecom-error-not-activated"),
    41095: Meaning(Kind.refused, "wecom-error-links-full"),
    # Sensitive words (§8.1)
    41068: Meaning(Kind.refused, "wecom-error-words-too-many"),
    41069: Meaning(Kind.refused, "wecom-error-rules-full"),
    **_same((41070, 41071), Kind.absent, "wecom-error-no-such-rule"),
    41076: Meaning(Kind.refused, "wecom-error-rule-range"),
    41077: Meaning(Kind.taken, "wecom-error-rule-name-taken"),
    41083: Meaning(Kind.refused, "wecom-error-word"),
    41084: Meaning(Kind.refused, "wecom-error-rule-kind"),
    # Album (§9)
    **_same((41085, 41086), Kind.refused, "wecom-error-product"),
    # Customer service (§10)
    **_same((95000, 95004), Kind.absent, "wecom-error-no-such-service"),
    **_same((95001, 95002), Kind.refused, "wecom-error-service-window"),
    **_same((95005, 95026, 95027), Kind.refused, "wecom-error-services-full"),
    95006: Meaning(Kind.refused, "wecom-error-service-name"),
    95012: Meaning(Kind.forbidden, "wecom-error-service-not-enabled"),
    95014: Meaning(Kind.refused, "wecom-error-not-a-servicer"),
    95017: Meaning(Kind.forbidden, "wecom-error-service-api-off"),
    95021: Meaning(Kind.forbidden, "wecom-error-upgrade-not-configured"),
    # Group robots (§14)
    93000: Meaning(Kind.config, "wecom-error-robot-key"),
    93004: Meaning(Kind.forbidden, "wecom-error-robot-disabled"),
    **_same((93006, 93008), Kind.refused, "wecom-error-robot-group"),
}

# Where the platform answers with one of these it has looked at the request and said no. A busy platform may have done
# it all the same, and of a code that nobody knows nothing is known.
REFUSED_BEFORE_EFFECT = frozenset(str(code) for code, each in MEANINGS.items() if each.kind is not Kind.busy)


def meaning(code: int) -> Meaning:
    """What a code means; UNKNOWN for one that is not in the table."""
    return MEANINGS.get(code, UNKNOWN)
