"""Plans made by hand for the renderers: small, and each with everything that a real one may hold."""

from __future__ import annotations

import io
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from groupform.engine.plan import (
    Action,
    AttributeChange,
    Change,
    DeploymentPlan,
    Gap,
    GuardFinding,
    Inputs,
    Plan,
    Reason,
    Step,
    StepStatus,
    Unmanaged,
    Unreadable,
    Waiting,
    Why,
)
from groupform.render.terminal import Terminal, make_terminal

NOW = datetime(2026, 12, 1, 8, 0, tzinfo=UTC)


class Stream(io.StringIO):
    """A stream that says of itself whether it is a terminal, and what it can show."""

    def __init__(self, *, tty: bool = False, encoding: str = "utf-8") -> None:
        super().__init__()
        self._tty = tty
        self._encoding = encoding

    @property
    def encoding(self) -> str:  # type: ignore[override]
        return self._encoding

    def isatty(self) -> bool:
        return self._tty


def terminal(environ: Mapping[str, str] | None = None, *, tty: bool = False) -> tuple[Terminal, Stream, Stream]:
    out, err = Stream(tty=tty), Stream(tty=tty)
    return make_terminal(out, err, None, {"GROUPFORM_LANG": "en", "COLUMNS": "80", **(environ or {})}), out, err


def attribute(name: str, before: Any, after: Any, why: Why = Why.change, **more: Any) -> AttributeChange:
    return AttributeChange(name=name, before=before, after=after, why=why, **more)


def change(address: str, action: Action, label: str, *attributes: AttributeChange, **more: Any) -> Change:
    kind = address.partition("/")[2].partition(".")[0]
    return Change(address=address, type=kind, action=action, label=label, attributes=list(attributes), **more)


def deployment(name: str = "pet-club-home", *, serial: int = 7, **more: Any) -> DeploymentPlan:
    inputs = Inputs(
        config_digest="c0ffee",
        as_of=NOW.isoformat(),
        version="0.1.0",
        account="@groupform:localhost",
        server="http://127.0.0.1:8008",
        state_lineage="lineage",
        state_serial=serial,
    )
    base: dict[str, Any] = {"environment": "production", "platform": "matrix", "inputs": inputs, "digest": "d1ge57"}
    return DeploymentPlan(deployment=name, **{**base, **more})


def fan_out(count: int) -> list[Change]:
    """A fleet: each a room with an alias that belongs to it."""
    made = []
    for index in range(count):
        room, alias = f"stores-home/room.store/s{index:03}", f"stores-home/alias.store/s{index:03}"
        made.append(change(room, Action.create, f"{index}号店福利群", attribute("topic", None, "领券")))
        made.append(change(alias, Action.create, f"#s{index:03}", attribute("room", None, room), after=[room]))
    return made


def everything() -> Plan:
    """One of each kind."""
    home = "pet-club-home"
    long_before = "欢迎来到宠友之家\n1. 先看群规\n2. 打个招呼\n3. 玩得开心"
    long_after = "欢迎来到宠友之家\n1. 先看群规\n2. 打个招呼，介绍你的宠物\n3. 玩得开心"
    changes = [
        change(
            f"{home}/room.city/sh",
            Action.create,
            "宠友·上海",
            attribute("name", None, "宠友·上海"),
            attribute("join_rule", None, "restricted"),
            attribute("parent", None, f"{home}/space.pet-club"),
            attribute("users", None, {"@lead:localhost": 100}),
        ),
        change(
            f"{home}/alias.city/sh",
            Action.create,
            "#pet-club-city-sh",
            attribute("room", None, f"{home}/room.city/sh"),
        ),
        change(
            f"{home}/room.lobby",
            Action.update,
            "大厅",
            attribute("topic", "有人手改过", "新朋友先看群规，再打个招呼", Why.drift),
            attribute(
                "users",
                {"@lead:localhost": 50, "@guest:localhost": 10},
                {"@lead:localhost": 100, "@host:localhost": 50},
                put={"@lead:localhost": 100, "@host:localhost": 50},
                drop=["@old:localhost"],
            ),
            impact=12,
        ),
        change(f"{home}/notice.lobby", Action.update, "大厅", attribute("text", long_before, long_after)),
        change(
            f"{home}/room.sale",
            Action.replace,
            "闪购",
            attribute("encrypted", True, False, replaces=True),
            attribute("passcode", "x", "y", sensitive=True),
            impact=1,
            irreversible=[Reason(code="memory-informational")],
        ),
        change(
            f"{home}/room.vip-lounge",
            Action.move,
            "VIP 会客厅",
            attribute("name", "VIP", "VIP 会客厅"),
            previous=f"{home}/room.vip",
        ),
        change(f"{home}/room.found", Action.bind, "拾得"),
        change(f"{home}/room.old", Action.forget, "旧群", impact=30),
        change(f"{home}/alias.old", Action.delete, "#old"),
        change(f"{home}/room.kept", Action.delete, "守护", protected=True, impact=2),
    ]
    steps = [
        Step(
            key=f"{home}/group.lobby!notice",
            address=f"{home}/group.lobby",
            what=Reason(code="memory-step-room-topic", params={"who": "周舟"}),
            who="host-sh",
            label="大厅",
            status=StepStatus.new,
            text=long_after,
            proof="attested",
            digest="x",
        ),
        Step(
            key=f"{home}/group.qr",
            address=f"{home}/group.qr",
            what=Reason(code="memory-step-room-create"),
            label="二维码",
            status=StepStatus.overdue,
            due="2026-11-30T00:00:00+00:00",
            proof="observed",
            digest="x",
            blocked_by=[f"{home}/room.lobby"],
        ),
        Step(
            key=f"{home}/group.known",
            address=f"{home}/group.known",
            what=Reason(code="memory-step-room-create"),
            label="早就知道",
            status=StepStatus.open,
            proof="attested",
            digest="x",
        ),
    ]
    first = deployment(
        changes=changes,
        steps=steps,
        serial=0,
        unchanged=9,
        gaps=[
            Gap(path="tiers.vip.color", reason=Reason(code="memory-denied")),
            *(Gap(path=f"groups.city/{key}.capacity", reason=Reason(code="memory-informational")) for key in "abc"),
            Gap(path="entry.account_age", reason=Reason(code="memory-denied"), accepted=True),
        ],
        guards=[
            GuardFinding(
                guard="members",
                reason=Reason(code="memory-refused", params={"about": "30"}),
                addresses=[f"{home}/room.old"],
            ),
            GuardFinding(guard="note", reason=Reason(code="memory-informational"), blocks=False),
        ],
        checks=[GuardFinding(guard="check", reason=Reason(code="memory-denied"), approvable=False)],
        unreadable=[
            Unreadable(
                address=f"{home}/room.kicked",
                label="被踢出的群",
                reason=Reason(code="memory-hidden", params={"id": "!x"}),
                hidden=True,
            )
        ],
        waiting=[Waiting(address=f"{home}/pin.qr", label="二维码", blocked_by=[f"{home}/group.qr"])],
        unmanaged=[Unmanaged(type="room", id="!stranger", label="路人群")],
        predicted_requests=17,
        predicted_seconds=64.0,
    )
    second = deployment("stores-home", changes=fan_out(300), predicted_requests=600, predicted_seconds=7500.0)
    third = deployment(
        "quiet-home",
        unchanged=40,
        steps=steps[2:],
        gaps=first.gaps,
        drift=["quiet-home/room.lobby!topic"],
        converged=["quiet-home/room.city/sh", "quiet-home/room.city/bj"],
    )
    return Plan(deployments=[first, second, third], digest="wh01e")
