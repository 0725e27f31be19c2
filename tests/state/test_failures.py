from dataclasses import replace

from state.failures import RETRY_MS, Failure, Failures
from state.file import StateFile
from tests.state.files import opened

LOST = Failure("left", "1", "growthhub", "ada@example.com", "create", "no answer", ("right:hub-1",), b"d" * 16, 500)


def put(state: StateFile, failure: Failure = LOST, now_ms: int = 100) -> Failures:
    failures = Failures(state.db, 1, "contacts")
    with state.atomic() as transaction:
        failures.put_failure(transaction, failure, now_ms)
    return failures


def row(state: StateFile) -> dict[str, object]:
    return dict(state.db.execute("SELECT * FROM failure").fetchone())


def test_a_failure_is_listed_as_it_was_stored() -> None:
    with opened() as state:
        failures = put(state)
        assert failures.waiting_failures() == [LOST]
        assert failures.of_records("left", ["1", "2"]) == {"1": LOST}
        assert failures.of_records("right", ["1"]) == {}
        assert failures.count_listed() == 1


def test_another_attempt_is_counted_and_the_first_time_stays() -> None:
    with opened() as state:
        put(state)
        number = row(state)["id"]
        later = replace(LOST, reason="refused: bad e-mail", operation="update", digest=b"e" * 16, due_ms=900)
        failures = put(state, later, 200)
        shown = row(state)
        assert (shown["id"], shown["attempts"], shown["first_ms"], shown["last_ms"]) == (number, 2, 100, 200)
        assert failures.waiting_failures() == [later]


def test_a_failure_is_due_after_a_day_by_default() -> None:
    with opened() as state:
        failures = put(state, replace(LOST, due_ms=0), 100)
        assert RETRY_MS == 24 * 3600 * 1000
        assert failures.waiting_failures()[0].due_ms == 100 + RETRY_MS


def test_success_deletes_a_failure_and_its_transient_errors() -> None:
    with opened() as state:
        failures = put(state)
        with state.atomic() as transaction:
            assert failures.count_trouble(transaction, "left", "1") == 1
            failures.close_failures(transaction, "left", "1")
            assert failures.count_trouble(transaction, "left", "1") == 1
        assert failures.count_listed() == 0
        put(state, now_ms=300)
        assert row(state)["first_ms"] == 300
        assert row(state)["attempts"] == 1


def test_a_dismissed_failure_is_hidden_until_the_record_fails_again() -> None:
    with opened() as state:
        failures = put(state)
        with state.atomic() as db:
            db.execute("UPDATE failure SET dismissed = 'a test record'")
        assert failures.waiting_failures() == []
        assert failures.count_listed() == 0
        assert failures.of_records("left", ["1"])["1"].dismissed
        put(state, now_ms=200)
        assert failures.count_listed() == 1
        assert not failures.of_records("left", ["1"])["1"].dismissed


def test_transient_errors_are_counted_per_record_and_run() -> None:
    with opened() as state:
        failures = Failures(state.db, 1, "contacts")
        with state.atomic() as transaction:
            assert [failures.count_trouble(transaction, "left", "1") for _ in range(3)] == [1, 2, 3]
            assert failures.count_trouble(transaction, "right", "1") == 1
            assert failures.count_trouble(transaction, "left", "2") == 1
        assert failures.count_listed() == 0


def test_sides_and_streams_are_kept_apart() -> None:
    with opened() as state:
        contacts, messages = put(state), Failures(state.db, 1, "messages")
        put(state, replace(LOST, side="right"))
        with state.atomic() as transaction:
            messages.put_failure(transaction, LOST, 100)
            contacts.close_failures(transaction, "right", "1")
        assert [failure.side for failure in contacts.waiting_failures()] == ["left"]
        assert messages.count_listed() == 1
