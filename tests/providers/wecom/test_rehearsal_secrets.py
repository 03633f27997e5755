"""A platform that repeats what it was sent: no plan, report or state holds the secret, a token, an address."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from groupform.config.diagnostics import Refused as Stopped
from groupform.messages import LANGUAGES, Catalogue
from groupform.providers.wecom.rehearsal import Refused
from groupform.providers.wecom.rehearsal.server import HERE
from providers.wecom.wecom_stage import ENVIRON, Stage, stage

pytestmark = pytest.mark.anyio

EXAMPLES = Path(__file__).parents[3] / "examples"
ROOM = "externalcontact/"


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


def secrets(play: Stage) -> list[str]:
    return [ENVIRON["WECOM_SECRET"], *play.rehearsal.corp["tokens"], HERE]


def talkative(play: Stage) -> None:
    """From now on each refusal tells the secret, the newest token and the caller's address."""

    def words(refused: Refused) -> str:
        return f"{refused.why}: {' '.join(secrets(play)[-2:])} {ENVIRON['WECOM_SECRET']}, from ip: {HERE}, more info at https://a.example"

    play.rehearsal._words = words  # type: ignore[method-assign]


@pytest.mark.parametrize("code", [60011, 40058, 48002, -1, 99999, 41055])
async def test_what_the_platform_gives_back_goes_no_further(tmp_path: Path, code: int) -> None:
    folder = tmp_path / "project"
    shutil.copytree(EXAMPLES / "pet-club", folder)
    play = stage(folder, "pet-club-wecom")
    talkative(play)
    shown: list[str] = []
    plan = await play.plan()
    shown.append(repr(plan))
    for path in (
        f"{ROOM}add_corp_tag",
        f"{ROOM}group_welcome_template/add",
        "kf/account/add",
        f"{ROOM}add_contact_way",
    ):
        play.rehearsal.fail_next(path, code, times=9)
    report = await play.apply(plan)
    assert report.failed or report.stopped
    shown.append(repr(report))
    for path in (f"{ROOM}get_corp_tag_list", f"{ROOM}get_contact_way", f"{ROOM}groupchat/list"):
        play.rehearsal.fail_next(path, code, times=9)
    with pytest.raises(Stopped) as stopped:
        await play.plan()
    told = [(each.reason.code, each.reason.params) for each in report.failed]
    told += [(each.code, each.params) for each in stopped.value.diagnostics]
    shown += [Catalogue(language).text(code_, **params) for code_, params in told for language in LANGUAGES]
    shown += [Catalogue(language).hint(code_, **params) or "" for code_, params in told for language in LANGUAGES]
    shown += [each.read_text("utf-8", "replace") for each in (folder / "state").rglob("*") if each.is_file()]
    assert len(secrets(play)) > 2
    for secret in secrets(play):
        assert not [each for each in shown if secret in each], secret


async def test_the_address_is_named_where_it_is_to_be_put_on_a_list_and_nowhere_else(tmp_path: Path) -> None:
    folder = tmp_path / "project"
    shutil.copytree(EXAMPLES / "pet-club", folder)
    play = stage(folder, "pet-club-wecom")
    play.rehearsal.person.set_app(addresses=["198.51.100.1"])
    with pytest.raises(Stopped) as stopped:
        await play.plan()
    [told] = stopped.value.diagnostics
    assert told.code == "wecom-error-address-not-allowed"
    assert all(HERE in (Catalogue(language).hint(told.code, **told.params) or "") for language in LANGUAGES)
    play.rehearsal.person.set_app(addresses=[HERE])
    await play.settle()
    state = [each.read_text("utf-8", "replace") for each in (folder / "state").rglob("*") if each.is_file()]
    assert not [each for each in state if HERE in each]
