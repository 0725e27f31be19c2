"""`sync rehearse`: run the user's own config against copies of both accounts, and report what the real runs would do.

Rules kept here:
- the accounts are only read: their HTTP clients can make no call that changes something;
- the engine, the config and a copy of the state are the real ones; only the servers are sandboxes with copied records;
- what was read lies in a folder that only its owner can read and that is removed at the end, also after an error or
  Ctrl-C, and in files without a name.
"""

from sync.rehearsal.rehearsal import rehearse

__all__ = ["rehearse"]
