from state.notification_cause import NotificationCause
from state.notifications import NotificationStore
from state.progress import StreamProgress, note_comparison, note_end, progress_of
from state.schedule import PlannedRun, plan_run, plan_runs, planned_runs
from tests.state.files import opened


def test_progress_has_the_last_stored_times() -> None:
    with opened() as state, state.atomic() as db:
        assert progress_of(db, "sales", "contacts") is None
        note_end(db, 1, "contacts", 100)
        assert progress_of(db, "sales", "contacts") == StreamProgress(100, 0)
        note_comparison(db, 1, "contacts", 150)
        note_end(db, 1, "contacts", 200)
        assert progress_of(db, "sales", "contacts") == StreamProgress(200, 150)
        assert progress_of(db, "sales", "messages") is None
        assert progress_of(db, "other", "contacts") is None


def test_a_comparison_is_no_complete_run() -> None:
    with opened() as state, state.atomic() as db:
        note_comparison(db, 1, "contacts", 150)
        assert progress_of(db, "sales", "contacts") == StreamProgress(0, 150)


def test_planned_runs_are_listed_next_first() -> None:
    soon, later, never = (
        PlannedRun("b", "contacts", 5),
        PlannedRun("a", "contacts", 9, "is down"),
        PlannedRun("c", "contacts", None),
    )
    with opened() as state, state.atomic() as db:
        plan_runs(db, [never, later, PlannedRun("b", "contacts", 1)])
        plan_run(db, soon)
        assert planned_runs(db) == [soon, later, never]
        plan_runs(db, [])
        assert planned_runs(db) == []


def test_causes_are_stored_per_stream_until_they_are_deleted() -> None:
    with opened() as state, state.atomic() as transaction:
        store, other = (
            NotificationStore(transaction, "sales", "contacts"),
            NotificationStore(transaction, "sales", "messages"),
        )
        causes = [NotificationCause("conflicts", "1@5", 5), NotificationCause("failed", "", 7, 2, 9)]
        store.put_causes(transaction, causes)
        store.put_causes(transaction, [NotificationCause("failed", "", 7, 3, 11)])
        assert store.all_causes() == [causes[0], NotificationCause("failed", "", 7, 3, 11)]
        assert other.all_causes() == []
        other.forget_causes(transaction, causes)
        store.forget_causes(transaction, causes[:1])
        assert [one.cause for one in store.all_causes()] == ["failed"]
