"""What an adopted object keeps holds for as long as the files ask for just that, and not a moment longer."""

from __future__ import annotations

from typing import Annotated, Any

from typing_extensions import TypedDict

from groupform.compile.address import Address
from groupform.compile.resource import Claim, Compiled, Form, Outcome, Resource
from groupform.engine.forms import NOT_NEEDED, readdressed, settled, with_forms
from groupform.engine.resource_type import Owned, RefTo, ResourceType


class Hall(TypedDict, total=False):
    name: str
    door: str
    allow: Annotated[list[str], RefTo("hall")]
    levels: Annotated[dict[str, int], Owned()]
    tags: Annotated[list[str], Owned()]


KIND = ResourceType("hall", Hall)
TYPES = {"hall": KIND}


def hall(key: str, *, support: bool = False, **attributes: Any) -> Resource:
    return Resource(Address("home", "hall", key), attributes, key, support=support)


def test_a_value_is_replaced_by_its_form_or_left_alone() -> None:
    made = settled(
        hall("a", name="A", door="open"),
        KIND,
        [Form({"name": "A"}, {"name": " a "}), Form({"door": "open"}, {})],
    )
    assert made.attributes == {"name": " a "}
    assert len(made.forms) == 2


def test_a_form_ends_with_the_first_change_of_any_value_it_was_kept_for() -> None:
    form = Form({"name": "A", "door": "open"}, {"name": "a"})
    made = settled(hall("a", name="A", door="link"), KIND, [form])
    assert made.attributes == {"name": "A", "door": "link"}
    assert made.forms == ()
    assert settled(hall("a", door="open"), KIND, [form]).forms == ()


def test_of_a_shared_collection_single_elements_are_kept() -> None:
    levels = {"invite": 50, "kick": 50, "ban": 50}
    made = settled(
        hall("a", levels=levels, tags=["x", "y"]),
        KIND,
        [
            Form({"levels": {"invite": 50}}, {"levels": {"invite": 60}}),
            Form({"levels": {"kick": 50}}, {}),
            Form({"levels": {"ban": 100}}, {}),
            Form({"tags": ["x"]}, {"tags": ["X"]}),
        ],
    )
    assert made.attributes == {"levels": {"invite": 60, "ban": 50}, "tags": ["y", "X"]}
    assert levels == {"invite": 50, "kick": 50, "ban": 50}


def test_forms_speak_of_addresses_by_their_new_names() -> None:
    before = Form({"allow": ["home/hall.old", "external:x"]}, {"allow": ["home/hall.old"]})
    (after,) = readdressed([before], KIND, {"home/hall.old": "home/hall.new"})
    assert after == Form({"allow": ["home/hall.new", "external:x"]}, {"allow": ["home/hall.new"]})


def compiled() -> Compiled:
    team, key = hall("team", support=True), hall("key", support=True, allow=["home/hall.team"])
    lobby = hall("lobby", allow=["home/hall.team"])
    claims = tuple(Claim(each.label, Outcome.native, each.address, "name") for each in (team, key, lobby))
    return Compiled((team, key, lobby), claims)


def names(made: Compiled) -> list[str]:
    return [each.label for each in made.resources]


def test_what_is_there_for_others_is_left_out_where_nothing_needs_it() -> None:
    forms = {"home/hall.lobby": [Form({"allow": ["home/hall.team"]}, {"allow": []})]}
    made = with_forms(compiled(), forms, TYPES)
    assert names(made) == ["lobby"]
    # Nothing declared is dropped in silence: its leaves have a claim, with the reason.
    assert [(each.path, each.reason) for each in made.claims] == [
        ("team", NOT_NEEDED),
        ("key", NOT_NEEDED),
        ("lobby", None),
    ]


def test_what_is_needed_comes_with_all_that_hangs_on_it() -> None:
    forms = {"home/hall.lobby": [Form({"allow": ["home/hall.other"]}, {"allow": []})]}
    assert names(with_forms(compiled(), forms, TYPES)) == ["team", "key", "lobby"]


def test_what_is_bound_stays() -> None:
    forms = {"home/hall.lobby": [Form({"allow": ["home/hall.team"]}, {"allow": []})]}
    assert names(with_forms(compiled(), forms, TYPES, {"home/hall.team": object()})) == ["team", "key", "lobby"]


def test_without_adoption_nothing_is_left_out() -> None:
    whole = compiled()
    assert with_forms(whole, {}, TYPES) is whole
