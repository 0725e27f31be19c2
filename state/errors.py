"""The errors of the state.

StateError       the state file can't be used as it is: unreadable, of a newer version, of another account   (exit 2)
StateUnwritable  a disk is full, or refuses to write; nothing is lost                                       (exit 3)
LockHeld         another run holds the connection; the message names it, its age and what to do             (exit 75)
"""


class StateError(Exception):
    """The state file cannot be used as it is; the message gives the reason and what to do."""


class LockHeld(Exception):
    """Another run holds the connection."""


class StateUnwritable(Exception):
    """A disk refuses to write; the message names the file and what to do."""
