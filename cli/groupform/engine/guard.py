"""Owns what is looked at twice before any write: how much goes, whom it touches, and what cannot be undone."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from groupform.compile.resource import Compiled, Json
from groupform.config.diagnostics import Severity
from groupform.engine.owned import apply_edit
from groupform.engine.plan import Action, AttributeChange, Change, GuardFinding, Reason
from groupform.engine.provider import Edit
from groupform.engine.resource_type import Admins, Guarded, Owned
from groupform.engine.subjects import Subject
from groupform.engine.words import words
from groupform_schemas import Guards

_DELETES = (Action.delete, Action.archive)
_EVICTS = (Action.delete, Action.archive, Action.replace)


def guard(
    changes: Sequence[Change], subjects: Mapping[str, Subject], compiled: Compiled, limits: Guards, account: str
) -> list[GuardFinding]:
    """Every finding about these changes; protected ones are not made, so not counted. `account` is the tool's own."""
    made = [each for each in changes if not each.protected and not each.temporary]
    shut_out = {each.address: found for each in made if (found := _shut_out(each, subjects[each.address]))}
    return [
        *_deletes(made, subjects, limits),
        *_members(made, subjects, limits, shut_out),
        *_each(made, subjects, account),
        *_limits(compiled),
    ]


def _deletes(changes: Sequence[Change], subjects: Mapping[str, Subject], limits: Guards) -> Iterable[GuardFinding]:
    deleted = [each for each in changes if each.action in _DELETES]
    groups = [each.address for each in deleted if subjects[each.address].kind.people_inside]
    others = [each.address for each in deleted if not subjects[each.address].kind.people_inside]
    for name, found, limit in (
        ("delete-groups", groups, int(limits.delete.groups)),
        ("delete-others", others, int(limits.delete.others)),
    ):
        if len(found) > limit:
            yield _finding(name, found, count=len(found), limit=limit)


def _members(
    changes: Sequence[Change],
    subjects: Mapping[str, Subject],
    limits: Guards,
    shut_out: Mapping[str, Mapping[str, int]],
) -> Iterable[GuardFinding]:
    for each in changes:
        if each.address in shut_out:
            who = ", ".join(f"{name} ({count})" for name, count in sorted(shut_out[each.address].items()))
            count = sum(shut_out[each.address].values())
            finding = _finding("shut-out", [each.address], label=each.label, who=who, count=count)
            yield finding.model_copy(update={"blocks": False})
    evicting = [each for each in changes if each.action in _EVICTS and each.impact]
    touched = [each for each in changes if each in evicting or each.address in shut_out]
    affected = sum(each.impact or 0 for each in evicting)
    affected += sum(count for found in shut_out.values() for count in found.values())
    everybody = sum(
        each.present.people or 0 for each in subjects.values() if each.kind.people_inside and each.present is not None
    )
    share = affected / everybody if everybody else 0.0
    most = limits.members
    if affected > int(most.count) or share > most.share.fraction:
        yield _finding(
            "members",
            [each.address for each in touched],
            count=affected,
            limit=int(most.count),
            share=f"{share:.0%}",
            share_limit=str(most.share),
        )


def _each(changes: Sequence[Change], subjects: Mapping[str, Subject], account: str) -> Iterable[GuardFinding]:
    for change in changes:
        subject = subjects[change.address]
        label = {"label": change.label}
        if change.action is Action.replace and subject.kind.people_inside:
            yield _finding("replace-history", [change.address], **label)
        if change.action in _DELETES:
            continue
        if change.action is not Action.create:
            for lost in change.irreversible:
                yield GuardFinding(guard="irreversible", reason=lost, addresses=[change.address])
        for attribute in change.attributes:
            yield from _attribute(change, attribute, subject, account)


def _shut_out(change: Change, subject: Subject) -> Mapping[str, int]:
    """Who is inside and could not take part any more, by what they have in common."""
    if subject.kind.shuts_out is None or subject.present is None or change.action in _DELETES:
        return {}
    before = subject.present.attributes
    after = {**before, **{each.name: _whole(each, subject) for each in change.attributes}}
    return subject.kind.shuts_out(before, after)


def _whole(attribute: AttributeChange, subject: Subject) -> Json:
    """What the attribute holds after the change, with what others put there."""
    before = subject.present.attributes.get(attribute.name) if subject.present is not None else None
    if subject.kind.attributes[attribute.name].has(Owned) and attribute.put is not None:
        return apply_edit(before, Edit(attribute.put, tuple(attribute.drop or ())))
    after: Json = attribute.after
    return after


def _attribute(change: Change, attribute: AttributeChange, subject: Subject, account: str) -> Iterable[GuardFinding]:
    declared = subject.kind.attributes[attribute.name]
    before = subject.present.attributes.get(attribute.name) if subject.present is not None else None
    after = _whole(attribute, subject)
    admins: Admins | None = declared.get(Admins)
    if admins is not None and before is not None:
        had, has = _admins(before, admins), _admins(after, admins)
        if had - {account} and not has - {account}:
            yield _finding("last-admin", [change.address], label=change.label)
        if account in had and account not in has:
            yield _finding("self-lockout", [change.address], label=change.label, account=account)
    guarded: Guarded | None = declared.get(Guarded)
    code = guarded.test(before, after, account) if guarded is not None else None
    if guarded is not None and code is not None:
        words_ = {"label": change.label, "attribute": attribute.name, "account": account}
        yield GuardFinding(
            guard=guarded.guard,
            reason=Reason(code=code, params=words_),
            addresses=[change.address],
            approvable=guarded.approvable,
        )


def _admins(value: Json, admins: Admins) -> set[str]:
    if isinstance(value, Mapping):
        return {
            key
            for key, level in value.items()
            if admins.level is None or (isinstance(level, int | float) and level >= admins.level)
        }
    return {str(each) for each in value} if isinstance(value, list) else set()


def _limits(compiled: Compiled) -> Iterable[GuardFinding]:
    """What the compiler found: a platform's limits and what it needs beforehand."""
    for each in compiled.diagnostics:
        yield GuardFinding(
            guard="platform-limit",
            reason=Reason(code=each.code, params=words(each.params)),
            blocks=each.severity is Severity.error,
            approvable=False,
        )


def _finding(name: str, addresses: Sequence[str], **params: object) -> GuardFinding:
    return GuardFinding(
        guard=name, reason=Reason(code=f"plan-guard-{name}", params=words(params)), addresses=sorted(addresses)
    )
