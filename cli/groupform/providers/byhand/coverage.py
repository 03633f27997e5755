"""Owns what may become of each leaf of the language where everything is done by hand, and why no more (DESIGN §4)."""

from __future__ import annotations

from dataclasses import replace

from groupform.compile.coverage import Row, Table, rows
from groupform.compile.resource import Outcome

_A, _N, _I, _G = Outcome.attest, Outcome.native, Outcome.informational, Outcome.gap
_S = Outcome.scheduled

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
        *rows(f"{prefix}.asks.*", "ask choices.segment", _A, _G, reason="-gap-nobody-asks"),
        *rows(f"{prefix}.asks.*", "answer", _I, reason="-note-answer"),
        *rows(prefix, "accept_rules", _G, reason="-gap-accept-rules"),
        *rows(prefix, "account_age", _G, reason="-gap-account-age"),
    )


def _link(prefix: str) -> tuple[Row, ...]:
    return (*rows(f"{prefix}.attachments.*.link", "title url image", _A, _I, reason="-note-unused-welcome"),)


_COMMUNITY = (
    *rows("community", ".", _I, reason="coverage-identity"),
    *rows("title", ".", _A, _I, reason="-note-no-container"),
    *rows("avatar", ".", _G, reason="-gap-no-setting"),
    *rows("locale", ".", _A, _I, reason="coverage-for-people"),
    *rows("timezone", ".", _S, reason="coverage-handed-post"),
    *rows("naming", "flat", _A, _I, reason="coverage-nothing-deployed"),
    *rows("positioning", "statement category focus audience functions.* culture", _I, reason="coverage-for-people"),
    *rows("runs", ".", _I, reason="coverage-standing"),
    *rows("runs", "from until lasts", _A, _G, reason="-gap-runs"),
    *rows("runs", "then", _N, _G, reason="-gap-runs"),
    *rows("runs.every", _WHEN, _A, _G, reason="-gap-runs"),
    *rows("segments.*.*", "title", _A, _G, reason="-gap-tags"),
    *rows("segments.*.*", "previously.*", _N, _I, reason="coverage-identity"),
    *rows("metrics.*", "from from.csv from.member count", _G, reason="-gap-no-numbers"),
)
_MEMBERS = (
    *rows("tiers.*", "key previously.*", _I, reason="coverage-identity"),
    *rows("tiers.*", "title", _A, _G, reason="-gap-tiers"),
    *rows("tiers.*", "color", _G, reason="-gap-tiers"),
    *rows("tiers.*", "perks.*", _I, reason="coverage-for-people"),
    *rows("tiers.*.threshold", "metric at_least below between.* within", _G, reason="-gap-no-numbers"),
    *rows("tiers.*.threshold", "proof judge", _I, reason="coverage-for-people"),
    *rows("tiers.*.entry", "door", _G, reason="-gap-tiers"),
    *_asks("tiers.*.entry"),
    *rows("team.owner", _SOMEBODY, _A, _I, reason="coverage-nothing-deployed"),
    *rows("team.roles.*", "people.*", _A, _I, reason="-note-role-without-admins"),
    *rows("team.roles.*", "may.*", _A, _I, _G, reason="-note-role-without-admins"),
    *rows("team.duty.*", "people.*", _A, _I, reason="coverage-for-people"),
    *rows("team.duty.*", "hours.*", _I, reason="coverage-for-people"),
    *rows("team.duty.*", "off_hours", _G, reason="-gap-replies"),
    *rows("entry", "door", _A, _I, _G, reason="coverage-overridden"),
    *_asks("entry"),
    *rows("encrypted", ".", _I, _G, reason="-gap-encryption"),
)
CARRIERS = {("group", "title"): frozenset({"title"})}
"""Which attributes hold a field of a group that may be left to people, and nothing else."""

_GROUPS = (
    *rows("groups.*", "title", _A),
    *rows("groups.*", "topic", _A, _G, reason="-gap-topic"),
    *rows("groups.*", "avatar", _G, reason="-gap-no-setting"),
    *rows("groups.*", "kind", _I, _G, reason="-note-kind-chat"),
    *rows("groups.*", "default", _I, reason="-note-no-container"),
    *rows("groups.*.each", "from.segment from.csv from.run as key", _A, _I, reason="coverage-nothing-deployed"),
    *rows("groups.*.series", "next_at", _A, _G, reason="-gap-series"),
    *rows("groups.*.series", "title max", _G, reason="-gap-series"),
    *rows("groups.*.owner", _SOMEBODY, _A),
    *rows("groups.*", "segments.*", _G, reason="-gap-tags"),
    *rows("groups.*", "tier", _A, _I, reason="coverage-lowest-tier"),
    *rows("groups.*.entry", "door", _A, _I, _G, reason="coverage-door-behind-tier"),
    *_asks("groups.*.entry"),
    *rows("groups.*", "encrypted", _I, _G, reason="-gap-encryption"),
    *rows("groups.*", "capacity", _A, _G, reason="-gap-capacity"),
    *rows("groups.*", "protect on_remove previously.*", _N, reason=_KEPT),
    *rows("groups.*", "ignore.*", _N, _I, _G, reason="coverage-nothing-deployed"),
)
_WORDS = (
    *rows("rules.*", "title text", _A, _I, reason="coverage-rules-not-posted"),
    *rows("rules.*.detect", "words.* links allow_links.* mentions_over", _G, reason="-gap-moderation"),
    *rows("rules.*", "judge forget_after exempt.*", _G, reason="-gap-moderation"),
    *rows("rules.*.ladder.*", "strike do for text", _G, reason="-gap-moderation"),
    *rows("rules.*.reward.*", "do for to", _G, reason="-gap-moderation"),
    *rows("moderation", "in.*", _G, reason="-gap-bans"),
    *rows("moderation.servers", "allow.* deny.* ip_literals", _I, reason="-note-no-servers"),
    *rows("moderation.bans.*", "person server group reason", _G, reason="-gap-bans"),
    *rows("notice", "parts.* file", _A, _I, reason="coverage-part-empty"),
    *rows("welcome", "text", _A, _I, reason="-note-unused-welcome"),
    *_link("welcome"),
    *rows("welcome.variants.*", "when.platform.* when.group.* text", _A, _I, reason="-note-unused-welcome"),
    *_link("welcome.variants.*"),
    *rows("replies.*", "questions.* keywords.* answer where.*", _G, reason="-gap-replies"),
    *rows("replies.*.hand_to", _SOMEBODY, _G, reason="-gap-replies"),
)
_GROWTH = (
    *rows("journeys.*", "source join.group join.by join.otherwise", _I, reason="coverage-for-people"),
    *rows("journeys.*.contact", "person role duty", _I, reason="coverage-for-people"),
    *rows("journeys.*.contact", "daily_limit tags.*", _G, reason="-gap-journeys"),
    *rows("journeys.*", "funnel.*", _G, reason="-gap-no-numbers"),
    *rows("invitations.*", "group source", _A, _I, _G, reason="coverage-nothing-deployed"),
    *rows("invitations.*", "valid.from valid.until max_uses", _G, reason="-gap-invitation-limits"),
    *rows("invitations.*", "previously.*", _I, reason="coverage-identity"),
)
_LATER = (
    *rows("calendar.*", f"title kind lasts to.* {_POST}", _S, reason="coverage-handed-post"),
    *rows("calendar.*.post", "poll.choose poll.results pin mentions", _S, reason="coverage-handed-post"),
    *rows("calendar_from", ".", _S, reason="coverage-handed-post"),
    *rows("calendar.*.when", _WHEN, _S, reason="coverage-handed-post"),
    *rows("calendar.*.by", _SOMEBODY, _S, reason="coverage-handed-post"),
    *rows("calendar.*.approve", _SOMEBODY, _S, reason="coverage-agreed-first"),
    *rows(
        "sending",
        "quiet_hours missed missed.within confirm.remind_after confirm.cancel_after",
        _S,
        reason="coverage-handed-post",
    ),
    *rows("sending", "ahead", _G, reason="-gap-calendar"),
    *rows("sending", "apart", _I, reason="coverage-looked-at"),
    *rows("health.*", "metric per at_least below between.* within", _G, reason="-gap-no-numbers"),
    *rows("compliance.checklists.*", "steps.*", _S, reason="coverage-handed-list"),
    *rows("compliance.checklists.*.when", _WHEN, _S, reason="coverage-handed-list"),
    *rows("compliance.checklists.*.who", _SOMEBODY, _S, reason="coverage-handed-list"),
    *rows("compliance.keep", "reports", _S, reason="coverage-kept-lists"),
    *rows("checks.*.who", f"{_SOMEBODY} tier below", _I, reason="coverage-checked"),
    *rows("checks.*", "can cannot in", _I, reason="coverage-checked"),
)

_ROWS = (*_COMMUNITY, *_MEMBERS, *_GROUPS, *_WORDS, *_GROWTH, *_LATER)


def table(platform: str, *own: Row) -> Table:
    """The table of one platform: its sentences for the reasons, and its `own` rows in place of the common ones."""
    instead = {each.pattern: each for each in own}
    common = [each for each in _ROWS if each.pattern not in instead]
    return Table(tuple(_named(platform, each) for each in (*common, *own)))


def _named(platform: str, row: Row) -> Row:
    reason = row.reason
    return replace(row, reason=platform + reason) if reason is not None and reason.startswith("-") else row
