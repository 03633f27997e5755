"""Owns what may become of each leaf of the language on Matrix, and why it is no more than that (DESIGN §4)."""

from __future__ import annotations

from groupform.compile.coverage import Row, Table, rows
from groupform.compile.resource import Outcome

_N, _G, _I, _S = Outcome.native, Outcome.gap, Outcome.informational, Outcome.scheduled

_POST = (
    "post.text post.file post.attach.* post.poll.question post.poll.options.* post.poll.choose post.poll.results "
    "post.card.title post.card.text post.card.link post.card.picture post.pin post.mentions"
)
_WHEN = "weekly.* daily monthly.* dates.* rrule lunar.* holiday after offset wait at skip.holidays skip.dates.*"
_DATES = "weekly.* daily monthly.* dates.* rrule lunar.* holiday offset"
_WHO = ("", ".person", ".role", ".duty")


def _person(prefix: str, *outcomes: Outcome, reason: str | None = None) -> tuple[Row, ...]:
    """A leaf that names somebody, in its four forms."""
    return tuple(Row(prefix + form, outcomes, reason) for form in _WHO)


def _asks(prefix: str) -> tuple[Row, ...]:
    return (
        *rows(f"{prefix}.asks.*", "ask answer choices.segment", _G, reason="matrix-gap-no-questions"),
        Row(f"{prefix}.accept_rules", (_G,), "matrix-gap-no-consent"),
        Row(f"{prefix}.account_age", (_G,), "matrix-gap-no-account-age"),
    )


_IDENTITY = (
    *rows("community", ".", _N),
    *rows("title", ".", _N),
    *rows("avatar", ".", _N),
    *rows("locale", ".", _N),
    *rows("timezone", ".", _I, reason="matrix-note-times"),
    *rows("naming", "flat", _I, reason="matrix-note-container"),
    *rows("positioning", "statement", _N),
    *rows("positioning", "category focus audience functions.* culture", _I, reason="matrix-note-positioning"),
    *rows("runs", ".", _I, reason="matrix-note-standing"),
    *rows("runs", "from until", _N, _G, reason="matrix-gap-no-runs"),
    *rows("runs", "then", _N, _I, _G, reason="matrix-gap-no-runs"),
    *rows("runs", "lasts", _S, reason="coverage-runs-by-calendar"),
    *rows("runs.every", f"{_DATES} skip.dates.*", _N, _G, reason="matrix-gap-no-runs"),
    *rows("runs.every", "after wait at skip.holidays", _S, reason="coverage-runs-by-calendar"),
    *rows("segments.*.*", "title", _N, _G, reason="matrix-gap-no-labels"),
    *rows("segments.*.*", "previously.*", _N, _I, reason="matrix-note-renamed"),
    *rows("metrics.*", "from from.csv from.member count", _I, reason="matrix-note-numbers"),
)

_LADDER = (
    *rows("tiers.*", "key title", _N, _I, reason="matrix-note-lowest-tier"),
    *rows("tiers.*", "perks.*", _N, _I, reason="matrix-note-lowest-tier"),
    *rows("tiers.*", "previously.*", _N, _I, reason="matrix-note-renamed"),
    *rows("tiers.*", "color", _G, reason="matrix-gap-no-colors"),
    *rows(
        "tiers.*.threshold",
        "at_least below between.* metric within proof judge",
        _G,
        reason="matrix-gap-tiers-by-hand",
    ),
    *rows("tiers.*.entry", "door", _N, _G, reason="matrix-gap-no-payments"),
    *_asks("tiers.*.entry"),
)

_TEAM = (
    *_person("team.owner", _N, _G, reason="matrix-gap-no-account"),
    *rows("team.roles.*", "people.*", _N, _I, _G, reason="matrix-gap-no-account"),
    *rows("team.roles.*", "may.*", _N, _I, reason="matrix-note-role-empty"),
    *rows("team.duty.*", "people.*", _N, _I, _G, reason="matrix-gap-no-account"),
    *rows("team.duty.*", "hours.*", _I, reason="matrix-note-hours"),
    *rows("team.duty.*", "off_hours", _G, reason="matrix-gap-no-bot"),
)

_ENTRY = (
    *rows("entry", "door", _N, _G, reason="matrix-gap-no-payments"),
    *_asks("entry"),
    *rows("encrypted", ".", _N, _I, _G, reason="matrix-gap-notice-in-the-clear"),
)

CARRIERS = {
    ("room", "title"): frozenset({"name"}),
    ("room", "topic"): frozenset({"topic"}),
    ("room", "avatar"): frozenset({"avatar"}),
    ("place", "default"): frozenset({"suggested"}),
}
"""Which attributes hold a field of a group that may be left to people, and nothing else."""

_GROUPS = (
    *rows("groups.*", "title topic avatar", _N),
    *rows("groups.*", "kind", _N, _G, reason="matrix-gap-no-kind"),
    *rows("groups.*", "default", _N),
    *rows("groups.*.each", "from.segment from.csv from.run as key", _N, _I, reason="matrix-note-no-copies"),
    *rows("groups.*.series", "next_at title max", _G, reason="matrix-gap-no-series"),
    *_person("groups.*.owner", _N, _G, reason="matrix-gap-no-account"),
    *rows("groups.*", "segments.*", _G, reason="matrix-gap-no-labels"),
    *rows("groups.*", "tier", _N, _I, _G, reason="matrix-gap-tier-behind-door"),
    *rows("groups.*.entry", "door", _N, _G, reason="matrix-gap-no-payments"),
    *_asks("groups.*.entry"),
    *rows("groups.*", "encrypted", _N, _G, reason="matrix-gap-notice-in-the-clear"),
    *rows("groups.*", "capacity", _G, reason="matrix-gap-no-capacity"),
    *rows("groups.*", "protect on_remove", _N),
    *rows("groups.*", "ignore.*", _N, _I, reason="coverage-nothing-deployed"),
    *rows("groups.*", "previously.*", _N, _G, reason="matrix-former-alias-taken"),
)

_CONTENT = (
    *rows("rules.*", "title text", _N, _I, reason="matrix-note-rules-unpublished"),
    *rows(
        "rules.*",
        "detect.words.* detect.links detect.allow_links.* detect.mentions_over",
        _G,
        reason="matrix-gap-no-bot",
    ),
    *rows("rules.*", "judge ladder.*.strike ladder.*.do ladder.*.for ladder.*.text", _G, reason="matrix-gap-no-bot"),
    *rows("rules.*", "forget_after exempt.* reward.*.do reward.*.for reward.*.to", _G, reason="matrix-gap-no-bot"),
    *rows(
        "moderation", "in.* servers.allow.* servers.deny.* servers.ip_literals", _N, _I, reason="matrix-note-uncovered"
    ),
    *rows("moderation.bans.*", "person server group", _N, _I, reason="matrix-note-bans-are-data"),
    *rows("moderation.bans.*", "reason", _N),
    *rows("notice", "parts.* file", _N, _I, reason="matrix-note-notice-empty"),
    *rows("welcome", "text", _G, reason="matrix-gap-no-bot"),
    *rows("welcome.attachments.*.link", "title url image", _G, reason="matrix-gap-no-bot"),
    *rows("welcome.variants.*", "when.platform.* when.group.* text", _G, reason="matrix-gap-no-bot"),
    *rows("welcome.variants.*.attachments.*.link", "title url image", _G, reason="matrix-gap-no-bot"),
    *rows("replies.*", "questions.* keywords.* answer where.*", _G, reason="matrix-gap-no-bot"),
    *_person("replies.*.hand_to", _G, reason="matrix-gap-no-bot"),
    *rows("journeys.*", "source funnel.*", _I, reason="matrix-note-journey"),
    *rows(
        "journeys.*",
        "contact.daily_limit contact.tags.* join.group join.by join.otherwise",
        _G,
        reason="matrix-gap-no-journeys",
    ),
    *rows("journeys.*", "contact.person contact.role contact.duty", _G, reason="matrix-gap-no-journeys"),
    *rows(
        "invitations.*", "group valid.from valid.until max_uses previously.*", _G, reason="matrix-gap-no-counted-links"
    ),
    *rows("invitations.*", "source", _I, reason="matrix-note-journey"),
)

_TIME = (
    *rows("calendar.*", f"title kind lasts to.* {_POST}", _S, reason="matrix-scheduled"),
    *rows("calendar_from", ".", _S, reason="matrix-scheduled"),
    *rows("calendar.*.when", _WHEN, _S, reason="matrix-scheduled"),
    *_person("calendar.*.by", _I, reason="matrix-note-by"),
    *_person("calendar.*.approve", _S, reason="coverage-agreed-first"),
    *rows(
        "sending",
        "quiet_hours missed missed.within confirm.remind_after confirm.cancel_after ahead",
        _S,
        reason="matrix-scheduled",
    ),
    *rows("sending", "apart", _I, reason="coverage-looked-at"),
    *rows("health.*", "at_least below between.* metric per within", _I, reason="matrix-note-health"),
    *rows("compliance.checklists.*.when", _WHEN, _S, reason="coverage-handed-list"),
    *_person("compliance.checklists.*.who", _S, reason="coverage-handed-list"),
    *rows("compliance", "checklists.*.steps.*", _S, reason="coverage-handed-list"),
    *rows("compliance", "keep.reports", _S, reason="coverage-kept-lists"),
    *_person("checks.*.who", _I, reason="matrix-note-check"),
    *rows("checks.*", "who.tier who.below can cannot in", _I, reason="matrix-note-check"),
)

TABLE = Table((*_IDENTITY, *_LADDER, *_TEAM, *_ENTRY, *_GROUPS, *_CONTENT, *_TIME))
