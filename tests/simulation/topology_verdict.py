"""What must hold when a network of accounts has come to rest; each complaint is a sentence."""

import sqlite3
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from typing import Any

from tests.end_to_end.world import is_write
from tests.simulation.contact_observer import Shown
from tests.simulation.topology import Network
from tests.simulation.world import SETTLE


def verdict(network: Network) -> list[str]:
    """Return everything that is wrong in a network that was calmed."""
    return [*_unrest(network), *_doubles(network), *_differing(network), *_lost(network)]


def _unrest(network: Network) -> Iterator[str]:
    """One more run of each connection writes nothing, and nothing goes wrong in it."""
    marks = {name: len(node.server.calls) for name, node in network.nodes.items()}
    for connection in network.connections:
        report = network.run(connection, skip=2 * SETTLE)
        yield from (f"the last run of {connection} could not go on: {error}" for error in report.errors)
    for name, node in network.nodes.items():
        writes = (call for call in node.server.calls[marks[name] :] if is_write(call))
        yield from (f"the last runs wrote at {name}: {call.method} {call.path} {call.body}" for call in writes)
    for intent in _rows(network, "SELECT * FROM intent"):
        yield f"an intent is open: {intent}"


def _doubles(network: Network) -> Iterator[str]:
    """No contact stands twice at one account."""
    for name, shown in _tokens(network).items():
        for token, count in Counter(token for token, _ in shown).items():
            if count > 1:
                yield f"{token} stands {count} times at {name}"


def _differing(network: Network) -> Iterator[str]:
    """All accounts show every contact that was never removed, with the same values but for what is listed."""
    listed = _listed(network)
    tables = {name: dict(shown) for name, shown in _tokens(network).items()}
    for token in sorted({token for shown in tables.values() for token in shown} - network.removed):
        missing = [name for name, shown in tables.items() if token not in shown]
        if missing and (token, "*") not in listed:
            yield f"{token} is missing at {', '.join(missing)}, and nothing lists it"
        there = [shown[token] for shown in tables.values() if token in shown]
        for field in sorted({field for one in there for field in one}):
            values = {one.get(field) for one in there}
            if len(values) > 1 and not listed & {(token, field), (token, "*")}:
                yield f"{token}: {field} is {sorted(map(str, values))}, and nothing lists it"


def _lost(network: Network) -> Iterator[str]:
    """What people wrote at one account alone is what stands there in the end, and no value came from nowhere.

    The history has to admit it where a policy decided otherwise: two accounts may meet for the first time later.
    """
    settled = _listed(network) | _decided(network)
    for name, shown in _tokens(network).items():
        for token, record in shown:
            if token in network.removed:
                continue
            fields = {one.field for one in network.written if one.token == token} | record.keys()
            for field in sorted(fields - {"custom9"}):
                edits = [one for one in network.written if (one.token, one.field) == (token, field)]
                value, known = record.get(field), {None, *(one.value for one in edits)}
                if value not in known:
                    yield f"{token}: {field} is {value!r} at {name}, which was written by nobody"
                # Accounts that meet for the first time unite their tags: a tag removed before that comes back.
                is_removal = field.startswith("tags:") and bool(edits) and edits[-1].value is None
                alone = len({one.node for one in edits}) == 1 and not is_removal
                if alone and value != edits[-1].value and not settled & {(token, field), (token, "*")}:
                    yield f"{token}: {field} is {value!r} at {name}: {edits[-1].value!r} was lost"


def _tokens(network: Network) -> dict[str, list[tuple[str, Shown]]]:
    """Return what each account shows, with the token of each contact."""
    return {
        name: [(one["custom9"], one) for one in node.shown().values() if one["custom9"]]
        for name, node in network.nodes.items()
    }


def _listed(network: Network) -> set[tuple[str, str]]:
    """Return the fields of contacts that a conflict or a failure of any connection lists, `*` for all fields."""
    token_of = {
        (name, record): shown["custom9"] or ""
        for name, node in network.nodes.items()
        for record, shown in node.shown().items()
    }
    accounts = {row["id"]: row for row in _rows(network, "SELECT * FROM connection")}
    found = set()
    for row in _rows(
        network, "SELECT c.connection, c.field, l.left_id, l.right_id FROM conflict c JOIN link l ON l.id = c.link"
    ):
        for side in ("left", "right"):
            account = accounts[row["connection"]][f"{side}_account"]
            found.add((token_of.get((account, row[f"{side}_id"]), ""), row["field"]))
    for row in _rows(network, "SELECT connection, side, record_id FROM failure"):
        account = accounts[row["connection"]][f"{row['side']}_account"]
        found.add((token_of.get((account, row["record_id"]), ""), "*"))
    return found


def _decided(network: Network) -> set[tuple[str, str]]:
    """Return the fields of contacts of which the history says that a policy overwrote a value."""
    token_of = {
        (name, record): shown["custom9"] or ""
        for name, node in network.nodes.items()
        for record, shown in node.shown().items()
    }
    rows = _rows(network, "SELECT account, record_id, field FROM history WHERE rule IN ('newest', 'left', 'right')")
    return {(token_of.get((row["account"], row["record_id"]), ""), row["field"]) for row in rows}


def _rows(network: Network, query: str) -> list[dict[str, Any]]:
    with closing(sqlite3.connect(network.state_path)) as db:
        db.row_factory = sqlite3.Row
        return [dict(row) for row in db.execute(query)]
