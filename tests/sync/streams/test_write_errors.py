"""Errors of writes become failures, retries, or the end of the run."""

from collections.abc import Callable

import pytest

from connectors.errors import AuthError, Broken, ConnectorError, RecordRefused, ServerTrouble
from state.message_staging import StagedMessage
from sync.messages.context import MessageContext
from sync.messages.failures import write_errors
from sync.streams.record_boundary import PATIENCE_RECORDS, PATIENCE_RUNS
from sync.streams.write_errors import WriteErrors
from tests.sync.messages.memory_world import MessageWorld, reasons

Note = Callable[[str, ConnectorError], None]
TROUBLE = ServerTrouble("two", "it answered 500")


def noting(context: MessageContext) -> tuple[WriteErrors[StagedMessage], Note]:
    errors = write_errors(context)

    def note(message_id: str, error: ConnectorError) -> None:
        with context.state.atomic() as transaction:
            staged = StagedMessage("left", message_id, "ann")
            errors.note_error(transaction, context.connection.left, staged, "create", error)

    return errors, note


def test_a_refused_record_is_a_failure_and_the_run_goes_on(world: MessageWorld) -> None:
    with world.context() as context:
        errors, note = noting(context)
        note("m1", RecordRefused("two", "too long"))
        errors.raise_fatal()
        assert reasons(context) == ["message m1: two refuses it: too long"]


def test_a_defect_of_ours_is_a_failure_of_that_record(world: MessageWorld) -> None:
    with world.context() as context:
        errors, note = noting(context)
        note("m1", Broken("two", "growthsync cannot work with it", ValueError("odd")))
        errors.raise_fatal()
        assert reasons(context) == ["message m1: growthsync cannot work with it"]


def test_an_error_of_the_account_ends_the_run(world: MessageWorld) -> None:
    with world.context() as context:
        errors, note = noting(context)
        note("m1", AuthError("two", "401"))
        assert errors.is_fatal()
        with pytest.raises(AuthError):
            errors.raise_fatal()
        assert reasons(context) == []


def test_server_errors_at_several_records_in_a_row_end_the_run(world: MessageWorld) -> None:
    with world.context() as context:
        errors, note = noting(context)
        for number in range(PATIENCE_RECORDS - 1):
            note(f"m{number}", TROUBLE)
        errors.note_success(context.connection.right)
        note("m8", TROUBLE)
        assert not errors.is_fatal()
        for number in range(PATIENCE_RECORDS - 1):
            note(f"n{number}", TROUBLE)
        assert errors.is_fatal()


def test_a_record_that_alone_meets_server_errors_is_listed_by_the_third_run(world: MessageWorld) -> None:
    for number in range(PATIENCE_RUNS):
        with world.context() as context:
            _, note = noting(context)
            note("m1", TROUBLE)
            listed = reasons(context)
            assert bool(listed) == (number == PATIENCE_RUNS - 1)
            assert len(context.errors) == (0 if listed else 1)
    assert listed == [f"message m1: failed in {PATIENCE_RUNS} runs: it answered 500"]
