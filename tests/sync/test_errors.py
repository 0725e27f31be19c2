import signal

import pytest

from connectors import errors as of_connectors
from state.errors import LockHeld, StateError
from sync.errors import (
    BrokenRecord,
    ConfigError,
    Declined,
    GuardStopped,
    Interrupted,
    SyncError,
    UsageError,
    exit_code,
    is_expected,
)

ACCOUNT = ("growthhub", "what happened")


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (UsageError("x"), 2),
        (ConfigError("x", "y"), 2),
        (StateError("x"), 2),
        (BrokenRecord("x"), 1),
        (GuardStopped("x"), 4),
        (LockHeld("x"), 75),
        (of_connectors.AuthError(*ACCOUNT), 3),
        (of_connectors.Unreachable(*ACCOUNT), 3),
        (of_connectors.ServerTrouble(*ACCOUNT), 3),
        (of_connectors.AllowanceSpent(*ACCOUNT), 3),
        (of_connectors.IncompleteWindow(*ACCOUNT), 3),
        (of_connectors.AnswerTooLarge(*ACCOUNT), 3),
        (of_connectors.OutcomeUnknown(*ACCOUNT), 3),
        (Interrupted(signal.SIGINT), 130),
        (Interrupted(signal.SIGTERM), 143),
        (Declined(), 130),
        (KeyboardInterrupt(), 130),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, BaseException) else str(value),
)
def test_every_error_that_is_expected_has_its_exit_code(error: BaseException, code: int) -> None:
    assert exit_code(error) == code
    assert is_expected(error)


@pytest.mark.parametrize("error", [KeyError("x"), OSError("disk full"), AssertionError()])
def test_a_bug_exits_with_3(error: Exception) -> None:
    assert exit_code(error) == 3
    assert not is_expected(error)


def test_every_error_of_ours_has_a_place_in_the_table() -> None:
    assert all(exit_code(kind("x")) in {1, 2, 4} for kind in SyncError.__subclasses__())
    assert all(is_expected(kind("x")) for kind in SyncError.__subclasses__())


def test_the_lines_of_a_config_error_are_kept_apart() -> None:
    error = ConfigError("one", "two")
    assert (error.lines, str(error)) == (("one", "two"), "one\ntwo")


def test_an_interruption_is_caught_by_nothing_that_catches_errors() -> None:
    assert not issubclass(Interrupted, Exception)
