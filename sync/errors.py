"""The errors that end a command, and the exit code of each.

    SyncError
    ├── UsageError         the command line is wrong                                      (exit 2)
    │   └── NotThere       no item has this number or name                                (exit 2)
    ├── ConfigError        the config file is wrong; one line per mistake                 (exit 2)
    ├── BrokenRecord       one record cannot be handled, and is listed (R42)              (exit 1)
    └── GuardStopped       the guard stopped a run before its first write (R25)           (exit 4)
    KeyboardInterrupt
    └── Interrupted        SIGINT or SIGTERM came during a one-shot run                   (exit 128 + signal)
        └── Declined       the user answered no before the first write                    (exit 130)
    state.errors
    ├── StateError         the state file is unreadable, newer, or of other accounts      (exit 2)
    ├── StateUnwritable    a disk is full or read-only; nothing is lost                   (exit 3)
    └── LockHeld           another run holds the lock of the connection                   (exit 75)
    connectors.errors
    └── ConnectorError     an account could not be reached or refused a call              (exit 3)

Any other error is a bug. It exits with 3 as well, because state and cursors are valid at every instruction (P6), and
the next run continues.
"""

import signal

from connectors.errors import ConnectorError
from state.errors import LockHeld, StateError, StateUnwritable

DONE = 0
OPEN = 1
WRONG_USE = 2
UNFINISHED = 3
GUARDED = 4
LOCKED = 75


CODES = {
    (DONE,): "done; both sides agree up to the horizon",
    (OPEN,): "done, but conflicts or failures are open",
    (WRONG_USE,): "the command line or the config file is wrong; no call was made",
    (UNFINISHED,): (
        "an account could not be reached or refused access, or a daily allowance ran out; nothing is lost, run again"
    ),
    (GUARDED,): "the guard stopped the run before the first write",
    (LOCKED,): "another run holds the lock",
    (128 + signal.SIGINT, 128 + signal.SIGTERM): "interrupted (SIGINT, SIGTERM); nothing is lost",
}
"""What the exit codes mean, for the manual."""


class SyncError(Exception):
    """An error that a user can act on; the message says how."""


class UsageError(SyncError):
    """The command line, or a request to the status page, is wrong."""


class NotThere(UsageError):
    """No item has this number or name."""


class ConfigError(SyncError):
    """The config file is wrong. Each line names the file, the key, the value found and what is allowed."""

    def __init__(self, *lines: str) -> None:
        super().__init__("\n".join(lines))
        self.lines = lines


class BrokenRecord(SyncError):
    """One record cannot be handled. The code that handles records one by one lists it as a failure and goes on."""


class GuardStopped(SyncError):
    """The guard stopped the run before the first write."""


class Interrupted(KeyboardInterrupt):
    """SIGINT or SIGTERM. It is no Exception, so that no error handler catches it and goes on."""

    def __init__(self, signal_number: int) -> None:
        super().__init__(f"interrupted by {signal.Signals(signal_number).name}")
        self.signal_number = signal_number


class Declined(Interrupted):
    """The user answered no before the first write. It counts as an interruption at that point."""

    def __init__(self) -> None:
        super().__init__(signal.SIGINT)
        self.args = ("declined, nothing was written",)


EXIT_CODES: tuple[tuple[type[Exception], int], ...] = (
    (UsageError, WRONG_USE),
    (ConfigError, WRONG_USE),
    (BrokenRecord, OPEN),
    (GuardStopped, GUARDED),
    (LockHeld, LOCKED),
    (StateError, WRONG_USE),
    (StateUnwritable, UNFINISHED),
    (ConnectorError, UNFINISHED),
)
"""The exit codes. The first class that matches the error decides."""


def is_expected(error: BaseException) -> bool:
    """Return whether a user can act on the error; otherwise it is a bug."""
    return isinstance(error, (KeyboardInterrupt, *(kind for kind, _ in EXIT_CODES)))


def exit_code(error: BaseException) -> int:
    """Return the exit code of a command that the error ended."""
    if isinstance(error, KeyboardInterrupt):
        return 128 + getattr(error, "signal_number", signal.SIGINT)
    return next((code for kind, code in EXIT_CODES if isinstance(error, kind)), UNFINISHED)
