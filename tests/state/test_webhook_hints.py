from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from state.file import StateFile
from state.webhook_hints import Hint, Hints, count_all_hints, last_webhook_ms
from state.webhook_queue import Outcome, QueuedEvent, WebhookQueue

PLACE = ("sales", "contacts")
NOW = 1_772_366_400_000
MANY = 1000


@pytest.fixture
def state(tmp_path: Path) -> Iterator[StateFile]:
    with closing(StateFile.open(tmp_path / "sync.db")) as file:
        yield file


@pytest.fixture
def inbox(state: StateFile) -> WebhookQueue:
    return WebhookQueue(state.db, NOW)


def hints(state: StateFile) -> Hints:
    return Hints(state.db, *PLACE)


def arrival(
    name: str, record: str = "c1", *, late: bool = False, gone: bool = False, event_ms: int | None = NOW
) -> QueuedEvent:
    return QueuedEvent(name.encode(), [(PLACE, Hint("gh", record, gone=gone, event_ms=event_ms))], NOW, late)


def take(state: StateFile, inbox: WebhookQueue, *arrivals: QueuedEvent, capacity: int = MANY) -> list[Outcome]:
    with state.atomic() as transaction:
        outcomes = inbox.queue_events(transaction, arrivals, capacity)
    inbox.defer_events(one for one, outcome in zip(arrivals, outcomes, strict=True) if outcome is Outcome.FULL)
    inbox.forget_deferred(one for one, outcome in zip(arrivals, outcomes, strict=True) if outcome is Outcome.QUEUED)
    return outcomes


def test_an_event_is_a_hint_and_is_known_when_it_comes_again(state: StateFile, inbox: WebhookQueue) -> None:
    assert take(state, inbox, arrival("w1"), arrival("w1")) == [Outcome.QUEUED, Outcome.DUPLICATE]
    assert take(state, inbox, arrival("w1", late=True)) == [Outcome.DUPLICATE]
    assert [hint.record for hint in hints(state).waiting_hints("gh")] == ["c1"]
    assert last_webhook_ms(state.db, "sales") == NOW
    assert last_webhook_ms(state.db, "support") is None


def test_many_events_of_one_record_are_one_hint(state: StateFile, inbox: WebhookQueue) -> None:
    assert take(state, inbox, *(arrival(f"w{number}") for number in range(9)), capacity=1) == [Outcome.QUEUED] * 9
    assert hints(state).count_hints() == count_all_hints(state.db) == inbox.waiting == 1


def test_what_was_said_to_be_gone_once_stays_so_whatever_comes_after(state: StateFile, inbox: WebhookQueue) -> None:
    take(state, inbox, arrival("w1", gone=True), arrival("w2"))
    assert [hint.gone for hint in hints(state).waiting_hints("gh")] == [True]


def test_who_is_gone_comes_first_and_then_who_has_waited_longest(state: StateFile, inbox: WebhookQueue) -> None:
    take(state, inbox, arrival("w1", "c1"), arrival("w2", "c2"), arrival("w3", "c3", gone=True))
    assert [hint.record for hint in hints(state).waiting_hints("gh")] == ["c3", "c1", "c2"]


def test_of_two_times_the_later_counts_and_an_unknown_one_is_later_than_any(
    state: StateFile, inbox: WebhookQueue
) -> None:
    take(state, inbox, arrival("w1", event_ms=NOW + 5), arrival("w2"))
    assert [hint.event_ms for hint in hints(state).waiting_hints("gh")] == [NOW + 5]
    take(state, inbox, arrival("w3", event_ms=None), arrival("w4"))
    assert [hint.event_ms for hint in hints(state).waiting_hints("gh")] == [None]


def test_a_run_drops_what_it_took_and_nothing_that_has_come_since(state: StateFile, inbox: WebhookQueue) -> None:
    take(state, inbox, arrival("w1", "c1"), arrival("w2", "c2"))
    taken = hints(state).waiting_hints("gh")
    take(state, inbox, arrival("w3", "c2"))
    with state.atomic() as transaction:
        hints(state).drop_hints(transaction, taken)
    assert [hint.record for hint in hints(state).waiting_hints("gh")] == ["c2"]


def test_numbers_grow_across_restarts_so_that_no_run_drops_what_it_has_not_seen(
    state: StateFile, inbox: WebhookQueue
) -> None:
    take(state, inbox, *(arrival(f"w{number}") for number in range(5)))
    (old,) = hints(state).waiting_hints("gh")
    with state.atomic() as db:
        db.execute("DELETE FROM hint")
    again = WebhookQueue(state.db, NOW + 1)
    take(state, again, arrival("w9"))
    assert hints(state).waiting_hints("gh")[0].number > old.number


def test_when_the_queue_is_full_an_event_leaves_no_trace_and_may_come_late(
    state: StateFile, inbox: WebhookQueue
) -> None:
    full = take(state, inbox, arrival("w1", "c1"), arrival("w2", "c2"), capacity=1)
    assert full == [Outcome.QUEUED, Outcome.FULL]
    assert take(state, inbox, arrival("w3", "c1"), capacity=1) == [Outcome.QUEUED]
    assert take(state, inbox, arrival("w2", "c2", late=True)) == [Outcome.QUEUED]
    assert {hint.record for hint in hints(state).waiting_hints("gh")} == {"c1", "c2"}


def test_an_event_that_is_late_and_was_never_put_off_is_refused_and_leaves_no_trace(
    state: StateFile, inbox: WebhookQueue
) -> None:
    assert take(state, inbox, arrival("w1", late=True)) == [Outcome.LATE]
    assert take(state, inbox, arrival("w1")) == [Outcome.QUEUED]


def test_an_event_for_several_connections_is_kept_for_all_of_them_or_for_none(
    state: StateFile, inbox: WebhookQueue
) -> None:
    both = QueuedEvent(b"w1", [(PLACE, Hint("gh", "c1")), (("support", "contacts"), Hint("hub", "c1"))], NOW)
    assert take(state, inbox, both, capacity=1) == [Outcome.FULL]
    assert count_all_hints(state.db) == 0
    assert take(state, inbox, both, capacity=2) == [Outcome.QUEUED]
    assert Hints(state.db, "support", "contacts").count_hints() == 1


def test_ids_are_forgotten_when_they_are_old(state: StateFile, inbox: WebhookQueue) -> None:
    take(state, inbox, arrival("w1"))
    with state.atomic() as transaction:
        assert inbox.forget_ids(transaction, NOW) == 0
        assert inbox.forget_ids(transaction, NOW + 1) == 1
    assert take(state, inbox, arrival("w1")) == [Outcome.QUEUED]


def test_hints_for_what_the_config_has_no_more_are_dropped(state: StateFile, inbox: WebhookQueue) -> None:
    take(state, inbox, arrival("w1"))
    with state.atomic() as transaction:
        inbox.keep_hints_for(transaction, {(*PLACE, "gh")})
        assert count_all_hints(state.db) == 1
        inbox.keep_hints_for(transaction, {(*PLACE, "hub")})
    assert count_all_hints(state.db) == 0
