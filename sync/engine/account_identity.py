"""Compare the identity of accounts with the identity that the state was written for (R28). No call is made."""

import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from state import connections
from state.cursors import Cursors
from state.database import Transaction
from state.errors import StateError
from state.file import StateFile
from sync.rules import contact_codec, messages


def confirm_identity(state: StateFile, account: str, connector: str, identity: Mapping[str, Any]) -> None:
    """Refuse an account that is another one than the state knows under its name. Raises StateError."""
    remembered = connections.account_identity(state.db, account)
    if remembered is None:
        return
    known_connector, known = remembered
    if known_connector == connector and all(_holds(identity.get(key), value) for key, value in known.items()):
        return
    raise StateError(
        f"account {account}: {state.path} was written for {_text(known_connector, known)}, not for "
        f"{_text(connector, identity)}; give the account another name, or start with a new state file "
        f"({shlex.join(['mv', str(state.path), f'{state.path}.old'])}, or set another `path` under [state])"
    )


def confirm_known(path: Path, account: str, connector: str, identity: Mapping[str, Any]) -> None:
    """Refuse an account that is another one than the state file at a path knows; create a missing file."""
    state = StateFile.open(path)
    try:
        confirm_identity(state, account, connector, identity)
    finally:
        state.close()


def remember_identity(
    transaction: Transaction, account: str, connector: str, identity: Mapping[str, Any], sides: Mapping[int, str]
) -> None:
    """Store the identity of an account; after a change both streams are read again, for users that were added.

    `sides` are the connections of the account by number, with its side there.
    """
    remembered = connections.account_identity(transaction, account)
    if remembered is not None and remembered[1] == identity:
        return
    if remembered is not None:
        for connection, side in sides.items():
            for stream in (contact_codec.STREAM, messages.STREAM):
                Cursors(transaction, connection, stream).forget_side(transaction, side)
    connections.remember_account(transaction, account, connector, identity)


def _holds(present: Any, known: Any) -> bool:
    if isinstance(known, list) and isinstance(present, list | tuple):
        return {str(one) for one in known} <= {str(one) for one in present}
    return bool(present == known)


def _text(connector: str, identity: Mapping[str, Any]) -> str:
    facts = ", ".join(f"{key} {value}" for key, value in identity.items())
    return f"{connector} ({facts})"
