"""The team's calendar: made, edited, drifted, lost and found, as months go by, in every setting of what is in doubt."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml

from groupform.compile.resource import Outcome
from groupform.config.diagnostics import Refused
from groupform.engine.desired import compile_deployment
from groupform.engine.plan import Action
from groupform.providers.wecom.rehearsal import Unconfirmed
from groupform.providers.wecom.rehearsal.unconfirmed import OTHERS
from groupform.state.document import Document
from providers.wecom.wecom_stage import Stage, stage

PROJECT = """\
groupform: 1
communities: [club.yaml]
people:
  lead: {name: 林一, accounts: {wecom: LinYi}}
  zhou: {name: 周舟, accounts: {wecom: zhouzhou}}
  ops: {name: 运营, accounts: {wecom: ops01}}
connections:
  here:
    {platform: wecom, corp_id: ww0123456789abcdef, agent_id: "1000002", secret: "${env:WECOM_SECRET}", team_chat: no}
deployments:
  club: {community: club, connection: here}
guards: {delete: {groups: 5, others: 50}}
"""
CLUB: dict[str, Any] = {
    "community": "club",
    "title": "书友会",
    "locale": "zh-CN",
    "timezone": "Asia/Shanghai",
    "team": {
        "owner": "lead",
        "roles": {"host": {"people": ["zhou"], "may": ["moderate"]}},
        "duty": {"desk": {"people": ["zhou", "ops"], "hours": {"mon-fri": "09:00-21:00", "sat": "22:00-02:00"}}},
    },
    "entry": {"door": "request"},
    "groups": {"hall": {"title": "大厅"}},
    "calendar": {
        "tips": {
            "title": "周三干货", "kind": "article", "post": {"text": "好"},
            "when": {"weekly": ["wed"], "at": "20:00"}, "to": ["hall"],
        },
        "fair": {
            "title": "市集", "kind": "activity", "lasts": "3d", "by": "zhou", "to": ["hall"],
            "when": {"dates": ["2026-11-20", "2026-12-12", "2027-03-06"], "at": "10:00"},
        },
        "news": {
            "title": "早报", "kind": "article", "post": {"text": "好"}, "to": ["hall"],
            "when": {"weekly": ["tue"], "at": "08:00", "skip": {"dates": ["2026-12-15"]}},
        },
    },
    "compliance": {
        "checklists": {"links": {"when": {"daily": True, "at": "09:00"}, "who": "host", "steps": ["看链接", "留档"]}}
    },
}  # fmt: skip
# It is Tuesday, 2026-12-01, noon in China: today's is over, and so is the fair of November.
DATES = {
    "fair": ["2026-12-12", "2027-03-06"],
    "news": ["2026-12-08", "2026-12-22", "2026-12-29", "2027-01-05", "2027-01-12", "2027-01-19", "2027-01-26"],
}
ASKED = {"gettoken": 1, "externalcontact/groupchat/list": 1, "externalcontact/groupchat/get": 1}
BOUND = ASKED | {"oa/calendar/get": 1, "oa/schedule/get_by_calendar": 1}
MINE = ("unknown_ids", "schedules_after_calendar", "cancelled_listed", "series_moves")
WORLDS = {
    "as the facts say": Unconfirmed(),
    "all the other way": Unconfirmed(**{name: OTHERS[name][0] for name in MINE}),
}


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


class Club:
    """The club on its corp; `declare` changes its file, `converge` brings all to rest."""

    def __init__(self, folder: Path, world: Unconfirmed) -> None:
        self.model: dict[str, Any] = yaml.safe_load(yaml.safe_dump(CLUB, sort_keys=False))
        (folder / "groupform.yaml").write_text(PROJECT, encoding="utf-8")
        self.folder = folder
        self.play: Stage = stage(folder, "club", unconfirmed=world)
        self.declare()

    def declare(self) -> None:
        text = yaml.safe_dump(self.model, allow_unicode=True, sort_keys=False)
        (self.folder / "club.yaml").write_text(text, encoding="utf-8")

    async def converge(self) -> None:
        await self.play.settle()
        plan = await self.play.plan()
        assert plan.empty and not plan.unreadable and not plan.conflicts
        assert self.play.rehearsal.objections == []

    async def days(self, number: int) -> None:
        await self.play.clock.sleep(timedelta(days=number).total_seconds())

    async def id(self, name: str) -> str:
        return (await self.play.document()).bindings[f"club/{name}"].id

    async def one(self, name: str) -> dict[str, Any]:
        found: dict[str, Any] = self.play.rehearsal.corp["schedules"][await self.id(f"schedule.{name}")]
        return found

    def calendars(self) -> dict[str, Any]:
        found: dict[str, Any] = self.play.rehearsal.corp["calendars"]
        return found

    def standing(self) -> list[dict[str, Any]]:
        return [each for each in self.play.rehearsal.corp["schedules"].values() if each["status"] == 0]

    async def changed(self) -> list[tuple[str, str]]:
        plan = await self.play.plan()
        return sorted((each.action.value, each.address.split("/", 1)[1]) for each in plan.changes)


@pytest.fixture(params=WORLDS)
async def club(tmp_path: Path, request: pytest.FixtureRequest) -> AsyncIterator[Club]:
    there = Club(tmp_path, WORLDS[request.param])
    await there.converge()
    yield there
    assert there.play.rehearsal.objections == []


@pytest.mark.anyio
async def test_a_first_plan_asks_nothing_for_it_and_a_later_one_two_things(tmp_path: Path) -> None:
    there = Club(tmp_path, Unconfirmed())
    plan = await there.play.plan()
    assert dict(there.play.asked()) == {"gettoken": 1, "externalcontact/groupchat/list": 1}
    assert [each.reason.params["types"] for each in plan.guards] == [["calendar"]], "no call lists calendars"
    await there.converge()
    since = len(there.play.rehearsal.seen)
    await there.play.plan()
    assert dict(there.play.asked(since)) == BOUND


@pytest.mark.anyio
async def test_what_repeats_is_one_schedule_and_what_cannot_be_said_one_for_each_date(club: Club) -> None:
    document = await club.play.document()
    made = sorted(each.partition(".")[2] for each in document.bindings if "/schedule." in each)
    dates = [f"post-{key}/{day}" for key, days in DATES.items() for day in days]
    assert made == sorted([*dates, "post-tips", "check-links", "duty-desk/mon-fri", "duty-desk/sat"])
    tips = await club.one("post-tips")
    # Wednesday, 2026-12-02, 20:00 in China: the first one after it was declared.
    assert (tips["start_time"], tips["end_time"] - tips["start_time"]) == (1_796_212_800, 1800)
    assert tips["reminders"] == {
        "is_remind": 1, "remind_time_diffs": [0], "is_repeat": 1, "repeat_type": 1, "is_custom_repeat": 1,
        "repeat_interval": 1, "repeat_day_of_week": [3], "timezone": 8,
    }  # fmt: skip
    assert tips["description"].splitlines()[:2] == ["文章", "发到：大厅"]
    assert [each["userid"] for each in tips["attendees"]] == ["LinYi"], "nobody is named: it is the owner's"
    fair = await club.one("post-fair/2026-12-12")
    assert fair["end_time"] - fair["start_time"] == 3 * 86_400 and fair["reminders"]["is_repeat"] == 0
    assert [each["userid"] for each in fair["attendees"]] == ["zhouzhou"]
    night = await club.one("duty-desk/sat")
    assert night["end_time"] - night["start_time"] == 4 * 3600 and night["reminders"]["is_remind"] == 0
    patrol = await club.one("check-links")
    assert patrol["description"].startswith("1. 看链接\n2. 留档\n") and patrol["reminders"]["repeat_type"] == 0
    [calendar] = club.calendars().values()
    assert {each["userid"] for each in calendar["shares"]} == {"LinYi", "zhouzhou", "ops01"}


@pytest.mark.anyio
async def test_edits_are_written_and_a_series_keeps_its_first_day(club: Club) -> None:
    began = (await club.one("post-tips"))["start_time"]
    await club.days(16)
    await club.converge()
    club.model["calendar"]["tips"] |= {"title": "周四干货", "by": "ops", "lasts": "1h"}
    club.model["calendar"]["tips"]["when"] = {"weekly": ["thu"], "at": "19:30"}
    club.declare()
    assert await club.changed() == [("update", "schedule.post-tips")]
    await club.converge()
    tips = await club.one("post-tips")
    assert (tips["summary"], tips["start_time"]) == ("周四干货", began + 86_400 - 1800)
    assert tips["reminders"]["repeat_day_of_week"] == [4] and tips["end_time"] - tips["start_time"] == 3600
    assert [each["userid"] for each in tips["attendees"]] == ["ops01"]
    assert len(club.standing()) == len(DATES["fair"]) + len(DATES["news"]) + 4


@pytest.mark.anyio
async def test_what_other_hands_changed_is_put_right_and_their_guests_stay(club: Club) -> None:
    tips = await club.one("post-tips")
    tips["summary"] = "改了名"
    tips["attendees"] = [{"userid": "ops01"}]
    tips["reminders"] = {**tips["reminders"], "repeat_interval": 2}
    [calendar] = club.calendars().values()
    calendar["summary"] = "别的"
    calendar["color"] = "#ABCDEF"
    calendar["shares"] = [{"userid": "stranger", "permission": 3}, {"userid": "LINYI", "permission": 1}]
    plan = await club.play.plan()
    assert sorted(each.split("/", 1)[1] for each in plan.drift) == [
        "calendar.team!people", "calendar.team!title", "schedule.post-tips!people", "schedule.post-tips!title",
        "schedule.post-tips!when",
    ]  # fmt: skip
    club.play.rehearsal.member("stranger")
    await club.converge()
    tips = await club.one("post-tips")
    assert tips["summary"] == "周三干货" and tips["reminders"]["repeat_interval"] == 1
    assert [each["userid"].lower() for each in tips["attendees"]] == ["ops01", "linyi"]
    [calendar] = club.calendars().values()
    assert calendar["summary"] == "书友会·社群日历" and calendar["color"] == "#ABCDEF"
    assert {each["userid"].lower(): each["permission"] for each in calendar["shares"]} == {
        "stranger": 3, "linyi": 1, "zhouzhou": 1, "ops01": 1,
    }  # fmt: skip


@pytest.mark.anyio
async def test_what_somebody_cancels_comes_back(club: Club) -> None:
    (await club.one("post-tips"))["status"] = 1
    assert await club.changed() == [("create", "schedule.post-tips")]
    await club.converge()
    assert (await club.one("post-tips"))["status"] == 0


@pytest.mark.anyio
async def test_a_lost_calendar_is_made_again_with_all_that_was_on_it(club: Club) -> None:
    stood, [lost] = len(club.standing()), list(club.calendars())
    kept = club.play.rehearsal.unconfirmed.schedules_after_calendar == "kept"
    for each in list(club.play.rehearsal.corp["schedules"].items()):
        if kept:
            each[1].pop("cal_id")
        else:
            del club.play.rehearsal.corp["schedules"][each[0]]
    del club.calendars()[lost]
    plan = await club.play.plan()
    assert {each.action for each in plan.changes} == ({Action.create, Action.replace} if kept else {Action.create})
    await club.converge()
    [made] = club.calendars()
    assert made != lost and len(club.standing()) == stood
    assert {each["cal_id"] for each in club.standing()} == {made}


@pytest.mark.anyio
async def test_a_date_that_is_over_is_neither_made_nor_changed_nor_removed(club: Club) -> None:
    for _ in range(11):
        assert await club.changed() == []
        await club.days(1)
    # It is the 12th, the day of the fair; the news of the 8th is over.
    over = await club.one("post-news/2026-12-08")
    club.model["calendar"]["news"]["title"] = "晚报"
    club.model["calendar"].pop("fair")
    club.declare()
    changes = await club.changed()
    assert ("delete", "schedule.post-fair/2027-03-06") in changes
    assert not [name for _, name in changes if name.endswith(("2026-12-08", "2026-12-12"))]
    await club.converge()
    assert (over["summary"], over["status"]) == ("早报", 0)
    del club.play.rehearsal.corp["schedules"][await club.id("schedule.post-news/2026-12-08")]
    assert await club.changed() == [], "nobody misses what is over"


@pytest.mark.anyio
async def test_a_date_that_passes_makes_no_reviewed_plan_an_old_one(club: Club) -> None:
    await club.days(6)
    club.model["compliance"]["checklists"]["links"]["steps"] = ["看链接"]
    club.declare()
    saved = await club.play.plan()
    assert [each.address for each in saved.changes] == ["club/schedule.check-links"]
    await club.days(2)  # the news of the 8th are over by now
    report = await club.play.apply(saved)
    assert list(report.done) == ["club/schedule.check-links"]
    (await club.one("post-tips"))["summary"] = "改了名"
    saved = await club.play.plan()
    (await club.one("post-tips"))["summary"] = "又改了"
    with pytest.raises(Refused):
        await club.play.apply(saved)


@pytest.mark.anyio
async def test_each_month_brings_its_own_dates_and_nothing_else(club: Club) -> None:
    await club.days(31)
    assert await club.changed() == [("create", f"schedule.post-news/2027-02-{day}") for day in ("02", "09", "16", "23")]
    await club.converge()
    await club.days(30)
    assert await club.changed() == [], "it is still January"


@pytest.mark.anyio
async def test_who_comes_and_goes_is_let_in_and_taken_out(club: Club) -> None:
    club.model["team"]["duty"]["desk"]["people"] = ["zhou"]
    club.declare()
    changed = await club.changed()
    assert changed == [("update", f"schedule.duty-desk/{days}") for days in ("mon-fri", "sat")] or changed == [
        ("update", "calendar.team"), *(("update", f"schedule.duty-desk/{days}") for days in ("mon-fri", "sat"))
    ]  # fmt: skip
    await club.converge()
    [calendar] = club.calendars().values()
    assert {each["userid"] for each in calendar["shares"]} == {"LinYi", "zhouzhou"}
    assert [each["userid"] for each in (await club.one("duty-desk/sat"))["attendees"]] == ["zhouzhou"]


@pytest.mark.anyio
async def test_somebody_with_whom_it_cannot_be_shared_costs_no_record_and_is_told(tmp_path: Path) -> None:
    there = Club(tmp_path, Unconfirmed())
    del there.play.rehearsal.corp["members"]["ops01"]
    first = await there.play.apply()
    assert not first.failed and len(there.calendars()) == 1
    plan = await there.play.plan()
    assert [(each.action, each.address) for each in plan.changes] == [(Action.update, "club/calendar.team")]
    [failed] = (await there.play.apply(plan)).failed
    assert failed.reason.code == "wecom-error-person" and failed.reason.params["errcode"] == "60111"
    assert len(there.calendars()) == 1


@pytest.mark.anyio
async def test_destroy_takes_all_of_it_away_what_is_over_too(club: Club) -> None:
    await club.days(11)
    await club.converge()
    plan = await club.play.plan(destroy=True)
    order = [each.type for each in plan.changes if each.type in ("calendar", "schedule")]
    assert order == ["schedule"] * (len(order) - 1) + ["calendar"]
    await club.play.apply(plan, approve=frozenset({plan.digest}))
    assert club.standing() == [] and club.calendars() == {}


@pytest.mark.anyio
async def test_what_was_made_without_an_answer_is_found_by_its_mark(club: Club) -> None:
    document = await club.play.document()
    club.model["calendar"]["more"] = {**CLUB["calendar"]["tips"], "title": "周末"}
    club.declare()
    club.play.rehearsal.drop_next("oa/schedule/add")
    report = await club.play.apply()
    assert not report.failed, "it was looked for, and found"
    await club.converge()
    assert [each["summary"] for each in club.standing()].count("周末") == 1
    assert len((await club.play.document()).bindings) == len(document.bindings) + 1


@pytest.mark.anyio
async def test_without_a_team_calendar_there_is_none(tmp_path: Path) -> None:
    there = Club(tmp_path, Unconfirmed())
    file = tmp_path / "groupform.yaml"
    file.write_text(PROJECT.replace("team_chat: no", "team_chat: no, team_calendar: no"), encoding="utf-8")
    assert not [each for each in (await there.play.plan()).changes if each.type in ("calendar", "schedule")]


def outcomes(there: Club) -> dict[str, set[tuple[Outcome, str | None]]]:
    found: dict[str, set[tuple[Outcome, str | None]]] = {}
    deployment = there.play.load()[1]
    empty = Document(lineage="", deployment="club", environment="default")
    for claim in compile_deployment(deployment, empty, there.play.provider).claims:
        found.setdefault(claim.path, set()).add((claim.outcome, claim.reason))
    return found


def test_what_nobody_can_date_says_so(tmp_path: Path) -> None:
    there = Club(tmp_path, Unconfirmed())
    there.model["calendar"]["day3"] = {
        "title": "第三天", "kind": "article", "post": {"text": "好"}, "to": ["hall"],
        "when": {"after": "group_created", "wait": "3d"},
    }  # fmt: skip
    there.model["calendar"]["drum"] = {
        "title": "鼓", "kind": "reminder", "post": {"text": "咚"}, "to": ["hall"], "when": {"rrule": "FREQ=HOURLY"},
    }  # fmt: skip
    there.declare()
    found = outcomes(there)
    assert (Outcome.gap, "wecom-gap-schedule-event") in found["calendar.day3.when.after"]
    assert (Outcome.gap, "wecom-gap-schedule-often") in found["calendar.drum.when.rrule"]
    # It is on the team's calendar, and it is sent: two things, and each is said.
    assert found["calendar.tips.title"] == {(Outcome.native, None), (Outcome.scheduled, "wecom-scheduled")}
    assert (Outcome.native, None) in found["team.duty.desk.hours.mon-fri"]


def test_more_people_than_a_schedule_takes_are_not_left_out_in_silence(tmp_path: Path) -> None:
    there = Club(tmp_path, Unconfirmed())
    crowd = "".join(f"  p{number}: {{name: P, accounts: {{wecom: u{number}}}}}\n" for number in range(1001))
    file = tmp_path / "groupform.yaml"
    file.write_text(PROJECT.replace("connections:\n", f"{crowd}connections:\n", 1), encoding="utf-8")
    there.model["team"]["duty"]["desk"]["people"] = [f"p{number}" for number in range(1001)]
    there.declare()
    deployment = there.play.load()[1]
    compiled = there.play.provider.compile(deployment, refused={})
    [found] = [each for each in compiled.diagnostics if each.code == "wecom-calendar-many"]
    assert (found.params["count"], found.params["limit"]) == (1001, 1000)
