"""What a user typed is that user's: a marker in such a note takes no message's place, and the note stays."""

from typing import Any

import pytest

from connectors.sandbox.faults import Fault
from tests.end_to_end.message_world import Office, minutes
from tests.end_to_end.test_messages import deleted, nothing_more, streams
from tests.end_to_end.world import World


def typed(message: str, words: str = "Ask her about [growthgenius-message:{}]") -> str:
    return words.format(message)


def forget_everything(office: Office) -> None:
    for ending in ("", "-wal", "-shm"):
        office.world.state_path.with_name(f"sync.db{ending}").unlink(missing_ok=True)


def test_a_message_is_carried_although_a_user_typed_its_marker(office: Office) -> None:
    left, right = office.person("ann")
    message = office.write(left, "Hello", at=minutes(-5))
    own = typed(message)
    office.world.gh.add_note(right, own)
    report = office.world.run()
    assert streams(report)["messages"]["gh"]["created"] == 1
    assert own in office.notes(right)
    assert len(office.notes(right)) == 2
    nothing_more(office)


@pytest.mark.parametrize("deletes", ["ignore", "propagate"])
def test_the_note_of_a_user_outlives_edits_and_deletions_of_the_message(office: Office, deletes: str) -> None:
    office.world.contacts["deletes"] = f'"{deletes}"'
    left, right = office.person("ann")
    message = office.write(left, "Hello", at=minutes(-5))
    own = typed(message, "Hello\n\n[growthgenius-message:{}]")
    office.world.gh.add_note(right, own)
    office.world.run()
    office.world.gg.edit_message(message, rendered_copy="Hello again")
    office.world.run(whole=True, deep=True)
    assert own in office.notes(right)
    assert any("Hello again" in each for each in office.notes(right))
    deleted(office.world, message)
    office.world.run(whole=True, deep=True)
    assert own in office.notes(right)


def test_a_typed_marker_is_no_second_copy(office: Office) -> None:
    left, right = office.person("ann")
    message = office.write(left, "Hello", at=minutes(-5))
    office.world.run()
    office.world.gh.add_note(right, typed(message))
    assert streams(office.world.run(whole=True, deep=True))["messages"]["failed"] == 0
    report = office.world.run(whole=True, dry_run=True, compared=True)
    assert report.comparison is not None
    assert report.comparison.agree


def test_with_the_state_lost_our_note_is_known_and_the_typed_one_is_not(office: Office) -> None:
    left, right = office.person("ann")
    message = office.write(left, "Hello", at=minutes(-5))
    office.world.run()
    office.world.gh.add_note(right, typed(message))
    before = office.notes(right)
    forget_everything(office)
    assert streams(office.world.run())["messages"]["gh"]["created"] == 0
    assert office.notes(right) == before
    office.world.gg.edit_message(message, rendered_copy="Hello again")
    office.world.run(whole=True)
    assert [each for each in office.notes(right) if each not in before] == [before[0].replace("Hello", "Hello again")]
    assert typed(message) in office.notes(right)


def test_with_the_state_lost_a_note_that_a_user_edited_is_known_and_not_overwritten(office: Office) -> None:
    left, right = office.person("ann")
    message = office.write(left, "Hello", at=minutes(-5))
    office.world.run()
    (note,) = office.world.gh.notes(right)
    office.world.gh.edit_note(right, note["id"], body=f"{note['body']}\nShe likes tea.")
    before = office.notes(right)
    forget_everything(office)
    assert streams(office.world.run())["messages"]["gh"]["created"] == 0
    office.world.gg.edit_message(message, rendered_copy="Hello again")
    found: Any = streams(office.world.run(whole=True))["messages"]
    assert (found["conflicts"], office.notes(right)) == (1, before)


@pytest.mark.parametrize("kind", ["reset_before", "reset_after"])
def test_a_lost_answer_is_not_found_in_the_note_of_a_user(office: Office, kind: Any) -> None:
    left, right = office.person("ann")
    message = office.write(left, "Hello", at=minutes(-5))
    office.world.gh.add_note(right, typed(message))
    office.world.gh.faults.append(Fault(kind, method="POST", path="/notes", times=1))
    for _ in range(3):
        office.world.run(skip=90)
    assert len(office.notes(right)) == 2
    assert typed(message) in office.notes(right)


SOURCE_ID = "contact.growthgenius_id"


def test_a_typed_source_id_gives_no_contact_to_another_contact(world: World) -> None:
    left = world.gg.add(first_name="Ann", last_name="Ames", email="ann@example.com")
    right = world.gh.add(firstName="Bo", lastName="Li", email="bo@example.com", custom={SOURCE_ID: left})
    report = world.run()
    assert (report.exit_code, world.links()) == (1, {})
    assert sorted(row["record_id"] for row in world.rows("SELECT record_id FROM failure")) == sorted([left, right])
    assert world.gg.person(left)["email"] == "ann@example.com"
    assert world.gh.person(right)["email"] == "bo@example.com"
    world.gh.edit(right, custom={SOURCE_ID: ""})
    assert [world.run().exit_code for _ in range(2)][-1] == 0
    assert len(world.links()) == 2
    assert (len(world.gg.people()), len(world.gh.people())) == (2, 2)


def test_an_id_alone_makes_no_one_of_two_contacts_and_forgets_no_stranger(world: World) -> None:
    left = world.gg.add(first_name="Ana", last_name="Ames", email="ana@example.com")
    right = world.gh.add(firstName="Bob", lastName="Berg", custom={SOURCE_ID: left})
    assert (world.run().exit_code, world.links()) == (1, {})
    assert sorted(row["record_id"] for row in world.rows("SELECT record_id FROM failure")) == sorted([left, right])
    assert world.gg.person(left)["first_name"] == "Ana"
    assert world.gh.person(right)["firstName"] == "Bob"
    assert world.sync("forget", f"gg:{left}").code == 0
    assert world.rows("SELECT id FROM person") == [{"id": right}]


def test_a_typed_source_id_of_a_contact_that_is_linked_means_nothing(world: World) -> None:
    left = world.gg.add(first_name="Ann", last_name="Ames", email="ann@example.com")
    world.run()
    bo = world.gh.add(firstName="Bo", lastName="Li", email="bo@example.com", custom={SOURCE_ID: left})
    assert world.run().exit_code == 0
    assert world.gh.person(bo)["email"] == "bo@example.com"
    assert world.at_left(bo)["first_name"] == "Bo"
    assert world.at_right(left)["firstName"] == "Ann"


def test_a_typed_source_id_does_not_keep_two_contacts_that_share_an_e_mail_apart(world: World) -> None:
    left = world.gg.add(first_name="Ann", last_name="Ames", email="ann@example.com")
    own = world.gh.add(firstName="Ann", lastName="Ames", email="ann@example.com")
    world.gh.add(firstName="Bo", lastName="Li", email="bo@example.com", custom={SOURCE_ID: left})
    world.run()
    assert world.links()[left] == own


def test_a_refused_create_is_not_found_in_a_record_with_a_typed_source_id(world: World) -> None:
    left = world.gg.add(first_name="Ann", last_name="Ames", email="ann@example.com")
    typed: list[str] = []

    def meanwhile(call: Any) -> None:
        if call.method == "POST" and call.path == "/contacts/" and not typed:
            world.gh.quirks.unknown_properties = frozenset({"firstName", "lastName", "email"})
            typed.append(world.gh.add(firstName="Bo", email="bo@example.com", custom={SOURCE_ID: left}))

    world.gh.before_answer = meanwhile
    world.run()
    assert len(typed) == 1
    assert world.links() != {left: typed[0]}
    assert world.gh.person(typed[0])["email"] == "bo@example.com"
