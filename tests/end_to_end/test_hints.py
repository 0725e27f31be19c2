"""Runs with hints: a hint leads to a reading of its record, and to nothing that polling would not do."""

import signal
from contextlib import closing
from datetime import datetime
from typing import TYPE_CHECKING, Any

import pytest

from connectors.sandbox.base import Call
from connectors.sandbox.faults import Fault
from connectors.values import instant
from state.file import StateFile
from state.webhook_hints import Hint
from state.webhook_queue import QueuedEvent, WebhookQueue
from sync.contacts import read
from sync.messages import read as read_messages
from tests.end_to_end.daemons import until
from tests.end_to_end.message_world import Office
from tests.end_to_end.world import Calls, World

if TYPE_CHECKING:
    from collections.abc import Mapping

WAITING = "SELECT * FROM hint ORDER BY number"


class Post:
    """Brings hints into the state of a world as the receiver does, each about another record by default."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.brought = 0

    def bring(self, record: str, stream: str = "contacts", contact: str = "", *, gone: bool = False) -> None:
        """Bring a hint that a record changed now."""
        now_ms = instant.to_ms(self.world.clock.now())
        self.brought += 1
        hint = Hint("gh", record, contact, gone, now_ms)
        arrival = QueuedEvent(f"{now_ms} {self.brought}".encode(), [(("sales", stream), hint)], now_ms)
        with closing(StateFile.open(self.world.state_path)) as state:
            inbox = WebhookQueue(state.db, now_ms)
            with state.atomic() as transaction:
                inbox.queue_events(transaction, [arrival], 10_000)

    def listen(self) -> None:
        """Bring a hint for all that GrowthHub reports from now on, from whatever thread."""
        result: list[tuple[str, Mapping[str, Any]]] = []
        self.world.gh.send_event = lambda kind, record, _at: result.append((kind, record))
        self._events = result

    def deliver(self) -> int:
        """Bring what was reported of contacts since, and return how much that is."""
        count = len(self._events)
        for kind, record in self._events:
            if kind.startswith("Contact"):
                self.bring(record["id"], gone=kind == "ContactDelete")
        self._events.clear()
        return count

    def waiting(self) -> list[str]:
        """Return the records that wait to be looked at."""
        return [row["record"] for row in self.world.rows(WAITING)]


@pytest.fixture
def post(world: World) -> Post:
    """A user who brings hints to a world in which Ann is on both sides, and linked."""
    world.gh.add(firstName="Ann", email="ann@example.com")
    world.run()
    world.run()
    return Post(world)


def ann(world: World) -> str:
    return str(world.gh.people()[0]["id"])


def others(world: World, count: int) -> list[str]:
    """Put more contacts on both sides, linked; return their ids at the right."""
    ids = [world.gh.add(firstName=f"Bob {number}", email=f"bob{number}@example.com") for number in range(count)]
    world.run()
    world.run()
    return ids


def looks(calls: Calls) -> list[Call]:
    """Return the calls for one contact at GrowthHub."""
    return [call for call in calls.gh if call.method == "GET" and call.path.startswith("/contacts/")]


def test_what_lies_behind_the_horizon_is_carried_at_once_where_it_is_hinted_at(world: World, post: Post) -> None:
    world.options["settle"] = '"60s"'
    world.gh.edit(ann(world), city="Lyon")
    assert world.run().status == "ok"
    assert world.at_left(ann(world)).get("city") is None
    post.bring(ann(world))
    assert world.run().exit_code == 0
    assert world.at_left(ann(world))["city"] == "Lyon"
    assert post.waiting() == []
    world.clock.skip(120)
    with world.calls() as calls:
        assert world.run().exit_code == 0
    assert calls.writes == []


def test_what_an_index_does_not_show_yet_is_carried_where_it_is_hinted_at(world: World, post: Post) -> None:
    world.gh.quirks.index_lag = 300
    world.gh.edit(ann(world), city="Lyon")
    new = world.gh.add(firstName="Cy", email="cy@example.com")
    post.bring(ann(world))
    post.bring(new)
    report = world.run()
    assert (report.exit_code, report.streams["contacts"].accounts["gh"].read) == (0, 2)
    assert world.at_left(ann(world))["city"] == "Lyon"
    assert world.at_left(new)["email"] == "cy@example.com"
    world.clock.skip(600)
    with world.calls() as calls:
        world.run()
    assert calls.writes == []
    assert len(world.gg.people()) == 2


def test_a_hint_that_reports_nothing_new_costs_a_look_and_no_write(world: World, post: Post) -> None:
    world.clock.skip(60)
    post.bring(ann(world))
    with world.calls() as calls:
        assert world.run().exit_code == 0
    assert (calls.writes, len(looks(calls)), post.waiting()) == ([], 1, [])


def test_our_own_writes_come_back_and_cost_nothing(world: World, post: Post) -> None:
    post.listen()
    for number in range(20):
        world.gg.add(first_name="Bob", email=f"bob{number}@example.com")
    world.gg.edit(next(iter(world.links())), city="Lyon")
    assert world.run().exit_code == 0
    assert post.deliver() >= 21
    with world.calls() as calls:
        assert world.run(skip=0).exit_code == 0
    assert (calls.writes, looks(calls), post.waiting(), post.deliver()) == ([], [], [], 0)


@pytest.mark.parametrize("gone", [True, False], ids=["said to be gone", "said to have changed"])
def test_a_deletion_is_remembered_and_the_survivor_stays(world: World, post: Post, gone: bool) -> None:
    world.clock.skip(60)
    right = ann(world)
    world.gh.remove(right)
    post.bring(right, gone=gone)
    with world.calls() as calls:
        assert world.run().exit_code == 0
    assert calls.writes == []
    assert [row["gone"] for row in world.rows("SELECT gone FROM link")] == ["right"]
    assert (len(world.gg.people()), post.waiting()) == (1, [])
    with world.calls() as calls:
        world.run()
        world.run(whole=True)
    assert calls.writes == []


def test_a_deletion_is_carried_where_the_config_says_so(world: World, post: Post) -> None:
    world.contacts["deletes"] = '"propagate"'
    bob, cy = others(world, 2)
    post.listen()
    world.gh.remove(bob)
    post.deliver()
    report = world.run()
    assert (report.exit_code, report.streams["contacts"].accounts["gg"].deleted) == (0, 1)
    assert sorted(str(one["email"]) for one in world.gg.people()) == ["ann@example.com", "bob1@example.com"]
    assert set(world.links().values()) == {ann(world), cy}
    assert post.waiting() == []


def test_between_comparisons_in_full_only_the_deletions_that_are_hinted_at_are_carried(
    world: World, post: Post
) -> None:
    world.contacts["deletes"] = '"propagate"'
    bob, cy = others(world, 2)
    for one in (bob, cy):
        world.gh.remove(one)
    post.bring(bob, gone=True)
    world.run()
    assert len(world.gg.people()) == 2
    world.run(whole=True)
    assert len(world.gg.people()) == 1


def test_no_contact_is_mistaken_for_gone_on_a_hints_word(world: World, post: Post) -> None:
    world.contacts["deletes"] = '"propagate"'
    post.bring(ann(world), gone=True)
    with world.calls() as calls:
        assert world.run().exit_code == 0
    assert calls.writes == []
    assert [row["gone"] for row in world.rows("SELECT gone FROM link")] == [None]


@pytest.mark.parametrize(("hinted", "company"), [(False, None), (True, "Right")])
def test_an_event_knows_the_time_of_a_change_more_finely_than_a_record_that_is_cut_to_seconds(
    world: World, post: Post, *, hinted: bool, company: str | None
) -> None:
    world.clock.skip(0.85 - world.clock.now().microsecond / 1e6)
    world.gg.add(first_name="Bob", email="bob@example.com", company_name="Left")
    world.clock.skip(1.05)
    shown = world.clock.now().replace(microsecond=0)
    right = world.gh.add(
        firstName="Bob", email="bob@example.com", companyName="Right", dateUpdated=instant.to_ms(shown)
    )
    if hinted:
        post.bring(right)
    assert world.run().exit_code == (0 if hinted else 1)
    shows = [person.get("company_name") for person in world.gg.people() if person["first_name"] == "Bob"]
    assert shows == [company or "Left"]


def test_a_contact_that_was_deleted_on_one_side_and_edited_on_the_other_is_a_conflict(world: World, post: Post) -> None:
    world.contacts["deletes"] = '"propagate"'
    world.clock.skip(60)
    (left,) = world.links()
    world.gg.edit(left, city="Lyon")
    world.gh.remove(ann(world))
    post.bring(world.links()[left], gone=True)
    assert world.run().exit_code == 1
    assert [row["field"] for row in world.rows("SELECT field FROM conflict")] == ["*"]
    assert (len(world.gg.people()), post.waiting()) == (1, [])


def test_a_contact_that_was_merged_is_followed_to_the_record_that_is_left(world: World, post: Post) -> None:
    world.contacts["deletes"] = '"propagate"'
    right = ann(world)
    world.clock.skip(60)
    post.listen()
    twin = world.gh.add(firstName="Ann", phone="+12025550123")
    world.gh.merge(twin, right)
    world.gh.edit(twin, email="ann@example.com")
    post.deliver()
    assert world.run().exit_code == 0
    assert list(world.links().values()) == [twin]
    assert len(world.gg.people()) == 1


def test_of_many_changes_only_so_many_are_read_by_id_and_the_windows_do_the_rest(
    world: World, post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(read, "MAX_READ_BY_ID", 3)
    ids = others(world, 12)
    world.clock.skip(60)
    for one in ids:
        world.gh.edit(one, city="Lyon")
        post.bring(one)
    with world.calls() as calls:
        assert world.run().exit_code == 0
    assert len(looks(calls)) == 3
    assert post.waiting() == []
    assert {world.at_left(one)["city"] for one in ids} == {"Lyon"}


def test_what_no_window_shows_waits_for_its_turn(world: World, post: Post, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(read, "MAX_READ_BY_ID", 3)
    ids = others(world, 7)
    world.clock.skip(60)
    world.gh.quirks.index_lag = 3600
    for one in ids:
        world.gh.edit(one, city="Lyon")
        post.bring(one)
    left = []
    for _ in range(3):
        assert world.run().exit_code == 0
        left.append(len(post.waiting()))
    assert left == [4, 1, 0]
    assert {world.at_left(one)["city"] for one in ids} == {"Lyon"}


def test_deletions_go_first_and_each_is_requested(world: World, post: Post, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(read, "MAX_READ_BY_ID", 3)
    ids = others(world, 5)
    world.clock.skip(60)
    post.bring(ann(world))
    for one in ids:
        world.gh.remove(one)
        post.bring(one, gone=True)
    gone = []
    for _ in range(2):
        assert world.run().exit_code == 0
        gone.append(world.rows("SELECT count(*) AS n FROM link WHERE gone = 'right'")[0]["n"])
    assert gone == [3, 5]
    assert post.waiting() == []


def test_the_guard_weighs_deletions_that_come_one_by_one_together(world: World, post: Post) -> None:
    world.contacts["deletes"] = '"propagate"'
    ids = others(world, 39)
    guarded = 0
    for one in ids:
        world.gh.remove(one)
        post.bring(one, gone=True)
        guarded += world.run().status == "guarded"
        if guarded:
            break
    assert guarded == 1
    assert len(world.gg.people()) == 20  # of forty, half were let go
    assert post.waiting() == [one]
    assert world.run(unguarded=True).exit_code == 0
    assert len(world.gg.people()) == 19
    assert post.waiting() == []


def test_a_run_that_the_guard_stops_drops_no_hint(world: World, post: Post) -> None:
    world.contacts["max_changed"] = "0"
    world.gh.edit(ann(world), city="Lyon")
    post.bring(ann(world))
    assert world.run().status == "guarded"
    assert post.waiting() == [ann(world)]


def test_a_dry_run_drops_no_hint_and_counts_what_the_run_after_it_does(world: World, post: Post) -> None:
    world.gh.quirks.index_lag = 300
    world.gh.edit(ann(world), city="Lyon")
    post.bring(ann(world))
    planned = world.run(dry_run=True).streams["contacts"].accounts["gg"].updated
    assert post.waiting() == [ann(world)]
    assert world.run().streams["contacts"].accounts["gg"].updated == planned == 1


def test_a_run_over_a_window_of_its_own_looks_at_no_hint(world: World, post: Post) -> None:
    world.gh.quirks.index_lag = 300
    world.gh.edit(ann(world), city="Lyon")
    post.bring(ann(world))
    eight, nine = (datetime.fromisoformat(f"2026-03-02T{hour}:00:00+00:00") for hour in ("08", "09"))
    for since, until_when in ((eight, None), (None, nine), (eight, nine)):
        assert world.run(since=since, until=until_when).exit_code == 0
    assert post.waiting() == [ann(world)]
    assert world.at_left(ann(world)).get("city") is None


def test_verifying_looks_at_no_hint(world: World, post: Post) -> None:
    world.options["settle"] = '"60s"'
    world.clock.skip(60)
    world.gh.edit(ann(world), city="Lyon")
    post.bring(ann(world))
    with world.calls() as calls:
        report = world.run(dry_run=True, whole=True, compared=True)
    assert looks(calls) == []
    assert report.comparison is not None
    assert report.comparison.agree  # what lies behind the horizon is no difference yet


def test_while_the_account_is_down_hints_stay(world: World, post: Post) -> None:
    world.clock.skip(60)
    world.gh.edit(ann(world), city="Lyon")
    post.bring(ann(world))
    world.gh.faults.append(Fault("status", method="GET", path="/contacts/[^/]+$", status=503, times=99))
    assert world.run().exit_code == 3
    assert post.waiting() == [ann(world)]
    world.gh.faults.clear()
    assert world.run().exit_code == 0
    assert post.waiting() == []
    assert world.at_left(ann(world))["city"] == "Lyon"


def test_while_the_other_side_refuses_the_write_hints_stay(world: World, post: Post) -> None:
    world.clock.skip(60)
    world.gh.quirks.index_lag = 3600
    world.gh.edit(ann(world), city="Lyon")
    post.bring(ann(world))
    world.gg.faults.append(Fault("status", method="PATCH", path="/contacts/.*", status=503, times=99))
    assert world.run().exit_code == 3
    assert post.waiting() == [ann(world)]
    world.gg.faults.clear()
    assert world.run().exit_code == 0
    assert (post.waiting(), world.at_left(ann(world))["city"]) == ([], "Lyon")


def test_what_is_reported_while_a_run_is_under_way_is_left_for_the_next(world: World, post: Post) -> None:
    world.gh.quirks.index_lag = 3600
    right = ann(world)
    world.clock.skip(60)
    world.gh.edit(right, city="Lyon")
    post.bring(right)

    def meanwhile(call: Call) -> None:
        if call.method == "GET" and call.path == f"/contacts/{right}" and world.gh.before_answer is not None:
            world.gh.before_answer = None
            world.gh.edit(right, city="Paris")
            post.bring(right)

    world.gh.before_answer = meanwhile
    assert world.run().exit_code == 0
    assert post.waiting() == [right]
    world.gh.edit(right, city="Rome")
    assert world.run().exit_code == 0
    assert (post.waiting(), world.at_left(right)["city"]) == ([], "Rome")


def test_a_run_that_is_killed_between_look_and_write_has_dropped_nothing(live_world: World) -> None:
    world = live_world
    right = world.gh.add(firstName="Ann", email="ann@example.com")
    world.run()
    world.run()
    post = Post(world)
    world.gh.quirks.index_lag = 3600
    world.clock.skip(60)
    world.gh.edit(right, city="Lyon")
    post.bring(right)
    fault = Fault("hang", method="PATCH", path="/contacts/.*", times=1, delay=60.0)
    world.gg.faults.append(fault)
    with world.start("run") as process:
        until(lambda: not fault.times)
        process.send_signal(signal.SIGKILL)
        process.communicate()
    assert post.waiting() == [right]
    world.gg.faults.clear()
    assert world.run().exit_code == 0
    assert (post.waiting(), world.at_left(right)["city"]) == ([], "Lyon")


def test_a_contact_that_was_forgotten_is_not_taken_up_on_a_hint(world: World, post: Post) -> None:
    right = ann(world)
    post.bring(right)
    assert world.sync("forget", f"gh:{right}").code == 0
    assert post.waiting() == []
    post.bring(right)
    assert world.run().exit_code == 0
    assert (post.waiting(), world.links()) == ([], {})


def test_a_backup_has_the_hints(world: World, post: Post) -> None:
    post.bring(ann(world))
    world.sync("state", "backup", str(world.folder / "copy.db"))
    with closing(StateFile.open(world.folder / "copy.db")) as copy:
        assert [row["record"] for row in copy.db.execute(WAITING)] == [ann(world)]


@pytest.fixture
def letters(office: Office) -> Post:
    """A user who brings hints to a world in which messages are synced."""
    return Post(office.world)


def test_a_message_that_no_listing_shows_yet_is_copied_once_where_it_is_hinted_at(
    office: Office, letters: Post
) -> None:
    world = office.world
    left, right = office.person("ann")
    world.run()
    world.gh.quirks.message_lag = 300
    text = world.gh.add_message(right, "SMS", "inbound", "Hello")
    email = world.gh.add_message(right, "Email", "inbound", "Dear all", subject="Hi")
    letters.bring(f"message:{text}", "messages", right)
    letters.bring(f"email:{email}", "messages", right)
    assert world.run().exit_code == 0
    assert sorted(office.letters(left)) == ["Dear all", "Hello"]
    assert letters.waiting() == []
    world.clock.skip(600)
    with world.calls() as calls:
        world.run()
        world.run(whole=True)
    assert calls.writes == []


def test_what_is_no_message_between_contacts_is_not_copied_on_a_hint(office: Office, letters: Post) -> None:
    world = office.world
    left, right = office.person("ann")
    world.run()
    world.gh.quirks.message_lag = 300
    for kind, status in (("Activity", "sent"), ("Comment", "sent"), ("Instagram", "sent"), ("SMS", "scheduled")):
        message = world.gh.add_message(right, kind, "outbound", "A private matter", status=status)
        letters.bring(f"message:{message}", "messages", right)
    letters.bring("message:nowhere", "messages", right)
    letters.bring("email:nowhere", "messages", right)
    assert world.run().exit_code == 0
    assert (office.letters(left), letters.waiting()) == ([], [])


def test_a_copy_that_was_deleted_is_remembered_and_not_created_again(office: Office, letters: Post) -> None:
    world = office.world
    left, right = office.person("ann")
    office.write(left, "Hello")
    world.run()
    (note,) = world.gh.notes(right)
    letters.bring(f"note:{note['id']}", "messages", right, gone=True)
    world.run()
    assert world.rows("SELECT gone FROM link WHERE stream = 'messages'") == [{"gone": None}]
    world.gh.remove_note(right, note["id"])
    letters.bring(f"note:{note['id']}", "messages", right, gone=True)
    letters.bring("note:nobodys", "messages", right, gone=True)
    with world.calls() as calls:
        assert world.run().exit_code == 0
    assert (calls.writes, letters.waiting(), office.notes(right)) == ([], [], [])
    assert world.rows("SELECT gone FROM link WHERE stream = 'messages'") == [{"gone": "right"}]


def test_of_many_messages_only_so_many_are_read_by_id(
    office: Office, letters: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(read_messages, "MAX_READ_BY_ID", 2)
    world = office.world
    left, right = office.person("ann")
    world.run()
    world.gh.quirks.message_lag = 3600
    for number in range(3):
        message = world.gh.add_message(right, "SMS", "inbound", f"Hello {number}")
        letters.bring(f"message:{message}", "messages", right)
    assert world.run().exit_code == 0
    assert (len(office.letters(left)), len(letters.waiting())) == (2, 1)
    assert world.run().exit_code == 0
    assert (len(office.letters(left)), len(letters.waiting())) == (3, 0)
