"""Owns what may become of each leaf of the language on WeCom, and why it is no more than that (DESIGN §4)."""

from __future__ import annotations

from groupform.compile.coverage import Row, Table, rows
from groupform.compile.resource import Outcome

_N, _H, _A = Outcome.native, Outcome.hand_over, Outcome.attest
_I, _G, _S = Outcome.informational, Outcome.gap, Outcome.scheduled

_POST = (
    "post.text post.file post.attach.* post.poll.question post.poll.options.* "
    "post.card.title post.card.text post.card.link post.card.picture"
)
_WHEN = (
    "weekly.* daily monthly.* dates.* rrule lunar.* holiday after offset wait at skip.holidays skip.dates.*"  # a `when`
)
_SOMEBODY = ". person role duty"
_KEPT = "coverage-kept-by-groupform"


def _asks(prefix: str) -> tuple[Row, ...]:
    return (
        *rows(f"{prefix}.asks.*", "ask choices.segment", _A, _G, reason="wecom-gap-nobody-asks"),
        *rows(f"{prefix}.asks.*", "answer", _I, reason="wecom-note-answer"),
        *rows(prefix, "accept_rules", _G, reason="wecom-gap-accept-rules"),
        *rows(prefix, "account_age", _G, reason="wecom-gap-account-age"),
    )


def _link(prefix: str) -> tuple[Row, ...]:
    return rows(f"{prefix}.attachments.*.link", "title url image", _N, _I, _G, reason="wecom-note-unused-welcome")


_COMMUNITY = (
    *rows("community", ".", _I, reason="coverage-identity"),
    *rows("title", ".", _N, _H, _I, reason="wecom-note-no-container"),
    *rows("avatar", ".", _N, _G, reason="wecom-gap-no-picture"),
    *rows("locale", ".", _N, _H, _I, reason="coverage-for-people"),
    *rows("timezone", ".", _N, _I, reason="wecom-note-no-times"),
    *rows("naming", "flat", _H, _I, reason="coverage-nothing-deployed"),
    *rows("positioning", "statement category focus audience functions.* culture", _I, reason="coverage-for-people"),
    *rows("runs", ".", _I, reason="coverage-standing"),
    *rows("runs", "from until then lasts", _N, _H, _G, reason="wecom-gap-runs"),
    *rows("runs.every", _WHEN, _N, _H, _G, reason="wecom-gap-runs"),
    *rows("segments.*.*", "title", _N, _H, _A),
    *rows("segments.*.*", "previously.*", _N, _I, reason="coverage-identity"),
    *rows("metrics.*", "from from.csv from.member count", _G, reason="wecom-gap-no-numbers"),
)
_MEMBERS = (
    *rows("tiers.*", "key title", _N, _A),
    *rows("tiers.*", "previously.*", _N, _I, reason="coverage-identity"),
    *rows("tiers.*", "color", _G, reason="wecom-gap-no-colors"),
    *rows("tiers.*", "perks.*", _I, reason="coverage-for-people"),
    *rows("tiers.*.threshold", "metric at_least below between.* within", _G, reason="wecom-gap-no-numbers"),
    *rows("tiers.*.threshold", "proof judge", _I, reason="coverage-for-people"),
    *rows("tiers.*.entry", "door", _G, reason="wecom-gap-tier-doors"),
    *_asks("tiers.*.entry"),
    *rows("team.owner", _SOMEBODY, _N, _H, _I, reason="coverage-nothing-deployed"),
    *rows("team.roles.*", "people.*", _N, _H, _I, _G, reason="wecom-note-role-without-admins"),
    *rows("team.roles.*", "may.*", _H, _I, _G, reason="wecom-note-role-without-admins"),
    *rows("team.duty.*", "people.*", _N, _H, _I, _G, reason="coverage-for-people"),
    *rows("team.duty.*", "hours.*", _N, _I, reason="coverage-for-people"),
    *rows("team.duty.*", "off_hours", _G, reason="wecom-gap-off-hours"),
    *rows("entry", "door", _N, _A, _I, _G, reason="coverage-overridden"),
    *_asks("entry"),
    *rows("encrypted", ".", _G, reason="wecom-gap-no-setting"),
)
CARRIERS = {("group", "title"): frozenset({"title"})}
"""Which attributes hold a field of a group that may be left to people, and nothing else."""

_GROUPS = (
    *rows("groups.*", "title", _H),
    *rows("groups.*", "topic", _H, _G, reason="wecom-gap-topic"),
    *rows("groups.*", "avatar", _G, reason="wecom-gap-no-setting"),
    *rows("groups.*", "kind", _I, _G, reason="wecom-note-kind-chat"),
    *rows("groups.*", "default", _I, reason="wecom-note-no-container"),
    *rows("groups.*.each", "from.segment from.csv from.run as key", _H, _I, reason="coverage-nothing-deployed"),
    *rows("groups.*.series", "title", _N, _G, reason="wecom-gap-number-last"),
    *rows("groups.*.series", "next_at max", _G, reason="wecom-gap-series"),
    *rows("groups.*.owner", _SOMEBODY, _N),
    *rows("groups.*", "segments.*", _G, reason="wecom-gap-group-tags"),
    *rows("groups.*", "tier", _A, _I, reason="coverage-lowest-tier"),
    *rows("groups.*.entry", "door", _N, _A, _I, _G, reason="coverage-door-behind-tier"),
    *_asks("groups.*.entry"),
    *rows("groups.*", "encrypted", _G, reason="wecom-gap-no-setting"),
    *rows("groups.*", "capacity", _G, reason="wecom-gap-capacity"),
    *rows("groups.*", "protect on_remove previously.*", _N, reason=_KEPT),
    *rows("groups.*", "ignore.*", _N, _I, _G, reason="coverage-nothing-deployed"),
)
_WORDS = (
    *rows("rules.*", "title text", _N, _H, _I, reason="coverage-rules-not-posted"),
    *rows("rules.*.detect", "words.*", _A, _G, reason="wecom-gap-employees-only"),
    *rows("rules.*.detect", "links allow_links.*", _A),
    *rows("rules.*.detect", "mentions_over", _G, reason="wecom-gap-moderation"),
    *rows("rules.*", "exempt.*", _G, reason="wecom-gap-exempt"),
    *rows("rules.*", "judge forget_after", _G, reason="wecom-gap-moderation"),
    *rows("rules.*.ladder.*", "do text", _A, _G, reason="wecom-gap-moderation"),
    *rows("rules.*.ladder.*", "strike for", _G, reason="wecom-gap-moderation"),
    *rows("rules.*.reward.*", "do for to", _G, reason="wecom-gap-rewards"),
    *rows("moderation", "in.* servers.allow.* servers.deny.* servers.ip_literals", _G, reason="wecom-gap-no-bans"),
    *rows("moderation.bans.*", "person server group reason", _G, reason="wecom-gap-no-bans"),
    *rows("notice", "parts.* file", _H, _I, reason="coverage-part-empty"),
    *rows("welcome", "text", _N, _I, reason="wecom-note-unused-welcome"),
    *_link("welcome"),
    *rows("welcome.variants.*", "when.platform.* when.group.* text", _N, _I, reason="wecom-note-unused-welcome"),
    *_link("welcome.variants.*"),
    *rows("replies.*", "questions.* keywords.* answer where.*", _N, _A),
    *rows("replies.*.hand_to", _SOMEBODY, _N, _G, reason="wecom-gap-hand-to"),
)
_GROWTH = (
    *rows("journeys.*", "source", _N, _I, reason="wecom-note-nobody-added"),
    *rows("journeys.*", "join.group join.otherwise", _N, _I, reason="coverage-nothing-deployed"),
    *rows("journeys.*", "join.by", _I, reason="wecom-note-contact-chooses"),
    *rows("journeys.*.contact", "person role duty", _N, _G, reason="wecom-gap-no-account"),
    *rows("journeys.*.contact", "daily_limit", _G, reason="wecom-gap-daily-limit"),
    *rows("journeys.*.contact", "tags.*", _G, reason="wecom-gap-tagging"),
    *rows("journeys.*", "funnel.*", _G, reason="wecom-gap-no-numbers"),
    *rows("invitations.*", "group source", _N, _I, reason="coverage-nothing-deployed"),
    *rows("invitations.*", "valid.from valid.until max_uses", _G, reason="wecom-gap-invitation-limits"),
    *rows("invitations.*", "previously.*", _N, _I, reason="coverage-identity"),
)
_LATER = (
    *rows("calendar.*", "title kind lasts to.*", _N, _S, reason="wecom-scheduled"),
    *rows("calendar.*", _POST, _S, reason="wecom-scheduled"),
    *rows("calendar.*.post", "poll.choose poll.results", _G, reason="wecom-gap-poll"),
    *rows("calendar.*.post", "pin mentions", _G, reason="wecom-gap-pin"),
    *rows("calendar_from", ".", _S, reason="wecom-scheduled"),
    *rows("calendar.*.when", _WHEN, _N, _S, _G, reason="wecom-scheduled"),
    *rows("calendar.*.by", _SOMEBODY, _N, _S, _G, reason="wecom-scheduled"),
    *rows("calendar.*.approve", _SOMEBODY, _S, reason="coverage-agreed-first"),
    *rows(
        "sending",
        "quiet_hours missed missed.within confirm.remind_after confirm.cancel_after ahead",
        _S,
        reason="wecom-scheduled",
    ),
    *rows("sending", "apart", _I, reason="coverage-looked-at"),
    *rows("health.*", "metric per at_least below between.* within", _I, reason="wecom-note-health"),
    *rows("compliance.checklists.*", "steps.*", _N, _I, reason="coverage-for-people"),
    *rows("compliance.checklists.*.when", _WHEN, _N, _I, _G, reason="coverage-for-people"),
    *rows("compliance.checklists.*.who", _SOMEBODY, _N, _I, reason="coverage-for-people"),
    *rows("compliance.keep", "reports", _I, reason="coverage-for-people"),
    *rows("checks.*.who", f"{_SOMEBODY} tier below", _I, reason="coverage-checked"),
    *rows("checks.*", "can cannot in", _I, reason="coverage-checked"),
)

TABLE = Table((*_COMMUNITY, *_MEMBERS, *_GROUPS, *_WORDS, *_GROWTH, *_LATER))
