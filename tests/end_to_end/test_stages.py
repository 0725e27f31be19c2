"""Stage and status as the config has them: by a map, or as one tag of the contact at GrowthHub."""

from typing import Any

import pytest

from connectors.sandbox.faults import Fault
from sync.output.progress import SilentProgress
from tests.end_to_end.world import World

ADA: dict[str, Any] = {"email": "ada@example.com"}
TAGS = 'stage = { as = "tags", prefix = "stage:" }'
MAP = 'stage = { map = { "Replied" = "Engaged", "Not Interested" = "Lost", "Bounced" = "Lost" } }'
BOTH = 'stage = { as = "tags", map = { "Replied" = "engaged", "Not Interested" = "lost" } }'


def configure(world: World, *lines: str) -> None:
    world.tables = "\n".join(["[connections.sales.contacts.fields]", *lines, ""])


def linked(world: World, stage: str | None = "Replied", **fields: Any) -> tuple[str, str]:
    """Return the ids of a contact that is on both sides and has come to rest."""
    left = world.gg.add(first_name="Ada", stage=stage, **ADA, **fields)
    settle(world)
    return left, world.links()[left]


def settle(world: World, code: int = 0) -> None:
    """Let two runs bring both sides to rest; the third writes nothing."""
    world.run()
    world.run()
    with world.calls() as calls:
        assert world.run().exit_code == code
    assert calls.writes == []


def tags(world: World, right: str) -> set[str]:
    return set(world.gh.person(right)["tags"])


def open_conflict(world: World) -> str:
    (row,) = world.rows("SELECT id FROM conflict")
    return str(row["id"])


@pytest.fixture
def notes(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The notes that runs report."""
    result: list[str] = []
    monkeypatch.setattr(SilentProgress, "note", lambda _self, text: result.append(text))
    return result


# tags


def test_a_stage_is_one_tag_and_follows_the_stage(world: World) -> None:
    configure(world, TAGS)
    left, right = linked(world, label_names=["VIP"])
    assert tags(world, right) == {"vip", "stage:replied"}
    assert world.gh.field("contact.stage") is None
    world.gg.edit(left, stage="Not Interested")
    settle(world)
    assert tags(world, right) == {"vip", "stage:not interested"}
    world.gg.edit(left, stage=None)
    settle(world)
    assert tags(world, right) == {"vip"}


def test_another_tag_of_the_group_is_another_stage_and_the_groups_tags_are_no_labels(world: World) -> None:
    configure(world, TAGS)
    left, right = linked(world, label_names=["VIP"])
    world.gh.edit(right, tags=["vip", "new", "stage:lost"])
    settle(world)
    person = world.gg.person(left)
    assert (person["stage"], set(person["label_names"])) == ("lost", {"VIP", "new"})


def test_a_label_that_looks_like_a_stage_stays_where_it_is(world: World) -> None:
    configure(world, TAGS)
    left, right = linked(world, label_names=["VIP", "Stage:Fake"])
    assert tags(world, right) == {"vip", "stage:replied"}
    world.gg.edit(left, label_names=["VIP", "Stage:Fake", "stage:other", "hot"])
    settle(world)
    assert tags(world, right) == {"vip", "hot", "stage:replied"}
    assert world.gg.person(left)["label_names"] == ["VIP", "Stage:Fake", "stage:other", "hot"]


def test_two_tags_of_a_group_are_never_guessed_between(world: World, notes: list[str]) -> None:
    configure(world, TAGS)
    left, right = linked(world)
    world.gh.edit(right, tags=["stage:replied", "stage:lost"])
    report = world.run()
    assert report.streams["contacts"].unmapped == 1
    assert [note for note in notes if '"lost, replied" (1)' in note]
    settle(world)
    assert world.gg.person(left)["stage"] == "Replied"
    assert tags(world, right) == {"stage:replied", "stage:lost"}
    world.gh.edit(right, tags=["stage:lost"])
    settle(world)
    assert world.gg.person(left)["stage"] == "lost"


def test_two_tags_of_a_group_and_another_stage_are_a_conflict_for_a_user(world: World) -> None:
    configure(world, TAGS)
    left, right = linked(world)
    world.gg.edit(left, stage="Won")
    world.clock.skip(5)
    world.gh.edit(right, tags=["stage:replied", "stage:lost"])
    settle(world, code=1)
    (conflict,) = world.rows("SELECT field, left_value, right_value FROM conflict")
    assert conflict == {"field": "stage", "left_value": '"Won"', "right_value": '["lost", "replied"]'}
    assert world.sync("conflicts", "resolve", open_conflict(world), "--left").code == 0
    run = world.run().run
    assert tags(world, right) == {"stage:won"}
    settle(world)
    assert world.sync("undo", run).code == 0
    assert tags(world, right) == {"stage:replied", "stage:lost"}


@pytest.mark.parametrize("method", ["POST", "DELETE"])
def test_a_stage_that_was_written_by_half_is_finished_by_the_next_run(world: World, method: str) -> None:
    configure(world, TAGS)
    left, right = linked(world)
    world.gg.edit(left, stage="Won")
    world.gh.faults.append(Fault("drop_before", method=method, path="/tags", times=None))
    world.run()
    world.gh.faults.clear()
    settle(world)
    assert tags(world, right) == {"stage:won"}
    assert world.gg.person(left)["stage"] == "Won"
    assert world.rows("SELECT 1 FROM conflict") == []


def test_what_a_half_written_stage_replaced_is_the_stage_of_before_and_an_undo_puts_it_back(world: World) -> None:
    configure(world, TAGS)
    left, right = linked(world)
    world.gg.edit(left, stage="Won")
    world.gh.faults.append(Fault("drop_before", method="DELETE", path="/tags", times=None))
    world.run()
    world.gh.faults.clear()
    run = world.run().run
    (line,) = world.rows("SELECT old, new FROM history WHERE run = ?", run)
    assert (line["old"], line["new"]) == ('"replied"', '"Won"')
    assert world.sync("undo", run).code == 0
    assert tags(world, right) == {"stage:replied"}


@pytest.mark.parametrize("runs", [0, 1])
def test_an_undo_that_put_a_stage_back_by_half_is_finished_by_the_next(world: World, runs: int) -> None:
    configure(world, TAGS)
    left, right = linked(world)
    world.gg.edit(left, stage="Won")
    run = world.run().run
    world.gh.faults.append(Fault("status", method="DELETE", path="/tags", status=400, times=None))
    world.sync("undo", run)
    world.gh.faults.clear()
    assert tags(world, right) == {"stage:replied", "stage:won"}
    for _ in range(runs):
        world.run()
    assert world.sync("undo", run).code == 0
    assert tags(world, right) == {"stage:replied"}
    settle(world)
    assert (world.gg.person(left)["stage"], tags(world, right)) == ("Won", {"stage:replied"})


def test_an_undo_leaves_a_stage_alone_that_changed_on_the_other_side_since(world: World) -> None:
    configure(world, TAGS)
    left, right = linked(world)
    world.gg.edit(left, stage="Won")
    run = world.run().run
    world.gh.edit(right, tags=["stage:replied", "stage:won"])
    world.gg.edit(left, stage="Lost")
    world.sync("undo", run)
    assert tags(world, right) == {"stage:replied", "stage:won"}


def test_contacts_that_meet_have_one_stage_whatever_its_case(world: World) -> None:
    configure(world, TAGS)
    left = world.gg.add(stage="Replied", **ADA)
    right = world.gh.add(tags=["stage:replied", "vip"], **ADA)
    settle(world)
    assert (world.gg.person(left)["stage"], tags(world, right)) == ("Replied", {"stage:replied", "vip"})


def test_a_stage_that_moves_from_a_field_to_tags_is_met_again(world: World) -> None:
    left, right = linked(world)
    assert world.gh.custom(right, "contact.stage") == "Replied"
    configure(world, TAGS)
    settle(world)
    assert tags(world, right) == {"stage:replied"}
    assert world.gg.person(left)["stage"] == "Replied"


def test_a_contact_from_growthhub_brings_the_stage_along(world: World) -> None:
    configure(world, TAGS)
    right = world.gh.add(firstName="Bo", email="bo@example.com", tags=["stage:lost", "vip"])
    both = world.gh.add(firstName="Cy", email="cy@example.com", tags=["stage:lost", "stage:won"])
    settle(world)
    assert world.at_left(right)["stage"] == "lost"
    assert world.at_left(right)["label_names"] == ["vip"]
    assert world.at_left(both)["stage"] is None
    world.gh.edit(both, tags=["stage:won"])
    settle(world)
    assert world.at_left(both)["stage"] == "won"


# maps


def test_a_stage_goes_over_and_back_in_the_words_of_the_map(world: World) -> None:
    configure(world, MAP)
    left, right = linked(world, "REPLIED")
    assert world.gh.custom(right, "contact.stage") == "Engaged"
    world.gg.edit(left, stage="Bounced")
    settle(world)
    assert world.gh.custom(right, "contact.stage") == "Lost"
    world.gh.edit(right, custom={"contact.stage": "engaged"})
    settle(world)
    assert world.gg.person(left)["stage"] == "Replied"


@pytest.mark.parametrize("value", ["Unheard of", "Lost"])
def test_a_value_that_the_map_gives_no_name_is_not_written_and_named_once(
    world: World, notes: list[str], value: str
) -> None:
    configure(world, MAP)
    left, right = linked(world)
    world.gh.edit(right, custom={"contact.stage": value})
    notes.clear()
    report = world.run()
    assert report.exit_code == 0
    assert report.streams["contacts"].unmapped == 1
    assert [note for note in notes if f'"{value}" (1)' in note] == [
        f'gh: values of stage without a counterpart at gg, left alone: "{value}" (1)'
    ]
    settle(world)
    assert world.gg.person(left)["stage"] == "Replied"
    assert world.gh.custom(right, "contact.stage") == value


def test_a_value_that_has_no_name_is_overwritten_only_as_a_conflict_with_both_values_kept(world: World) -> None:
    configure(world, MAP)
    left, right = linked(world)
    world.gg.edit(left, stage="Unheard of")
    world.run()
    world.clock.skip(5)
    world.gh.edit(right, custom={"contact.stage": "Engaged again"})
    world.clock.skip(5)
    world.gh.edit(right, custom={"contact.stage": "Lost"})
    world.run()
    assert world.gg.person(left)["stage"] == "Unheard of"  # "Lost" stands for two
    configure(world, MAP.replace(', "Bounced" = "Lost"', ""))
    settle(world)
    assert world.gg.person(left)["stage"] == "Not Interested"
    (row,) = world.rows("SELECT old, new, rule FROM history WHERE field = 'stage' AND account = 'gg'")
    assert row == {"old": '"Unheard of"', "new": '"Not Interested"', "rule": "newest"}


def test_a_value_gets_through_once_the_map_has_it(world: World) -> None:
    configure(world, MAP)
    left, right = linked(world, "Unheard of")
    assert world.gh.custom(right, "contact.stage") is None
    configure(world, MAP.replace("{ map = {", '{ map = { "Unheard of" = "Heard",'))
    settle(world)
    assert world.gh.custom(right, "contact.stage") == "Heard"
    assert world.gg.person(left)["stage"] == "Unheard of"


def test_a_map_of_the_right_words_works_for_tags_too(world: World) -> None:
    configure(world, BOTH)
    left, right = linked(world)
    assert tags(world, right) == {"stage:engaged"}
    world.gh.edit(right, tags=["stage:lost"])
    settle(world)
    assert world.gg.person(left)["stage"] == "Not Interested"


def test_a_user_may_settle_a_conflict_in_the_words_of_either_side(world: World) -> None:
    configure(world, MAP)
    world.contacts["conflicts"] = '"manual"'
    for number, (typed, left_value, right_value) in enumerate(
        [("replied", "replied", "Engaged"), ("Engaged", "Replied", "Engaged")]
    ):
        left = world.gg.add(stage="Not Interested", email=f"p{number}@example.com")
        right = world.gh.add(custom={"contact.stage": "Engaged too"}, email=f"p{number}@example.com")
        world.run()
        assert world.sync("conflicts", "resolve", open_conflict(world), "--value", typed).code == 0
        settle(world)
        assert world.gg.person(left)["stage"] == left_value
        assert world.gh.custom(right, "contact.stage") == right_value
    world.gg.edit(left, stage="Bounced")
    world.gh.edit(right, custom={"contact.stage": "x"})
    world.run()
    refused = world.sync("conflicts", "resolve", open_conflict(world), "--value", "Unheard of")
    assert refused.code == 2
    assert "the map of stage" in refused.err


def test_do_not_contact_is_recognised_by_the_stage_whatever_the_map_makes_of_it(world: World) -> None:
    configure(world, 'stage = { as = "tags", map = { "Replied" = "engaged", "Do Not Contact" = "blocked" } }')
    left, right = linked(world)
    world.gh.edit(right, tags=["stage:blocked"])
    settle(world)
    assert (world.gg.person(left)["stage"], world.gh.person(right)["dnd"]) == ("Do Not Contact", True)
    world.gh.edit(right, tags=["stage:engaged"])
    settle(world)
    assert (world.gg.person(left)["stage"], world.gh.person(right)["dnd"]) == ("Do Not Contact", True)
