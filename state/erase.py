"""Erase a contact from the whole state, so that no byte of it is left in the file.

Rules kept here:
- a record goes with its links, shadows and memories, conflicts, failures, intents, history and messages;
- rows about other contacts stay; texts in them that name this one (the reason of a failure, an error in the report of
  a run) lose the name;
- cursors stay: nothing is read again because of an erasure.

The bytes are gone once the file is rewritten (`StateFile.vacuum`).
"""

import json
import re
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from state.contact_lookup import FORMER, STREAM, Fold, Record, add_fold_function
from state.database import Transaction

ERASED = "(forgotten)"


@dataclass(frozen=True, slots=True)
class Identity:
    """Everything that identifies a contact: records, addresses (as compared, and as written) and numbers."""

    records: frozenset[Record]
    emails: frozenset[str]
    phones: frozenset[str]


def erase_contact(transaction: Transaction, person: Identity, fold: Fold) -> Counter[str]:
    """Erase a contact and return the number of deleted rows by table; `fold` compares addresses."""
    erased: Counter[str] = Counter()
    for record in sorted(person.records):
        _erase_hints(transaction, record, erased)
        _erase_messages(transaction, record, erased)
        _erase_record(transaction, record, erased)
    add_fold_function(transaction, fold)
    _erase_address(transaction, person.emails, erased)
    _erase_names(transaction, person, erased)
    return +erased


def _erase_record(transaction: Transaction, record: Record, erased: Counter[str]) -> None:
    key = (record.connection, record.side, record.id)
    here = {"connection": record.connection, "stream": STREAM}
    _delete(transaction, erased, "link", here | {f"{record.side}_id": record.id})
    _delete(transaction, erased, "history", here | {"account": record.account, "record_id": record.id})
    for table in ("failure", "trouble"):
        _delete(transaction, erased, table, here | {"side": record.side, "record_id": record.id})
    where = {"connection": record.connection, "side": record.side, "record_id": record.id}
    _delete(transaction, erased, "scope_verdict", where)
    transaction.execute(
        "UPDATE history SET source = NULL WHERE connection = ? AND source = ?",
        (record.connection, f"{record.account}:{record.id}"),
    )
    rows = transaction.execute(
        "DELETE FROM intent WHERE connection = ? AND stream = 'contacts'"
        " AND (side <> ? AND source_id = ? OR side = ? AND json_extract(source, '$.record') = ?)",
        (record.connection, record.side, record.id, record.side, record.id),
    )
    erased["intent"] += rows.rowcount
    for table in ("person", "number", "address"):
        rows = transaction.execute(f"DELETE FROM {table} WHERE connection = ? AND side = ? AND id = ?", key)
        erased[table] += rows.rowcount


def _erase_messages(transaction: Transaction, record: Record, erased: Counter[str]) -> None:
    """Erase the messages of a contact: their entries in the index, their links and their history."""
    key = (record.connection, record.side, record.id)
    here = {"connection": record.connection, "stream": "messages"}
    links = transaction.execute(
        f"SELECT id FROM link WHERE connection = ? AND stream = 'messages' AND ({record.side}_id IN (SELECT id FROM"
        f" message WHERE {_OF_PERSON}) OR json_extract({record.side}_memory, '$.contact') = ?)",
        (record.connection, *key, record.id),
    ).fetchall()
    for row in links:
        _delete(transaction, erased, "history", here | {"link": row["id"]})
        _delete(transaction, erased, "link", {"id": row["id"]})
    for row in transaction.execute(f"SELECT id FROM message WHERE {_OF_PERSON}", key).fetchall():
        for table in ("failure", "trouble"):
            _delete(transaction, erased, table, here | {"side": record.side, "record_id": row["id"]})
        _delete(transaction, erased, "intent", here | {"source_id": row["id"]})
        _delete(transaction, erased, "history", here | {"account": record.account, "record_id": row["id"]})
    _delete(transaction, erased, "history", here | {"account": record.account, "person": record.id})
    erased["message"] += transaction.execute(f"DELETE FROM message WHERE {_OF_PERSON}", key).rowcount


def _erase_hints(transaction: Transaction, record: Record, erased: Counter[str]) -> None:
    """Erase the hints about a contact and its messages. Call it before the messages go: they name their contact."""
    rows = transaction.execute(
        "DELETE FROM hint WHERE account = ? AND (record = ? OR contact = ? OR stream = 'messages' AND record IN"
        f" (SELECT id FROM message WHERE {_OF_PERSON}))",
        (record.account, record.id, record.id, record.connection, record.side, record.id),
    )
    erased["hint"] += rows.rowcount


_OF_PERSON = "connection = ? AND side = ? AND contact_id = ?"


def _erase_address(transaction: Transaction, emails: Collection[str], erased: Counter[str]) -> None:
    """Erase the history lines and open failures that hold one of the addresses, whichever record they are about."""
    for email in sorted(emails):
        rows = transaction.execute(f"DELETE FROM history WHERE field = 'email' AND ? IN {FORMER}", (email,))
        erased["history"] += rows.rowcount
        erased["failure"] += transaction.execute("DELETE FROM failure WHERE folded(who) = ?", (email,)).rowcount


def _erase_names(transaction: Transaction, person: Identity, erased: Counter[str]) -> None:
    """Replace the names of a contact in the failures of other contacts and in the reports of runs."""
    names = _pattern(person)
    blockers = {f"{record.side}:{record.id}" for record in person.records}
    for row in transaction.execute("SELECT id, reason, blockers FROM failure").fetchall():
        kept = [each for each in json.loads(row["blockers"]) if each not in blockers]
        reason = names.sub(ERASED, row["reason"])
        if reason != row["reason"] or len(kept) < len(json.loads(row["blockers"])):
            changed = (reason, json.dumps(kept), row["id"])
            transaction.execute("UPDATE failure SET reason = ?, blockers = ? WHERE id = ?", changed)
    _erase_examples(transaction, names, erased)
    for row in transaction.execute("SELECT id, report FROM run WHERE report IS NOT NULL").fetchall():
        report = json.loads(row["report"])
        if _takes_names_out(report, names):
            values = (json.dumps(report, ensure_ascii=False), row["id"])
            erased["run"] += transaction.execute("UPDATE run SET report = ? WHERE id = ?", values).rowcount


def _erase_examples(transaction: Transaction, names: re.Pattern[str], erased: Counter[str]) -> None:
    """Delete the examples about a contact from the plans that wait for a user; their numbers stay."""
    for row in transaction.execute("SELECT connection, plan FROM approval WHERE plan <> ''").fetchall():
        plan = json.loads(row["plan"])
        kept = [one for one in plan["examples"] if not names.search(json.dumps(one, ensure_ascii=False))]
        if len(kept) < len(plan["examples"]):
            values = (json.dumps(plan | {"examples": kept}, ensure_ascii=False), row["connection"])
            erased["approval"] += transaction.execute(
                "UPDATE approval SET plan = ? WHERE connection = ?", values
            ).rowcount


def _takes_names_out(report: dict[str, Any], names: re.Pattern[str]) -> bool:
    errors: Sequence[str] = report.get("errors", ())
    cleared = [names.sub(ERASED, error) for error in errors]
    changed = cleared != list(errors)
    if changed:
        report["errors"] = cleared
    return changed


def _pattern(person: Identity) -> re.Pattern[str]:
    """Return a pattern that matches the ids, addresses and numbers of a contact as whole words."""
    words = sorted({*(record.id for record in person.records), *person.emails, *person.phones}, key=len, reverse=True)
    return re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, words))})(?!\w)", re.IGNORECASE)


def _delete(transaction: Transaction, erased: Counter[str], table: str, where: Mapping[str, object]) -> None:
    condition = " AND ".join(f"{column} = ?" for column in where)
    erased[table] += transaction.execute(f"DELETE FROM {table} WHERE {condition}", tuple(where.values())).rowcount
