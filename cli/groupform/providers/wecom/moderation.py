"""Owns what is watched: words that employees may not send, and the console's rule against harassment, set by hand."""

from __future__ import annotations

from groupform.compile.resource import Json
from groupform.config.diagnostics import Severity
from groupform.providers.wecom.bench import Bench, fitted
from groupform.providers.wecom.limits import LIMITS, RULE_NAME, WORD
from groupform.providers.wecom.people import everybody
from groupform_schemas import Penalty, Rule

_DOES = {
    Penalty.remind: ("remind", "提醒"),
    Penalty.warn: ("warn", "警告"),
    Penalty.remove: ("remove", "移出群聊"),
}
_WARN, _NONE = "warn", "—"


def compile_moderation(bench: Bench) -> None:
    """For each rule that is to be noticed: the step in the console, and the rule for what employees send."""
    for key, rule in bench.deployment.community.model.rules.items():
        if rule.detect is None:
            continue
        _anti_harassment(bench, key, rule)
        if rule.detect.words:
            _intercept(bench, key, rule)


def _anti_harassment(bench: Bench, key: str, rule: Rule) -> None:
    """What the console's own rule looks for in groups, and what it does (防骚扰: no call sets or reads it)."""
    assert rule.detect is not None
    address, path, detect = bench.address("anti-harassment", key), f"rules.{key}", rule.detect
    if not detect.words and detect.links is None:
        return
    for index in range(len(detect.words)):
        bench.carry(f"{path}.detect.words.{index}", address, "words")
        bench.trace.lack(f"{path}.detect.words.{index}", "wecom-gap-employees-only")
    bench.carry(f"{path}.detect.links", address, "links")
    for index in range(len(detect.allow_links)):
        bench.carry(f"{path}.detect.allow_links.{index}", address, "allowed")
    bench.carry("locale", address, "does")
    does: list[str] = []
    for index, rung in enumerate(rule.ladder):
        if rung.do not in _DOES:
            continue
        bench.carry(f"{path}.ladder.{index}.do", address, "does")
        bench.carry(f"{path}.ladder.{index}.text", address, "does")
        word = _word(bench, rung.do)
        colon = "：" if bench.chinese else ": "
        does.append(f"{word}{colon}{rung.text.strip()}" if rung.text is not None else word)
    values: dict[str, Json] = {
        "words": "\n".join(detect.words) or _NONE,
        "links": _word(bench, detect.links) if detect.links is not None else _NONE,
        "allowed": " / ".join(map(str, detect.allow_links)) or _NONE,
        "does": " → ".join(does) or _NONE,
    }
    beside = bench.address("intercept-rule", key) if detect.links is None and not does else None
    bench.make(address, values, rule.title, who=bench.owner(), beside=beside)


def _word(bench: Bench, penalty: Penalty) -> str:
    english, chinese = _DOES.get(penalty, (penalty.value, penalty.value))
    return chinese if bench.chinese else english


def _intercept(bench: Bench, key: str, rule: Rule) -> None:
    """Sensitive words look at what EMPLOYEES send (§8.1): whoever is on the team is warned, and may send it."""
    assert rule.detect is not None
    address, path = bench.address("intercept-rule", key), f"rules.{key}"
    named = everybody(bench)
    users = named.accounts()
    if not users:
        return
    named.note(address, "users")
    bench.carry(f"{path}.title", address, "name")
    bench.carry("title", address, "name")
    words = list(dict.fromkeys(each for each in rule.detect.words))
    place, most = bench.place(f"{path}.detect.words"), LIMITS["words-of-a-rule"].most
    if len(words) > most:
        bench.warn("wecom-words-many", place, severity=Severity.error, rule=key, count=len(words), limit=most)
    for word in words:
        if len(word) > WORD:
            bench.warn("wecom-word-long", place, severity=Severity.error, rule=key, word=word, limit=WORD)
    name = fitted(bench.called(rule.title), RULE_NAME)
    if any(
        each.attributes.get("name") == name for each in bench.made.values() if each.address.type == "intercept-rule"
    ):
        name = fitted(bench.called(key), RULE_NAME)
    bench.make(address, {"name": name, "words": [*words], "action": _WARN, "users": [*users]}, name)
