"""Owns answers: what the console's assistant says in groups, and the customer service behind a website's button."""

from __future__ import annotations

import hashlib

from groupform.compile.address import Address
from groupform.compile.resource import Json
from groupform.config.diagnostics import Severity
from groupform.providers.wecom import limits
from groupform.providers.wecom.bench import Bench, Mentions, fitted
from groupform.providers.wecom.people import everybody, seated
from groupform_schemas import Reply, ReplyPlace

_SCENE = "website"


def compile_answers(bench: Bench) -> None:
    replies = bench.deployment.community.model.replies
    for key, reply in replies.items():
        if ReplyPlace.group in reply.where:
            _auto_reply(bench, key, reply)
    service = {key: reply for key, reply in replies.items() if ReplyPlace.service in reply.where}
    if service:
        _service(bench, service)


def _auto_reply(bench: Bench, key: str, reply: Reply) -> None:
    """The console's 小助理 answers in groups; no call sets or reads it (§8.2)."""
    address, path = bench.address("auto-reply", key), f"replies.{key}"
    asked = [*reply.questions, *reply.keywords]
    for name, words in (("questions", reply.questions), ("keywords", reply.keywords)):
        for index in range(len(words)):
            bench.carry(f"{path}.{name}.{index}", address, "asked")
    bench.carry(f"{path}.answer", address, "answer")
    bench.carry(f"{path}.where.{list(reply.where).index(ReplyPlace.group)}", address)
    values: dict[str, Json] = {"asked": " / ".join(asked), "answer": reply.answer.strip()}
    bench.make(address, values, asked[0], who=bench.owner())


def _service(bench: Bench, replies: dict[str, Reply]) -> None:
    account = bench.address("kf-account", "service")
    group = bench.address("knowledge-group", "main")
    servicers = Mentions(bench)
    for key, reply in replies.items():
        path = f"replies.{key}"
        bench.carry(f"{path}.where.{list(reply.where).index(ReplyPlace.service)}", bench.address("intent", key))
        if reply.hand_to is None:
            continue
        for named, person in seated(bench, reply.hand_to, f"{path}.hand_to").named:
            servicers.add(named, person)
        bench.carry(f"{path}.hand_to", account, "servicers", below=True)
    if not servicers.people:
        servicers = everybody(bench)
    accounts = servicers.accounts()
    servicers.note(account, "servicers")
    bench.carry("title", account, "name")
    name = fitted(bench.deployment.community.model.title + bench.deployment.title_suffix, limits.KF_NAME)
    values: dict[str, Json] = {"name": name, "avatar": _avatar(bench, account), "servicers": [*accounts]}
    bench.make(account, values, name)
    bench.make(bench.address("kf-link", "website"), {"account": str(account), "scene": _SCENE}, name, beside=account)
    known = fitted(bench.deployment.community.model.title + bench.deployment.title_suffix, limits.KNOWLEDGE_NAME)
    bench.make(group, {"name": known}, known)
    bench.make(
        bench.address("kf-robot", "service"),
        {"account": str(account), "knowledge": str(group)},
        name,
        who=bench.owner(),
        beside=account,
    )
    for key, reply in replies.items():
        _intent(bench, key, reply, group)


def _avatar(bench: Bench, account: Address) -> Json:
    """An account needs a picture (kf/account/add, D-94661): the community's, else a plain one of our own."""
    path = bench.deployment.community.model.avatar
    data = bench.deployment.community.files.get(str(path)) if path is not None else None
    if data is None:
        return None
    bench.carry("avatar", account, "avatar")
    return hashlib.sha256(data).hexdigest()


def _intent(bench: Bench, key: str, reply: Reply, group: Address) -> None:
    """A question is told from others by its words: the first one stands for the reply (D-95972)."""
    address, path = bench.address("intent", key), f"replies.{key}"
    asked = list(dict.fromkeys([*reply.questions, *reply.keywords]))
    for name, words in (("questions", reply.questions), ("keywords", reply.keywords)):
        for index in range(len(words)):
            bench.carry(f"{path}.{name}.{index}", address, "similar")
    bench.carry(f"{path}.answer", address, "answer")
    answer = reply.answer.strip()
    too_long = [each for each in asked if len(each) > limits.QUESTION]
    for text, limit in [(each, limits.QUESTION) for each in too_long] + [(answer, limits.ANSWER)]:
        if len(text) > limit:
            place = bench.place(f"{path}.answer" if text == answer else path)
            bench.warn("wecom-reply-long", place, severity=Severity.error, reply=key, characters=len(text), limit=limit)
    most = limits.LIMITS["similar-questions"].most
    if len(asked) - 1 > most:
        bench.warn("wecom-reply-many", bench.place(path), severity=Severity.error, reply=key, limit=most)
    values: dict[str, Json] = {"group": str(group), "question": asked[0], "similar": [*asked[1:]], "answer": answer}
    bench.make(address, values, asked[0])
