"""What can end a command, and the exit code that each of it leads to.

    SyncError
    ├── UsageError         the command line asks for something that cannot be            (exit 2)
    │   └── NotThere       something of that number or name is not there                  (exit 2)
    ├── ConfigError        the config file is wrong; one line per complaint               (exit 2)
    ├── BrokenRecord       one record cannot be worked with: it is listed (R42)           (exit 1)
    └── GuardStopped       the guard stopped a run before its first write (R25)           (exit 4)
    KeyboardInterrupt
    └── Interrupted        SIGINT or SIGTERM came during a one-shot run                   (exit 128 + signal)
        └── Declined       somebody who was asked before the first write said no          (exit 130)
    state.errors
    ├── StateError         the state file is unreadable, newer, or of other accounts      (exit 2)
    ├── StateUnwritable    a disk is full or refuses; nothing is lost                     (exit 3)
    └── LockHeld           another run holds the lock on the connection                   (exit 75)
    connectors.errors
    └── ConnectorError     an account could not be reached or refused us                  (exit 3)

Whatever else reaches the command line is a mistake of ours: it ends with 3 as well, since state and cursors are
kept at every instruction (P6), and a run after it goes on as if nothing had happened.
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


class SyncError(Exception):
    """Something that a person can mend; the message says how."""


class UsageError(SyncError):
    """The command line asks for something that cannot be."""


class NotThere(UsageError):
    """There is nothing of that number or name."""


class ConfigError(SyncError):
    """The config file is wrong. Each line names a key, its place, what was found and what is allowed."""

    def __init__(self, *lines: str) -> None:
        super().__init__("\n".join(lines))
        self.lines = lines


class BrokenRecord(SyncError):
    """One record cannot be worked with. Whatever handles records one by one lists it, and goes on."""


class GuardStopped(SyncError):
    """The guard stopped the run before the first write."""


class Interrupted(KeyboardInterrupt):
    """SIGINT or SIGTERM. Not an Exception, so that no handler of errors takes it for one and goes on."""

    def __init__(self, signal_number: int) -> None:
        super().__init__(f"interrupted by {signal.Signals(signal_number).name}")
        self.signal_number = signal_number


class Declined(Interrupted):
    """A person who was asked before the first write said no: the same as an interruption at that point."""

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
"""The first class that an error belongs to decides."""


def is_expected(error: BaseException) -> bool:
    """Say whether the error is one that a person can act on, rather than a mistake of ours."""
    return isinstance(error, (KeyboardInterrupt, *(kind for kind, _ in EXIT_CODES)))


def exit_code(error: BaseException) -> int:
    """Return the exit code of a command that the error ended."""
    if isinstance(error, KeyboardInterrupt):
        return 128 + getattr(error, "signal_number", signal.SIGINT)
    return next((code for kind, code in EXIT_CODES if isinstance(error, kind)), UNFINISHED)
