from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from state.file import StateFile
from state.webhook_hints import Hint, Hints, count_all_hints, count_hints_of, last_webhook_ms
from state.webhook_queue import Outcome, QueuedEvent, WebhookQueue

PLACE = ("sales", "contacts")
NOW = 1_772_366_400_000
MANY = 1000


@pytest.fixture
def state(tmp_path: Path) -> Iterator[StateFile]:
    with closing(StateFile.open(tmp_path / "sync.db")) as file:
        yield file


@pytest.fixture
def queue(state: StateFile) -> WebhookQueue:
    return WebhookQueue(state.db, NOW)


def hints(state: StateFile) -> Hints:
    return Hints(state.db, *PLACE)


def arrival(
    name: str, record: str = "c1", *, late: bool = False, gone: bool = False, event_ms: int | None = NOW
) -> QueuedEvent:
    return QueuedEvent(name.encode(), [(PLACE, Hint("gh", record, gone=gone, event_ms=event_ms))], NOW, late)


def take(state: StateFile, queue: WebhookQueue, *arrivals: QueuedEvent, capacity: int = MANY) -> list[Outcome]:
    with state.atomic() as transaction:
        outcomes = queue.queue_events(transaction, arrivals, capacity)
    queue.defer_events(one for one, outcome in zip(arrivals, outcomes, strict=True) if outcome is Outcome.FULL)
    queue.forget_deferred(one for one, outcome in zip(arrivals, outcomes, strict=True) if outcome is Outcome.QUEUED)
    return outcomes


def test_an_event_becomes_a_hint_and_is_a_duplicate_the_second_time(state: StateFile, queue: WebhookQueue) -> None:
    assert take(state, queue, arrival("w1"), arrival("w1")) == [Outcome.QUEUED, Outcome.DUPLICATE]
    assert take(state, queue, arrival("w1", late=True)) == [Outcome.DUPLICATE]
    assert [hint.record for hint in hints(state).waiting_hints("gh")] == ["c1"]
    assert last_webhook_ms(state.db, "sales") == NOW
    assert last_webhook_ms(state.db, "support") is None


def test_many_events_of_one_record_become_one_hint(state: StateFile, queue: WebhookQueue) -> None:
    assert take(state, queue, *(arrival(f"w{number}") for number in range(9)), capacity=1) == [Outcome.QUEUED] * 9
    assert hints(state).count_hints() == count_all_hints(state.db) == queue.waiting == 1


def test_a_record_that_was_said_to_be_gone_stays_so(state: StateFile, queue: WebhookQueue) -> None:
    take(state, queue, arrival("w1", gone=True), arrival("w2"))
    assert [hint.gone for hint in hints(state).waiting_hints("gh")] == [True]


def test_hints_of_deleted_records_come_first_and_then_the_oldest(state: StateFile, queue: WebhookQueue) -> None:
    take(state, queue, arrival("w1", "c1"), arrival("w2", "c2"), arrival("w3", "c3", gone=True))
    assert [hint.record for hint in hints(state).waiting_hints("gh")] == ["c3", "c1", "c2"]


def test_the_later_of_two_times_counts_and_an_unknown_one_is_later_than_any(
    state: StateFile, queue: WebhookQueue
) -> None:
    take(state, queue, arrival("w1", event_ms=NOW + 5), arrival("w2"))
    assert [hint.event_ms for hint in hints(state).waiting_hints("gh")] == [NOW + 5]
    take(state, queue, arrival("w3", event_ms=None), arrival("w4"))
    assert [hint.event_ms for hint in hints(state).waiting_hints("gh")] == [None]


def test_a_run_deletes_the_hints_that_it_read_and_no_newer_ones(state: StateFile, queue: WebhookQueue) -> None:
    take(state, queue, arrival("w1", "c1"), arrival("w2", "c2"))
    taken = hints(state).waiting_hints("gh")
    take(state, queue, arrival("w3", "c2"))
    with state.atomic() as transaction:
        hints(state).drop_hints(transaction, taken)
    assert [hint.record for hint in hints(state).waiting_hints("gh")] == ["c2"]


def test_numbers_of_hints_grow_across_restarts(state: StateFile, queue: WebhookQueue) -> None:
    take(state, queue, *(arrival(f"w{number}") for number in range(5)))
    (old,) = hints(state).waiting_hints("gh")
    with state.atomic() as db:
        db.execute("DELETE FROM hint")
    again = WebhookQueue(state.db, NOW + 1)
    take(state, again, arrival("w9"))
    assert hints(state).waiting_hints("gh")[0].number > old.number


def test_an_event_for_a_full_queue_leaves_no_trace_and_may_arrive_late(state: StateFile, queue: WebhookQueue) -> None:
    full = take(state, queue, arrival("w1", "c1"), arrival("w2", "c2"), capacity=1)
    assert full == [Outcome.QUEUED, Outcome.FULL]
    assert take(state, queue, arrival("w3", "c1"), capacity=1) == [Outcome.QUEUED]
    assert take(state, queue, arrival("w2", "c2", late=True)) == [Outcome.QUEUED]
    assert {hint.record for hint in hints(state).waiting_hints("gh")} == {"c1", "c2"}


def test_a_late_event_that_was_not_deferred_is_refused_and_leaves_no_trace(
    state: StateFile, queue: WebhookQueue
) -> None:
    assert take(state, queue, arrival("w1", late=True)) == [Outcome.LATE]
    assert take(state, queue, arrival("w1")) == [Outcome.QUEUED]


def test_an_event_for_several_connections_is_stored_for_all_or_for_none(state: StateFile, queue: WebhookQueue) -> None:
    both = QueuedEvent(b"w1", [(PLACE, Hint("gh", "c1")), (("support", "contacts"), Hint("hub", "c1"))], NOW)
    assert take(state, queue, both, capacity=1) == [Outcome.FULL]
    assert count_all_hints(state.db) == 0
    assert take(state, queue, both, capacity=2) == [Outcome.QUEUED]
    assert Hints(state.db, "support", "contacts").count_hints() == 1


def test_old_ids_are_deleted(state: StateFile, queue: WebhookQueue) -> None:
    take(state, queue, arrival("w1"))
    with state.atomic() as transaction:
        assert queue.forget_ids(transaction, NOW) == 0
        assert queue.forget_ids(transaction, NOW + 1) == 1
    assert take(state, queue, arrival("w1")) == [Outcome.QUEUED]


def test_hints_for_connections_that_the_config_no_longer_has_are_deleted(state: StateFile, queue: WebhookQueue) -> None:
    take(state, queue, arrival("w1"))
    with state.atomic() as transaction:
        queue.keep_hints_for(transaction, {(*PLACE, "gh")})
        assert count_all_hints(state.db) == 1
        queue.keep_hints_for(transaction, {(*PLACE, "hub")})
    assert count_all_hints(state.db) == 0


def test_contacts_whose_messages_are_to_be_read_wait_for_the_schedule_and_are_no_events(state: StateFile) -> None:
    messages = Hints(state.db, "sales", "messages")
    with state.atomic() as transaction:
        messages.put_contacts(transaction, "wa", ["c1", "c2"], NOW)
        messages.put_contacts(transaction, "wa", ["c2"], NOW)
    first, second = messages.waiting_hints("wa")
    assert [(hint.record, hint.contact) for hint in (first, second)] == [("c1", "c1"), ("c2", "c2")]
    assert (messages.count_hints(), count_all_hints(state.db), count_hints_of(state.db, "sales")) == (0, 0, 0)
    with state.atomic() as transaction:
        messages.put_contacts(transaction, "wa", ["c1"], NOW)
        messages.drop_hints(transaction, [first, second])
    assert [hint.record for hint in messages.waiting_hints("wa")] == ["c1"], "it was noted again since it was read"
