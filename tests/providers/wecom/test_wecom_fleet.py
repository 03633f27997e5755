"""Three hundred stores: found, bound, drifted and found again in as few requests as the facts allow."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from groupform.engine.plan import Action
from providers.wecom.wecom_stage import Stage, stage

EXAMPLES = Path(__file__).parents[3] / "examples"
STORES = 300
LISTS = ("gettoken", "externalcontact/get_corp_tag_list", "kf/account/list", "kf/knowledge/list_group")
LISTS += ("kf/knowledge/list_intent", "externalcontact/groupchat/list")


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


def fleet(folder: Path, owners: int = 1) -> Stage:
    shutil.copytree(EXAMPLES / "store-coupons", folder)
    rows = [f"s{number},门店{number},sh,ops{number % owners},\n" for number in range(STORES)]
    (folder / "communities" / "stores.csv").write_text("id,store,city,owner,previously\n" + "".join(rows), "utf-8")
    file = folder / "groupform.yaml"
    people = "".join(
        f"  ops{number}: {{name: 店长{number}, accounts: {{wecom: Ops{number}}}}}\n" for number in range(owners)
    )
    text = file.read_text(encoding="utf-8")
    text = text.replace("connections:\n", f"{people}\nconnections:\n", 1)
    home = "  stores-home: {community: store-coupons, connection: home}\n"
    assert home in text
    file.write_text(text.replace(home, ""), encoding="utf-8")
    play = stage(folder, "stores-wecom")
    for number in range(owners):
        play.rehearsal.member(f"Ops{number}")
    return play


@pytest.mark.anyio
@pytest.mark.parametrize(("owners", "pages"), [(1, 1), (150, 2)])
async def test_three_hundred_stores(tmp_path: Path, owners: int, pages: int) -> None:
    play = fleet(tmp_path / "stores", owners)
    first = await play.plan()
    assert dict(play.asked()) == dict.fromkeys(LISTS, 1) | {"externalcontact/groupchat/list": pages}
    assert sum(each.what.code == "wecom-step-group-create" for each in first.steps) == STORES
    await play.apply(first)

    # Half of the managers make theirs, in their own spelling; strangers' groups stand among them.
    steps = [each for each in (await play.plan()).steps if each.what.code == "wecom-step-group-create"]
    for step in steps[::2]:
        words = step.what.params
        play.rehearsal.person.create_group(words["owner"].upper().replace("OPS", "ops"), f" {words['title']} ")
    play.rehearsal.person.create_group("Ops0", "另一个群")
    asked = len(play.rehearsal.seen)
    plan = await play.plan()
    assert play.asked(asked)["externalcontact/groupchat/get"] == STORES // 2 + 1
    bound = [each for each in plan.changes if each.action is Action.bind]
    assert len(bound) == STORES // 2
    assert sum(each.what.code == "wecom-step-group-create" for each in plan.steps) == STORES // 2
    # Under the lock everything is looked at once more, since a plan may have waited for its review; and never again.
    asked = len(play.rehearsal.seen)
    report = await play.apply(plan)
    assert play.asked(asked)["externalcontact/groupchat/get"] == STORES // 2 + 1
    assert play.asked(asked)["externalcontact/groupchat/list"] == pages
    assert len(report.done) >= STORES // 2
    await play.settle()

    asked = len(play.rehearsal.seen)
    last = await play.plan()
    assert last.empty and not last.steps and not last.waiting
    counts = dict(play.asked(asked))
    assert counts == dict.fromkeys(LISTS, 1) | {
        "externalcontact/groupchat/list": pages,
        # A stranger's group of an owner may be one that the platform made to follow a full one: its name tells.
        "externalcontact/groupchat/get": STORES + 1,
        "externalcontact/groupchat/get_join_way": STORES,
        "externalcontact/group_welcome_template/get": 1,
        "kf/servicer/list": 1,
        "oa/calendar/get": 1,
        "oa/schedule/get_by_calendar": 1,
    }
    assert play.rehearsal.objections == []

    # Somebody renames a tenth of them: that many steps, nothing made or removed.
    document = await play.document()
    chats = [each.id for address, each in document.bindings.items() if "/group." in address]
    for chat in chats[::10]:
        play.rehearsal.person.rename(chat, "改了名")
    drifted = await play.plan()
    assert drifted.empty
    assert len([each for each in drifted.steps if each.key.endswith("!title")]) == STORES // 10
