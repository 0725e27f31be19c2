"""A field that is one tag of a contact: read, written, and all other tags left alone."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.contact import Value
from connectors.growthhub.connector import GrowthHub
from connectors.growthhub.tag_groups import TagGroups
from connectors.growthhub.write_effect import tag_changes
from connectors.sandbox.faults import Fault
from tests.connectors.growthhub.world import World

GROUPS = TagGroups({"stage": "stage:", "status": "Status / "})


@pytest.mark.parametrize(
    ("tags", "stage", "plain"),
    [
        (("vip",), None, ("vip",)),
        (("stage:replied", "vip"), "replied", ("vip",)),
        (("STAGE: Replied",), "Replied", ()),
        (("stage:replied", "Stage: REPLIED"), "replied", ()),
        (("stage:replied", "vip", "stage:lost"), ("lost", "replied"), ("vip",)),
        (("stage:", "stage"), None, ("stage",)),
        (("backstage:door",), None, ("backstage:door",)),
    ],
)
def test_one_tag_of_a_group_is_a_value_and_several_are_not_guessed_between(
    tags: tuple[str, ...], stage: Value, plain: tuple[str, ...]
) -> None:
    assert GROUPS.values(tags) == {"stage": stage, "status": None}
    assert GROUPS.plain(tags) == plain


NAMES = ("vip", "lead", "stage:replied", "Stage:Lost", "stage:", "status / ongoing", "status", "STATUS / on hold")
TAGS = st.lists(st.sampled_from(NAMES), unique_by=str.casefold).map(tuple)
PLAIN = st.none() | st.lists(st.sampled_from(("vip", "new", "cold call")), min_size=1, unique=True).map(tuple)
STAGES = st.sampled_from((None, "Won", ("replied", "won")))
CHANGES = st.fixed_dictionaries({}, optional={"tags": PLAIN, "stage": STAGES, "status": st.none() | st.just("On Hold")})


@given(TAGS, CHANGES)
def test_what_is_written_is_what_is_read_and_everything_else_is_left_alone(
    before: tuple[str, ...], changes: dict[str, Any]
) -> None:
    added, gone = tag_changes(before, GROUPS.wanted(before, changes))
    after = (*(tag for tag in before if tag not in gone), *added)
    written = {name: value.lower() if isinstance(value, str) else value for name, value in changes.items()}
    assert shown(after) == {**shown(before), **{name: folded(value) for name, value in written.items()}}
    assert tag_changes(after, GROUPS.wanted(after, changes)) == ([], [])


def shown(tags: tuple[str, ...]) -> dict[str, Any]:
    values = {**GROUPS.values(tags), "tags": GROUPS.plain(tags) or None}
    return {name: folded(value) for name, value in values.items()}


def folded(value: Value) -> Any:
    return set(value) if isinstance(value, tuple) else value


def tagged(world: World) -> GrowthHub:
    return world.connect(groups={"stage": "stage:"})


def test_the_stage_of_a_new_contact_is_a_tag_of_the_same_call(world: World) -> None:
    hub = tagged(world)
    answer = hub.create_contact({"first_name": "Ann", "stage": "Replied", "tags": ("vip",)}, None)
    assert [call for call in world.calls() if not call.startswith("GET")] == ["POST /contacts/"]
    (person,) = world.sandbox.people()
    assert person["tags"] == ["vip", "stage:replied"]
    shown = hub.to_contact(answer.raw, {}).fields
    assert (shown["stage"], shown["tags"], answer.refused) == ("replied", ("vip",), frozenset())


def test_another_stage_takes_the_place_of_the_old_one_and_leaves_all_other_tags(world: World) -> None:
    hub = tagged(world)
    record_id = world.sandbox.add(firstName="Ann", tags=["vip", "stage:replied", "stage:old"])
    raw = hub.read_record(record_id).records[0]
    answer = hub.update_contact(raw, {}, {"stage": "Lost"}, None)
    assert world.sandbox.person(record_id)["tags"] == ["vip", "stage:lost"]
    assert answer.refused == frozenset()
    assert hub.values_after_write(answer.raw, {}, {"stage": "Lost"}) == {"stage": "lost"}
    assert hub.count_write_calls(raw, {"stage": "Lost"}) == 2
    hub.update_contact(answer.raw, {}, {"stage": None}, None)
    assert world.sandbox.person(record_id)["tags"] == ["vip"]


def test_tags_and_a_stage_go_together_in_one_call_each_way(world: World) -> None:
    hub = tagged(world)
    record_id = world.sandbox.add(firstName="Ann", tags=["vip", "stage:replied"])
    raw = hub.read_record(record_id).records[0]
    hub.to_contact(raw, {})
    world.calls()
    hub.update_contact(raw, {}, {"stage": "Lost", "tags": ("cold",), "city": "Rome"}, None)
    writes = [call.partition(" ")[0] for call in world.calls() if not call.startswith("GET")]
    assert writes == ["PUT", "POST", "DELETE"]
    assert set(world.sandbox.person(record_id)["tags"]) == {"cold", "stage:lost"}


def test_the_new_stage_is_there_before_the_old_one_goes(world: World) -> None:
    hub = tagged(world)
    record_id = world.sandbox.add(firstName="Ann", tags=["stage:replied"])
    raw = hub.read_record(record_id).records[0]
    world.sandbox.faults.append(Fault("status", method="DELETE", path="/tags", status=400, times=None))
    answer = hub.update_contact(raw, {}, {"stage": "Lost"}, None)
    assert answer.refused == {"stage"}  # of two calls one took effect, and the other is listed
    assert "400" in answer.rejected["stage"]
    assert world.sandbox.person(record_id)["tags"] == ["stage:replied", "stage:lost"]


def test_a_location_that_takes_no_tags_refuses_the_stage(world: World) -> None:
    hub = tagged(world)
    record_id = world.sandbox.add(firstName="Ann")
    world.sandbox.quirks.drops = frozenset({"tags"})
    answer = hub.update_contact(hub.read_record(record_id).records[0], {}, {"stage": "Lost"}, None)
    assert answer.refused == {"stage"}


def test_a_field_that_is_a_tag_needs_no_custom_field(world: World) -> None:
    hub = tagged(world)
    assert "stage" in hub.mappable_fields
    assert not [key for key in hub.missing_places(hub.mappable_fields) if key == "contact.stage"]
    assert [finding.problem for finding in hub.check_account(fix=True) if "contact.stage" in finding.problem] == []
    assert world.sandbox.field("contact.stage") is None
