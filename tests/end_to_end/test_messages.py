from typing import Any

import pytest

from connectors.growthgenius.sandbox.server import Behaviour
from connectors.sandbox.faults import Fault
from sync.output.report import RunReport
from tests.end_to_end.message_world import Office, made, minutes
from tests.end_to_end.world import World


def streams(report: RunReport) -> dict[str, Any]:
    document = report.to_json()
    assert document["errors"] == []
    return dict(document["streams"])


def counts(report: RunReport) -> tuple[dict[str, int], dict[str, int]]:
    messages = streams(report)["messages"]
    return messages["gg"], messages["gh"]


def kept(office: Office) -> tuple[Any, Any]:
    world = office.world
    return world.gg.messages(), [world.gh.notes(each) for each in world.links().values()]


def nothing_more(office: Office) -> None:
    """Run once more, and see that nothing is written."""
    before = kept(office)
    with office.world.calls() as calls:
        report = office.world.run()
    assert streams(report)["messages"]["failed"] == 0
    assert calls.writes == []
    assert before == (
        office.world.gg.messages(),
        [office.world.gh.notes(each) for each in office.world.links().values()],
    )


def test_a_message_becomes_one_note_on_the_linked_contact(office: Office) -> None:
    left, right = office.person("ann")
    office.write(left, "Good to meet you", rendered_subject="Hello", at=minutes(-5))
    gg, gh = counts(office.world.run())
    assert (gg["created"], gh["created"]) == (0, 1)
    (note,) = office.notes(right)
    assert "Hello" in note
    assert "Good to meet you" in note
    assert "[growthgenius-message:" in note
    nothing_more(office)


def test_a_message_of_growthhub_becomes_one_of_growthgenius_with_its_kind_and_time(office: Office) -> None:
    left, right = office.person("ann")
    office.world.gh.add_message(right, "SMS", "inbound", "Call me", at=minutes(-5))
    gg, gh = counts(office.world.run())
    assert (gg["created"], gh["created"]) == (1, 0)
    (message,) = office.world.gg.messages()
    assert str(message["contact_id"]) == left
    assert message["rendered_copy"] == "Call me"
    assert message["message_type"] == "sms"
    nothing_more(office)


def test_the_text_of_an_email_is_fetched_and_made_readable(office: Office) -> None:
    left, right = office.person("ann")
    office.world.gh.add_message(
        right, "Email", "outbound", "<p>Dear Ann,</p><p>see you</p>", at=minutes(-5), subject="Monday",
        contentType="text/html",
    )  # fmt: skip
    office.world.run()
    (message,) = office.world.gg.messages()
    assert str(message["contact_id"]) == left
    assert message["rendered_subject"] == "Monday"
    assert message["rendered_copy"].split() == ["Dear", "Ann,", "see", "you"]
    nothing_more(office)


def test_copies_are_created_in_the_order_in_which_messages_were_sent(office: Office) -> None:
    left, right = office.person("ann")
    for minute in (-3, -9, -1, -7, -5):
        office.write(left, f"minute {minute}", at=minutes(minute))
    office.world.run()
    texts = [next(line for line in note.splitlines() if line.startswith("minute")) for note in office.notes(right)]
    assert texts == [f"minute {minute}" for minute in (-9, -7, -5, -3, -1)]


def test_a_message_brings_its_contact_along(office: Office) -> None:
    left = office.world.gg.add(first_name="Ann", email="ann@example.com", at=minutes(-60))
    office.write(left, "Hello", at=minutes(-5))
    report = office.world.run(streams=("messages",))
    assert streams(report)["contacts"]["gh"]["created"] == 1
    assert streams(report)["messages"]["gh"]["created"] == 1
    (right,) = office.world.links().values()
    assert len(office.notes(right)) == 1


def test_a_message_of_a_contact_that_is_left_out_waits_until_the_contact_is_synced(office: Office) -> None:
    world = office.world
    world.contacts["only"] = '{ left = { tags = ["sync"] } }'
    left = world.gg.add(first_name="Ann", email="ann@example.com", at=minutes(-60))
    office.write(left, "Hello", at=minutes(-2000))
    assert streams(world.run())["messages"]["left_out"] == 1
    with world.calls() as calls:
        report = world.run()
    assert (report.exit_code, calls.writes) == (0, [])
    world.gg.edit(left, label_names=["sync"])
    assert streams(world.run())["messages"]["gh"]["created"] == 1
    nothing_more(office)


def test_a_message_of_a_contact_that_failed_is_listed_and_goes_with_the_contact(
    office: Office,
) -> None:
    world = office.world
    world.gh.faults.append(Fault("status", "POST", "/contacts/$", status=422, body={"message": ["no"]}, times=9))
    left = world.gg.add(first_name="Ann", email="ann@example.com", at=minutes(-60))
    message = office.write(left, "Hello", at=minutes(-5))
    report = world.run()
    assert report.exit_code == 1
    assert streams(report)["messages"]["failed"] == 1
    (failure,) = world.rows("SELECT * FROM failure WHERE stream = 'messages'")
    assert (failure["record_id"], failure["who"]) == (message, "ann@example.com")
    world.gh.faults.clear()
    world.gg.edit(left, title="Boss")
    report = world.run()
    assert (report.exit_code, streams(report)["messages"]["gh"]["created"]) == (0, 1)


def test_an_edited_message_changes_its_note_and_the_history_keeps_what_it_showed(office: Office) -> None:
    left, right = office.person("ann")
    message = office.write(left, "Hello", at=minutes(-5))
    office.world.run()
    office.world.gg.edit_message(message, rendered_copy="Hello again")
    gh = counts(office.world.run())[1]
    assert (gh["created"], gh["updated"]) == (0, 1)
    (note,) = office.notes(right)
    assert "Hello again" in note
    (entry,) = office.world.rows("SELECT * FROM history WHERE stream = 'messages' AND field = 'text'")
    assert "Hello" in entry["old"]
    assert "Hello again" in entry["new"]
    nothing_more(office)


def test_a_note_that_a_user_edited_is_left_alone_until_its_message_changes_too(office: Office) -> None:
    world = office.world
    left, right = office.person("ann")
    message = office.write(left, "Hello", at=minutes(-5))
    world.run()
    (note,) = world.gh.notes(right)
    world.gh.edit_note(right, note["id"], body=f"{note['body']}\nShe likes tea.")
    nothing_more(office)
    world.gg.edit_message(message, rendered_copy="Hello again")
    report = world.run()
    assert streams(report)["messages"]["conflicts"] == 1
    assert "She likes tea" in office.notes(right)[0]
    (conflict,) = world.rows("SELECT * FROM conflict")
    assert (conflict["field"], conflict["who"]) == ("text", "ann@example.com")


@pytest.mark.parametrize(("side", "wanted"), [("--left", "Hello again"), ("--right", "She likes tea")])
def test_a_conflict_about_a_note_is_carried_out_as_a_user_settles_it(tmp_path: Any, side: str, wanted: str) -> None:
    world = made(tmp_path, live=True)
    office = Office(world)
    with world.gg, world.gh:
        left, right = office.person("ann")
        message = office.write(left, "Hello")
        assert world.sync("run").code == 0
        (note,) = world.gh.notes(right)
        world.gh.edit_note(right, note["id"], body=f"{note['body']}\nShe likes tea.")
        world.gg.edit_message(message, rendered_copy="Hello again")
        assert world.sync("run").code == 1
        (conflict,) = world.sync("conflicts", "list", "--json").document["conflicts"]
        assert world.sync("conflicts", "resolve", str(conflict["id"]), side).code == 0
        assert world.sync("run").code == 0
        (body,) = office.notes(right)
        assert wanted in body
        assert ("She likes tea" in body) == (side == "--right")
        with world.calls() as calls:
            assert world.sync("run").code == 0
        assert calls.writes == []
        assert world.gh.sends == 0


def test_with_the_state_file_lost_a_run_creates_no_message(office: Office) -> None:
    world = office.world
    left, right = office.person("ann")
    office.write(left, "Hello", at=minutes(-5))
    world.gh.add_message(right, "SMS", "inbound", "Call me", at=minutes(-4))
    world.gh.add_message(right, "Email", "inbound", "Dear all", at=minutes(-3), subject="Monday")
    world.run()
    assert (len(world.gg.messages()), len(office.notes(right))) == (3, 1)
    for path in world.folder.glob("sync.db*"):
        path.unlink()
    dry, report = world.run(dry_run=True), world.run()
    for one in (dry, report):
        gg, gh = counts(one)
        assert (gg["created"], gh["created"], gg["updated"], gh["updated"]) == (0, 0, 0, 0)
    assert (len(world.gg.messages()), len(office.notes(right))) == (3, 1)
    nothing_more(office)
    assert world.rows("SELECT count(*) AS n FROM link WHERE stream = 'messages'") == [{"n": 3}]


def test_a_run_that_finds_nothing_makes_one_call_for_messages_here_and_two_there(office: Office) -> None:
    left, right = office.person("ann")
    for number in range(30):
        office.write(left, f"left {number}", at=minutes(-4000 - number))
        office.world.gh.add_message(right, "SMS", "inbound", f"right {number}", at=minutes(-4000 - number))
    office.world.run()
    office.world.run(skip=90_000)
    with office.world.calls() as calls:
        office.world.run(streams=("messages",))
    assert (len(calls.gg), len(calls.gh)) == (1, 2)


def test_what_direction_channels_and_flows_leave_out_is_not_synced(tmp_path: Any) -> None:
    world = made(tmp_path, {"direction": '"right_to_left"', "channels": '["SMS"]', "flows": '["inbound"]'})
    office = Office(world)
    with world.gg, world.gh:
        left, right = office.person("ann")
        office.write(left, "Hello", at=minutes(-5))
        world.gh.add_message(right, "SMS", "inbound", "in", at=minutes(-4))
        world.gh.add_message(right, "SMS", "outbound", "out", at=minutes(-3))
        world.gh.add_message(right, "WhatsApp", "inbound", "elsewhere", at=minutes(-2))
        world.run()
        assert office.notes(right) == []
        assert office.letters(left) == ["Hello", "in"]
        assert world.gh.sends == 0


def test_a_setup_that_takes_more_reads_what_went_before(tmp_path: Any) -> None:
    world = made(tmp_path, {"channels": '["SMS"]'})
    office = Office(world)
    with world.gg, world.gh:
        left, right = office.person("ann")
        world.gh.add_message(right, "WhatsApp", "inbound", "elsewhere", at=minutes(-4000))
        world.run()
        assert office.letters(left) == []
        world.tables = world.tables.replace('["SMS"]', '["SMS", "WhatsApp"]')
        world.run()
        assert office.letters(left) == ["elsewhere"]


def deleted(world: World, message: str) -> RunReport:
    world.gg.remove_message(message)
    return world.run(whole=True)


def test_a_deleted_message_leaves_its_note_alone_unless_deletions_are_carried(office: Office) -> None:
    left, right = office.person("ann")
    message = office.write(left, "Hello", at=minutes(-5))
    office.world.run()
    report = deleted(office.world, message)
    assert counts(report)[1]["deleted"] == 0
    assert len(office.notes(right)) == 1
    nothing_more(office)


def test_a_deleted_message_takes_its_note_along_where_deletions_are_carried(office: Office) -> None:
    office.world.contacts["deletes"] = '"propagate"'
    left, right = office.person("ann")
    message = office.write(left, "Hello", at=minutes(-5))
    office.world.run()
    dry = office.world
    report = deleted(dry, message)
    assert counts(report)[1]["deleted"] == 1
    assert office.notes(right) == []
    (entry,) = office.world.rows("SELECT * FROM history WHERE stream = 'messages' AND rule = 'deleted'")
    assert "Hello" in entry["old"]
    nothing_more(office)


def test_a_note_that_was_deleted_is_not_created_again_and_its_message_stays(office: Office) -> None:
    office.world.contacts["deletes"] = '"propagate"'
    left, right = office.person("ann")
    office.write(left, "Hello", at=minutes(-5))
    office.world.run()
    (note,) = office.world.gh.notes(right)
    office.world.gh.remove_note(right, note["id"])
    office.world.run(whole=True)
    assert office.notes(right) == []
    assert office.letters(left) == ["Hello"]
    nothing_more(office)


def test_a_deleted_message_whose_note_was_edited_is_a_conflict(office: Office) -> None:
    office.world.contacts["deletes"] = '"propagate"'
    left, right = office.person("ann")
    message = office.write(left, "Hello", at=minutes(-5))
    office.world.run()
    (note,) = office.world.gh.notes(right)
    office.world.gh.edit_note(right, note["id"], body=f"{note['body']}\nShe likes tea.")
    report = deleted(office.world, message)
    assert streams(report)["messages"]["conflicts"] == 1
    assert len(office.notes(right)) == 1


def test_a_second_copy_is_listed_by_a_deep_reconcile_and_by_verify(office: Office) -> None:
    left, right = office.person("ann")
    office.write(left, "Hello", at=minutes(-5))
    office.world.run()
    office.world.gh.add_note(right, office.notes(right)[0])
    report = office.world.run(whole=True, deep=True)
    assert streams(report)["messages"]["failed"] == 1
    report = office.world.run(whole=True, dry_run=True, compared=True)
    assert report.comparison is not None
    assert [one["who"] for one in report.comparison.doubles] == ["ann@example.com"]


def test_verify_names_the_messages_that_one_side_lacks(office: Office) -> None:
    left, right = office.person("ann")
    office.world.run()
    message = office.write(left, "Hello")
    office.world.clock.skip(2)
    report = office.world.run(whole=True, dry_run=True, compared=True)
    assert report.comparison is not None
    assert report.comparison.only["gg"] == [{"who": "ann@example.com", "stream": "messages", "id": message}]
    office.world.run()
    report = office.world.run(whole=True, dry_run=True, compared=True)
    assert report.comparison is not None
    assert report.comparison.agree
    assert office.notes(right) != []


def test_all_messages_of_a_contact_are_copied_in_one_run_though_the_server_shows_no_id_of_what_it_makes(
    office: Office,
) -> None:
    left, right = office.person("ann")
    office.world.gg.behaviour = Behaviour(answers="empty")
    for number in range(3):
        office.world.gh.add_message(right, "SMS", "inbound", f"Number {number}", at=minutes(-10 + number))
    assert office.world.run().exit_code == 0
    assert office.letters(left) == ["Number 0", "Number 1", "Number 2"]
    with office.world.calls() as calls:
        assert office.world.run().exit_code == 0
    assert calls.writes == []
