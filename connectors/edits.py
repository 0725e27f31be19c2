"""Detect that a person edited a record between two tries of one write (R19, R20). Pure.

What was refused or did not arrive is not written again over a person's edit. The caller reads the record before the
second try. Where it differs from the first reading, the outcome is unknown, and the engine merges again.
"""

from connectors.contact import Fields, same
from connectors.errors import RecordEdited
from connectors.records import Raw


def refuse_if_edited(account: str, record_id: str, before: Fields, now: Fields) -> None:
    """Raise RecordEdited where a value in both readings differs."""
    edited = sorted(name for name in before.keys() & now.keys() if not same(name, before[name], now[name]))
    if edited:
        raise edited_between(account, "contact", record_id, edited)


def refuse_if_changed(account: str, record_id: str, before: Raw, now: Raw, keys: frozenset[str]) -> None:
    """Raise RecordEdited where one of these wire keys differs between the readings.

    A server may show no empty fields: a value where none was shown before is an edit too.
    """
    edited = sorted(key for key in keys & now.keys() if before.get(key) != now[key] and (before.get(key) or now[key]))
    if edited:
        raise edited_between(account, "contact", record_id, edited)


def edited_between(account: str, noun: str, record_id: str, names: list[str]) -> RecordEdited:
    """Return the error for a record that was edited between two tries."""
    return RecordEdited(account, f"{noun} {record_id} was edited between two tries to write it ({', '.join(names)})")
