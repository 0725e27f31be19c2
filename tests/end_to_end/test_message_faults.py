"""Messages exist once on the other side, whatever is lost, repeated, cut off or killed (P1, P2, P6, R20)."""

import re
import signal
import time
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

from connectors.sandbox.base import Call, Fault, Sandbox, SandboxResponse
from connectors.sandbox.faults import Kind
from tests.end_to_end.message_world import Office, made, minutes
from tests.end_to_end.world import World
from tests.thorough import THOROUGH

SETTLE = 60.0
AFTER: tuple[Kind, ...] = ("reset_after", "drop_after", "html_after", "cut", "status_after")
BEFORE: tuple[Kind, ...] = ("reset_before", "drop_before", "html", "status")
COPYING = r"/notes$|/messages$|/inbound$"
ORIGINAL = r"/messages/[^/]+$"
PATIENCE = 60.0
MANY = 1000 if THOROUGH else 200
"""Messages at each side of a large first run."""


def write_both_ways(office: Office) -> tuple[str, str]:
    """Let Ann be written to three times on each side; return both of her ids."""
    left, right = office.person("ann")
    for number in range(3):
        office.write(left, f"left {number}", at=minutes(-20 + number))
        office.world.gh.add_message(right, "SMS", "inbound", f"right {number}", at=minutes(-10 + number))
    return left, right


def assert_all_is_there_once(office: Office, left: str, right: str, count: int = 3) -> None:
    """Each message is on both sides, once, and the notes are in the order in which their messages were sent."""
    wrote = [f"left {number}" for number in range(count)]
    texts = [next(line for line in note.splitlines() if line.startswith("left")) for note in office.notes(right)]
    assert texts == wrote
    assert office.letters(left) == [*wrote, *(f"right {number}" for number in range(count))]
    assert office.world.rows("SELECT * FROM intent") == []
    assert office.world.gh.sends == 0


@pytest.mark.parametrize("kind", [*AFTER, *BEFORE])
@pytest.mark.parametrize("account", ["gg", "gh"])
def test_a_copy_with_a_lost_answer_is_created_once(office: Office, account: str, kind: Kind) -> None:
    world = office.world
    world.options["settle"] = f'"{SETTLE:.0f}s"'
    left, right = write_both_ways(office)
    server: Sandbox = world.gg if account == "gg" else world.gh
    server.faults.append(Fault(kind, method="POST", path=COPYING, skip=1, times=1, status=502))
    world.run(skip=SETTLE + 2)
    world.run(skip=SETTLE + 2)
    assert world.run(skip=SETTLE + 2).exit_code == 0
    assert_all_is_there_once(office, left, right)
    with world.calls() as calls:
        assert world.run(skip=SETTLE + 2).exit_code == 0
    assert calls.writes == []


@pytest.mark.parametrize("account", ["gg", "gh"])
def test_before_settle_has_passed_a_lost_copy_is_neither_created_again_nor_forgotten(
    office: Office, account: str
) -> None:
    world = office.world
    world.options["settle"] = f'"{SETTLE:.0f}s"'
    left, right = write_both_ways(office)
    server: Sandbox = world.gg if account == "gg" else world.gh
    server.faults.append(Fault("late", method="POST", path=COPYING, times=1, delay=3600.0))
    report = world.run(skip=SETTLE + 2)
    assert report.streams["messages"].failed == 3
    report = world.run(skip=5)
    assert report.streams["messages"].failed == 3
    server.deliver_late()
    world.run(skip=5)
    assert world.run(skip=SETTLE + 2).exit_code == 0
    assert_all_is_there_once(office, left, right)


def test_an_edit_made_before_a_lost_copy_was_found_reaches_it_all_the_same(office: Office) -> None:
    world = office.world
    left, right = office.person("ann")
    message = office.write(left, "Hello", at=minutes(-5))

    def edit(call: Call) -> None:
        if call.method == "POST" and call.path.endswith("/notes"):
            world.gg.edit_message(message, rendered_copy="Hello again")

    world.gh.before_answer = edit
    world.gh.faults.append(Fault("status_after", method="POST", path=COPYING, times=1, status=502))
    world.run()
    world.gh.before_answer = None
    assert len(office.notes(right)) == 1
    world.run()
    assert world.run().exit_code == 0
    (note,) = office.notes(right)
    assert "Hello again" in note
    (entry,) = world.rows("SELECT old FROM history WHERE stream = 'messages' AND field = 'text'")
    assert "Hello" in entry["old"]


def test_a_copy_that_is_refused_is_listed_and_holds_up_no_other(office: Office) -> None:
    world = office.world
    _, right = write_both_ways(office)
    world.gh.faults.append(
        Fault("status", method="POST", path=r"/notes$", times=1, status=422, body={"message": ["no"]})
    )
    report = world.run()
    assert (report.exit_code, report.streams["messages"].failed) == (1, 1)
    assert len(office.notes(right)) == 2
    (failure,) = world.rows("SELECT * FROM failure")
    assert failure["who"] == "ann@example.com"
    assert failure["reason"].startswith("message ")
    world.run(skip=90_000)
    assert len(office.notes(right)) == 3


@pytest.mark.parametrize("kind", ["reset_before", "reset_after"])
def test_a_note_edited_after_an_amendment_with_a_lost_answer_hides_no_edit(office: Office, kind: Kind) -> None:
    world = office.world
    left, right = office.person("ann")
    message = office.write(left, "Hello", at=minutes(-5))
    world.run()
    world.gg.edit_message(message, rendered_copy="Hello again")
    lose_amendment(world, kind)
    (note,) = world.gh.notes(right)
    world.gh.edit_note(right, note["id"], body=f"{note['body']}\nShe likes tea.")
    report = world.run()
    shows_it = "Hello again" in office.notes(right)[0]
    assert shows_it == (kind == "reset_after")
    assert report.streams["messages"].conflicts == (0 if shows_it else 1)
    assert "She likes tea" in office.notes(right)[0]
    world.gg.edit_message(message, rendered_copy="Hello once more")
    assert world.run().streams["messages"].conflicts == 1
    assert "She likes tea" in office.notes(right)[0]


def lose_amendment(world: World, kind: Kind) -> None:
    """Run, and let the answer to the writing of a note get lost, and all that is asked of it afterwards."""
    asked_after = Fault("reset_before", method="GET", path="/notes/", skip=2, times=None)
    world.gh.faults += [Fault(kind, method="PUT", path="/notes/", times=None), asked_after]
    assert world.run().exit_code == 3
    world.gh.faults.clear()


def test_what_an_amendment_wrote_over_is_in_the_history_though_the_note_is_deleted_since(office: Office) -> None:
    world = office.world
    left, right = office.person("ann")
    message = office.write(left, "Hello", at=minutes(-5))
    world.run()
    world.gg.edit_message(message, rendered_copy="Hello again")
    lose_amendment(world, "reset_after")
    world.gh.remove_note(right, world.gh.notes(right)[0]["id"])
    world.run()
    (entry,) = world.rows("SELECT old, new FROM history WHERE stream = 'messages' AND field = 'text'")
    assert ("Hello" in entry["old"], "Hello again" in entry["new"]) == (True, True)


@pytest.mark.parametrize("kind", ["reset_after", "reset_before"])
def test_a_note_edited_while_the_answer_to_its_amendment_is_waited_for_is_left_alone(
    office: Office, kind: Kind
) -> None:
    world = office.world
    left, right = office.person("ann")
    message = office.write(left, "Hello", at=minutes(-5))
    world.run()
    world.gg.edit_message(message, rendered_copy="Hello again")
    world.gh.faults.append(Fault(kind, method="PUT", path="/notes/", times=1))
    seen = len(world.gh.calls)

    def strike(call: Call) -> None:
        if any(each.method == "PUT" for each in world.gh.calls[seen:]) and call.method == "GET":
            world.gh.before_answer = None
            note = world.gh.notes(right)[0]
            world.gh.edit_note(right, note["id"], body=f"{note['body']}\nShe likes tea.")

    world.gh.before_answer = strike
    report = world.run()
    assert world.gh.before_answer is None
    assert "She likes tea" in office.notes(right)[0]
    assert report.streams["messages"].conflicts == (1 if kind == "reset_before" else 0)


def test_messages_that_cannot_be_read_hold_up_no_contacts(office: Office) -> None:
    world = office.world
    world.gh.quirks.scopes_missing = frozenset({"conversations/message.readonly"})
    world.gg.add(first_name="Bob", email="bob@example.com", at=minutes(-60))
    report = world.run()
    assert report.exit_code == 3
    assert report.streams["contacts"].accounts["gh"].created == 1
    world.gh.quirks.scopes_missing = frozenset()
    left, right = write_both_ways(office)
    assert world.run().exit_code == 0
    assert_all_is_there_once(office, left, right)


def test_many_messages_each_way_are_there_once_after_a_first_run_full_of_faults(office: Office) -> None:
    world, people = office.world, [office.person(f"p{number}") for number in range(20)]
    for number in range(MANY):
        left, right = people[number % len(people)]
        office.write(left, f"left {number}", at=minutes(-5000 + number))
        world.gh.add_message(right, "SMS", "inbound", f"right {number}", at=minutes(-5000 + number))
    kinds = (*AFTER, *BEFORE)
    for server in (world.gg, world.gh):
        server.faults += [
            Fault(kind, method="POST", path=COPYING, skip=MANY // 25 * number, times=2, status=503)
            for number, kind in enumerate(kinds)
        ]
    for _ in range(12):
        if world.run(skip=5).exit_code == 0:
            break
    for left, right in people:
        mine = [f"left {number}" for number in range(MANY) if people[number % len(people)][0] == left]
        texts = [next(line for line in note.splitlines() if line.startswith("left")) for note in office.notes(right)]
        assert Counter(texts) == Counter(mine)
        assert len(office.letters(left)) == 2 * len(mine)
        assert set(Counter(office.letters(left)).values()) == {1}
    with world.calls() as calls:
        assert world.run(skip=100_000).exit_code == 0
    assert calls.writes == []
    assert world.rows("SELECT count(*) AS n FROM link WHERE stream = 'messages'") == [{"n": 2 * MANY}]


def kill_when_asked_for(world: World, server: Sandbox, copies: int) -> None:
    """Start a run in a process of its own, and end it by SIGKILL once a server was asked for so many copies."""
    with world.start("run") as process:
        deadline = time.monotonic() + PATIENCE
        while process.poll() is None and sum(is_copying(call.method, call.path) for call in server.calls) < copies:
            assert time.monotonic() < deadline, "the process neither copies nor ends"
            time.sleep(0.002)
        process.send_signal(signal.SIGKILL)


def is_copying(method: str, path: str) -> bool:
    return method == "POST" and path.endswith(("/notes", "/messages"))


@pytest.mark.parametrize("account", ["gg", "gh"])
def test_runs_killed_again_and_again_copy_each_message_once(tmp_path: Path, account: str) -> None:
    world = made(tmp_path, live=True)
    office = Office(world)
    with world.gg, world.gh:
        left, right = office.person("ann")
        for number in range(6):
            world.clock.skip(1)
            office.write(left, f"left {number}")
            world.gh.add_message(right, "SMS", "inbound", f"right {number}")
        server: Sandbox = world.gg if account == "gg" else world.gh
        for copies in (1, 3, 5):
            kill_when_asked_for(world, server, copies)
        for _ in range(3):
            world.run()
        assert_all_is_there_once_live(office, left, right)


def assert_all_is_there_once_live(office: Office, left: str, right: str) -> None:
    texts = [next(line for line in note.splitlines() if line.startswith("left")) for note in office.notes(right)]
    assert texts == [f"left {number}" for number in range(6)]
    assert Counter(office.letters(left)) == Counter(
        f"{side} {number}" for side in ("left", "right") for number in range(6)
    )
    assert office.world.rows("SELECT * FROM intent") == []


@pytest.mark.parametrize("status", [500, 422])
@pytest.mark.parametrize("asked", ["original", "copy"])
@pytest.mark.parametrize("account", ["gg", "gh"])
def test_a_copy_of_an_unknown_outcome_is_not_sent_again_while_it_cannot_be_looked_for(
    office: Office, account: str, asked: str, status: int
) -> None:
    """A run is killed in the POST of a copy that takes effect late; the next run is refused when it looks for it."""
    world = office.world
    world.options["settle"] = f'"{SETTLE:.0f}s"'
    left, right = office.person("ann")
    texts = ["left 0", "left 1"]
    for number, text in enumerate(texts):
        if account == "gh":
            office.write(left, text, at=minutes(-20 + number))
        else:
            world.gh.add_message(right, "SMS", "inbound", text, at=minutes(-20 + number))
    target, source = (world.gg, world.gh) if account == "gg" else (world.gh, world.gg)
    target.faults.append(Fault("late", method="POST", path=COPYING, times=1, delay=3600.0))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("sync.messages.create._store_answer", _killed)
        with pytest.raises(KeyboardInterrupt):
            world.run(skip=SETTLE + 2)
    assert len(world.rows("SELECT * FROM intent")) == 1
    refusing, path = (source, ORIGINAL) if asked == "original" else (target, r"/notes$|/messages$")
    refused = Fault("status", method="GET", path=path, times=1 if status == 422 else None, status=status)
    refusing.faults.append(refused)
    with world.calls() as calls:
        world.run(skip=2)
    assert status == 500 or refused.times == 0
    refusing.faults.clear()
    assert [call for call in calls.writes if re.search(COPYING, call)] == []
    target.deliver_late()
    for _ in range(3):
        report = world.run(skip=SETTLE + 2)
    assert report.exit_code == 0
    shown = office.letters(left) if account == "gg" else [note for note in office.notes(right) if "left" in note]
    assert [text for text in texts for one in shown if text in one] == texts
    assert len(shown) == len(texts)
    assert world.rows("SELECT * FROM intent") == []


def _killed(*_: object) -> None:
    """End the run where the answer to a copy would be stored."""
    raise KeyboardInterrupt


def test_a_note_edited_while_an_amendment_did_not_arrive_is_not_mistaken_for_amended_since_it_held_the_new_text(
    office: Office,
) -> None:
    """The marker, and a new text that the old one held, prove nothing: the whole text is compared."""
    world = office.world
    left, right = office.person("ann")
    message = office.write(left, "Hello, call me", at=minutes(-5))
    world.run()
    world.gg.edit_message(message, rendered_copy="call me")
    lose_amendment(world, "reset_before")
    (note,) = world.gh.notes(right)
    edited = note["body"].replace("Hello, call me", "Hello there, call me")
    world.gh.edit_note(right, note["id"], body=edited)
    assert world.run().streams["messages"].conflicts == 1
    assert world.gh.notes(right)[0]["body"] == edited
    assert world.rows("SELECT * FROM intent") == []


def test_an_amendment_that_is_answered_with_the_old_text_is_listed_and_tried_again(office: Office) -> None:
    world = office.world
    left, right = office.person("ann")
    message = office.write(left, "Hello", at=minutes(-5))
    world.run()
    world.gg.edit_message(message, rendered_copy="Hello again")
    handle = world.gh.handle

    def deaf(call: Call) -> SandboxResponse:
        return handle(replace(call, method="GET", body=None) if call.method == "PUT" else call)

    world.gh.handle = deaf  # type: ignore[method-assign]  # a server that takes no change, and says yes
    assert world.run().exit_code == 1
    (failure,) = world.rows("SELECT * FROM failure")
    assert "still shows the old one" in failure["reason"]
    world.gh.handle = handle  # type: ignore[method-assign]  # it takes them again
    assert world.run(skip=90_000).exit_code == 0
    assert "Hello again" in office.notes(right)[0]


def test_a_copy_edited_before_it_was_found_after_a_lost_answer_is_not_written_over_later(office: Office) -> None:
    world = office.world
    left, right = office.person("ann")
    world.options["settle"] = f'"{SETTLE:.0f}s"'
    message = office.write(left, "Hello", at=minutes(-5))
    world.gh.faults.append(Fault("reset_after", method="POST", path=r"/notes$"))
    world.gh.faults.append(Fault("status", method="GET", path=r"/notes", skip=1, status=503, times=None))
    world.run(skip=SETTLE + 2)
    world.gh.faults.clear()
    (note,) = world.gh.notes(right)
    world.gh.edit_note(right, note["id"], body=note["body"].replace("Hello", "Hello! She likes tea."))
    world.run(skip=SETTLE + 2)
    assert len(world.rows("SELECT * FROM link WHERE stream = 'messages'")) == 1
    world.gg.edit_message(message, rendered_copy="Hello again")
    assert world.run(skip=SETTLE + 2).streams["messages"].conflicts == 1
    assert "She likes tea" in office.notes(right)[0]


LONG = "looms and threads " * 100


def test_an_edit_behind_the_cut_of_a_long_note_is_no_failure(office: Office) -> None:
    world = office.world
    world.gh.quirks.longest_note = 1000
    left, right = office.person("ann")
    message_id = office.write(left, LONG, at=minutes(-30))
    assert world.run(skip=SETTLE).exit_code == 0
    (written,) = office.notes(right)
    world.gg.edit_message(message_id, rendered_copy=f"{LONG} and a last word")
    result = world.run(skip=SETTLE)
    assert (result.exit_code, office.notes(right), world.rows("SELECT * FROM failure")) == (0, [written], [])


def test_a_long_note_with_a_lost_answer_was_edited_by_no_user(office: Office) -> None:
    world = office.world
    world.options["settle"] = f'"{SETTLE:.0f}s"'
    world.gh.quirks.longest_note = 1000
    left, right = office.person("ann")
    message_id = office.write(left, LONG, at=minutes(-30))
    world.gh.faults.append(Fault("reset_after", method="POST", path=r"/notes$", skip=1, times=1))
    world.run(skip=SETTLE + 2)
    assert world.run(skip=SETTLE + 2).exit_code == 0
    world.gg.edit_message(message_id, rendered_copy="short by now")
    assert world.run(skip=SETTLE + 2).exit_code == 0
    (note,) = office.notes(right)
    assert ("short by now" in note, world.rows("SELECT * FROM conflict")) == (True, [])
