"""Findings of `sync check` about both accounts of a connection: owners, values without a place, and who is written to.

No call is made for them: each account was tried before.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import closing
from typing import Final

from connectors.connector import Connector, Finding
from state import connections
from state.file import StateFile
from state.owed_values import owed_counts
from sync.config.model import Config
from sync.engine.mappings import rules_of
from sync.rules.deletion import goes_towards
from sync.rules.streams import CONTACTS

MAX_NAMED_USERS: Final = 20


def owed_values(config: Config) -> dict[str, Counter[str]]:
    """Return how many values wait for a place, by account and field, as the last runs found it (R41)."""
    found: dict[str, Counter[str]] = {}
    if not config.state.path.exists():
        return found
    with closing(StateFile.open(config.state.path)) as state:
        for name in config.connections:
            known = connections.find_connection(state.db, name)
            if known is None:
                continue
            accounts = {"left": known.left_account, "right": known.right_account}
            for (side, field), number in owed_counts(state.db, known.id, CONTACTS).items():
                found.setdefault(accounts[side], Counter())[field] += number
    return found


def owed_findings(connector: Connector, owed: Mapping[str, int]) -> Iterator[Finding]:
    """Yield which values wait for a place at an account, and what creates the place."""
    if not owed:
        return
    values = ", ".join(f"{field} ({number:,})" for field, number in sorted(owed.items()))
    scope = connector.place_scope
    remedy = f"give the token the scope {scope}, or create" if scope else "create"
    yield Finding(
        "every value of the other side has a place here",
        ok=False,
        problem=f"no place yet for {values}",
        mend=f"{remedy} the custom fields by hand; the next `sync run` then writes the values, without an edit",
        fatal=False,
    )


def owner_findings(config: Config, name: str, connectors: Mapping[str, Connector]) -> Iterator[Finding]:
    """Yield, for each connection of an account, which of its users are no users of the other account."""
    for connection in config.connections.values():
        sides = (connection.left, connection.right)
        if name not in sides or not connectors.keys() >= set(sides):
            continue
        left, right = (connectors[side] for side in sides)
        other = connectors[sides[name == connection.left]]
        rule = rules_of(connection, left, right).get("owner")
        if rule is not None and rule.to("right" if name == connection.left else "left"):
            yield from _missing_users(connectors[name], other)


def written_accounts(config: Config) -> frozenset[str]:
    """Return the accounts that any connection may write to."""
    found = set()
    for connection in config.connections.values():
        directions = {connection.contacts.direction}
        if connection.messages is not None:
            directions.add(connection.messages.direction)
        for side, account in (("left", connection.left), ("right", connection.right)):
            if any(goes_towards(direction, side) for direction in directions):
                found.add(account)
    return frozenset(found)


def _missing_users(own: Connector, other: Connector) -> Iterator[Finding]:
    if not own.owner_emails or not other.owner_emails:  # one of them shows no users, which is a finding of its own
        return
    missing = sorted(own.owner_emails - other.owner_emails)
    named, more = missing[:MAX_NAMED_USERS], len(missing) - MAX_NAMED_USERS
    shown = ", ".join([*named, *([f"{more} more"] if more > 0 else [])])
    remedy = (
        f"add them at {other.account} with the same e-mail, or leave it: their contacts keep their owner here and get "
        "none there"
    )
    yield Finding(
        f"users are users of {other.account} too, by e-mail, for the field owner",
        ok=not missing,
        problem=f"not there: {shown}" if missing else "",
        mend=remedy if missing else "",
        fatal=False,
    )
