"""`as = "conversation"`: GrowthGenius' messages recorded in GrowthHub's conversations, never sent."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from connectors.growthhub.sandbox.messages import PROVIDER
from connectors.sandbox.base import Call, Fault, SandboxResponse
from tests.end_to_end.changed_answers import rewrite
from tests.end_to_end.message_world import Office, made, minutes


@pytest.fixture
def recording(tmp_path: Path) -> Iterator[Office]:
    world = made(tmp_path, {"as": '"conversation"', "conversation_provider_id": f'"{PROVIDER}"'})
    with world.gg, world.gh:
        yield Office(world)
        assert world.gh.sends == 0


def recorded(office: Office, right: str) -> list[str]:
    """Return the texts in a contact's conversation, in the order in which they were sent."""
    shown = [*office.world.gh.messages(right), *office.world.gh.emails(right)]
    return [str(one["body"]) for one in sorted(shown, key=lambda one: str(one["dateAdded"])) if one.get("body")]


def test_a_message_is_recorded_once_with_its_own_time_and_never_comes_back(recording: Office) -> None:
    world = recording.world
    left, right = recording.person("ann")
    recording.write(left, "Hello", at=minutes(-4000))
    world.gh.add_message(right, "SMS", "inbound", "Call me", at=minutes(-3000))
    assert world.run().exit_code == 0
    assert recorded(recording, right) == ["Hello", "Call me"]
    assert recording.letters(left) == ["Hello", "Call me"]
    for _ in range(2):
        with world.calls() as calls:
            assert world.run(skip=60).exit_code == 0
        assert calls.writes == []


def test_with_the_state_file_lost_nothing_is_recorded_again(recording: Office) -> None:
    world = recording.world
    left, right = recording.person("ann")
    recording.write(left, "Hello", at=minutes(-4000))
    world.gh.add_message(right, "SMS", "inbound", "Call me", at=minutes(-3000))
    world.run()
    for path in world.folder.glob("sync.db*"):
        path.unlink()
    with world.calls() as calls:
        assert world.run(skip=60).exit_code == 0
    assert calls.writes == []
    assert recorded(recording, right) == ["Hello", "Call me"]


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_recording_call_that_is_redirected_to_what_sends_sends_nothing(recording: Office, status: int) -> None:
    world = recording.world
    left, right = recording.person("ann")
    recording.write(left, "Hello", at=minutes(-4000))
    place = {"Location": "/conversations/messages"}
    world.gh.faults = [Fault("status", method="POST", path="/inbound$", status=status, headers=place, times=None)]
    assert world.run().exit_code in (1, 3)
    assert not [call for call in world.gh.calls if call.path.rstrip("/").endswith("/conversations/messages")]
    world.gh.faults = []
    world.run(skip=90000)
    assert world.run(skip=60).exit_code == 0
    assert recorded(recording, right) == ["Hello"]


def test_an_edit_that_a_conversation_cannot_take_is_listed(recording: Office) -> None:
    left, right = recording.person("ann")
    message = recording.write(left, "Hello", at=minutes(-4000))
    recording.world.run()
    recording.world.gg.edit_message(message, rendered_copy="Hello again")
    report = recording.world.run()
    assert (report.exit_code, report.streams["messages"].failed) == (1, 1)
    assert recorded(recording, right) == ["Hello"]


def test_a_silent_answer_is_no_success_and_the_message_is_recorded_once_in_the_end(recording: Office) -> None:
    world = recording.world
    left, right = recording.person("ann")
    recording.write(left, "Hello", at=minutes(-4000))
    world.gh.quirks.silent_inbound = 1
    assert world.run().exit_code == 1
    world.gh.quirks.silent_inbound = 0
    world.run(skip=90)
    assert world.run(skip=90).exit_code == 0
    assert recorded(recording, right) == ["Hello"]


def test_an_edit_made_before_a_lost_recording_was_found_makes_no_second_one(recording: Office) -> None:
    world = recording.world
    left, right = recording.person("ann")
    message = recording.write(left, "Hello", at=minutes(-4000))
    world.gh.quirks.alt_id_shown = False

    def edit(call: Call) -> None:
        if call.path.endswith("/inbound"):
            world.gg.edit_message(message, rendered_copy="Hello again")

    world.gh.before_answer = edit
    world.gh.faults.append(Fault("status_after", method="POST", path="/inbound", times=1, status=502))
    for _ in range(3):
        world.run(skip=90)
    assert recorded(recording, right) == ["Hello"]
    assert recording.letters(left) == ["Hello again"]


@pytest.mark.parametrize("policy", ["left", "right", "newest"])
def test_an_edit_after_a_lost_recording_by_e_mail_was_found_is_listed_and_not_passed_over(
    recording: Office, policy: str
) -> None:
    world = recording.world
    world.contacts["conflicts"] = f'"{policy}"'
    world.gh.quirks.provider_kind = "Email"
    left, right = recording.person("ann")
    message = recording.write(left, "Hello", at=minutes(-4000))
    world.gh.faults.append(Fault("reset_after", method="POST", path="/inbound", times=1))
    world.run()
    world.gg.edit_message(message, rendered_copy="Hello again")
    report = world.run(skip=90)
    assert (report.exit_code, report.streams["messages"].failed) == (1, 1)
    assert recorded(recording, right) == ["Hello"]


@pytest.mark.parametrize("policy", ["left", "right", "newest"])
def test_a_copy_that_the_list_does_not_show_yet_is_never_mistaken_for_an_original(
    recording: Office, policy: str
) -> None:
    world = recording.world
    world.contacts["conflicts"] = f'"{policy}"'
    left, right = recording.person("ann")
    message = recording.write(left, "Hello", at=minutes(-4000))
    world.gh.quirks.message_lag = 300
    world.run()
    world.gg.edit_message(message, rendered_copy="Hello again")
    report = world.run(skip=2, whole=True)
    assert recording.letters(left) == ["Hello again"]
    assert recorded(recording, right) == ["Hello"]
    assert (report.streams["messages"].failed, report.streams["messages"].conflicts) == (1, 0)


@pytest.mark.parametrize("status", [301, 400, 403, 409, 422])
def test_a_message_that_was_recorded_and_refused_all_the_same_is_recorded_once(recording: Office, status: int) -> None:
    """The answer went wrong on its way; the original is older than every window of the next run."""
    world = recording.world
    left, right = recording.person("ann")
    world.run()
    world.run(skip=90000)
    recording.write(left, "Hello", sent_at="2026-02-01T09:00:00Z")
    is_wrong = [True]

    def answer(call: Call, body: Any) -> Any:
        if call.method == "POST" and call.path.endswith("/inbound") and is_wrong[0]:
            is_wrong[0] = False
            return SandboxResponse(status, {"message": "no"})
        return body

    rewrite(world.gh, answer)
    assert world.run().exit_code in (1, 3)
    for _ in range(3):
        report = world.run(skip=90000)
    assert report.exit_code == 0
    assert recorded(recording, right) == ["Hello"]
