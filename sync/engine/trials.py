"""The trials of `sync check --probe`: what no document proves is tried on the invented contact (R46).

Rules kept here:
- each trial says what was assumed, and what the account did; none of them names a person or a secret;
- a trial that fails says so, and the next one goes on;
- a second contact that a trial creates is deleted at once.
"""

from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import Final

from connectors.clock import Clock
from connectors.connector import Connector, Finding
from connectors.contact import SET_FIELDS, Contact, Fields, Value, same
from connectors.errors import ConnectorError, DuplicateRefused, OutcomeUnknown, RecordGone, RecordRefused
from connectors.records import Raw

SAMPLES: Final[Fields] = {
    "first_name": "Growthsync", "last_name": "Probe", "company": "Example Company", "title": "Engineer",
    "website": "https://www.example.com", "address": "1 Example Street", "city": "Rome", "state": "Lazio",
    "country": "IT", "postal_code": "00118", "phone": "+14155550123", "mobile_phone": "+14155550124",
    "linkedin_url": "https://www.linkedin.com/in/growthsync-probe", "industry": "Software",
}  # fmt: skip
"""Invented values of the fields that are cleared again, one by one."""
WRONG_NUMBER: Final = "+1555"
MIXED_CASE: Final = "Growthsync-Probe-Case"
LAG_STEPS: Final = (0.0, 1.0, 2.0, 4.0, 8.0, 15.0)
"""Seconds between two looks whether a search shows a new record."""


@dataclass(frozen=True, slots=True)
class Trial:
    """One thing that was tried. `as_assumed` is None where it could not be tried."""

    what: str
    assumed: str
    found: str
    as_assumed: bool | None = None


@dataclass(slots=True)
class ProbedRecord:
    """The invented contact: the record as it was read last.

    `clears` says of each field that was tried whether it was emptied. `lag_seconds` is how late a search showed it.
    """

    connector: Connector
    clock: Clock
    raw: Raw
    sent: Fields
    clears: dict[str, bool] = field(default_factory=dict)
    lag_seconds: float | None = None

    @property
    def id(self) -> str:
        """Return its id."""
        return str(self.raw["id"])

    def read(self) -> Contact:
        """Read it by id. Raises ConnectorError."""
        self.raw = self.connector.read_record(self.id).records[0]
        return self.connector.to_contact(self.raw, {})

    def write(self, changes: Fields) -> Contact:
        """Write some fields, and read it again. Raises ConnectorError."""
        self.connector.update_contact(self.raw, {}, changes, None)
        return self.read()


def trials(record: ProbedRecord) -> Iterator[Trial]:
    """Try everything that no document proves, and yield what was found."""
    for what, assumed, attempt in (
        ("the search shows a new contact", "within a minute", _lag),
        ("the time of an update", "it moves with each update", _times),
        ("the spelling of tags", "it is kept", _tag_case),
        ("a number that is none", "it is refused or left out", _wrong_number),
        ("a second contact with the same address", "it is refused, or created", _duplicate),
    ):
        yield _tried(record, what, assumed, attempt)
    yield from _clearing(record)


def after_deletion(record: ProbedRecord) -> Trial:
    """Say what a read by id answers once the contact was deleted."""
    return _tried(record, "a read of a deleted contact", "it is gone", _read_deleted)


def _tried(record: ProbedRecord, what: str, assumed: str, attempt: Callable[[ProbedRecord], tuple[str, bool]]) -> Trial:
    try:
        found, as_assumed = attempt(record)
    except ConnectorError as error:
        return Trial(what, assumed, f"it could not be tried ({type(error).__name__})")
    return Trial(what, assumed, found, as_assumed)


def _lag(record: ProbedRecord) -> tuple[str, bool]:
    began, since = record.clock.monotonic(), record.clock.now() - timedelta(minutes=5)
    for pause in LAG_STEPS:
        record.clock.sleep(pause)
        found = record.connector.find_candidates(record.sent, None, since)
        if any(str(raw.get("id")) == record.id for raw in found):
            record.lag_seconds = round(record.clock.monotonic() - began, 1)
            return f"after {record.lag_seconds:g} s", True
    return f"not within {sum(LAG_STEPS):g} s", False


def _times(record: ProbedRecord) -> tuple[str, bool]:
    before = record.read().updated_at
    record.clock.sleep(1.1)
    after = record.write({"last_name": "Probe, changed again"}).updated_at
    if before is None or after is None:
        return "the record shows no time", False
    precision = "milliseconds" if _is_finer_than_seconds(before) or _is_finer_than_seconds(after) else "seconds"
    return (f"it moves, in {precision}", True) if after > before else ("it does not move", False)


def _is_finer_than_seconds(moment: datetime) -> bool:
    return moment.microsecond != 0


def _tag_case(record: ProbedRecord) -> tuple[str, bool]:
    if "tags" not in record.connector.fields:
        return "the account has no tags", True
    shown = record.write({"tags": (*_tags(record.read()), MIXED_CASE)})
    kept = MIXED_CASE in _tags(shown)
    lowered = MIXED_CASE.lower() in _tags(shown)
    return ("it is kept" if kept else "lower case" if lowered else "the tag is not taken"), kept


def _tags(contact: Contact) -> tuple[str, ...]:
    value = contact.fields.get("tags")
    return tuple(value) if isinstance(value, tuple) else ()


def _wrong_number(record: ProbedRecord) -> tuple[str, bool]:
    if "phone" not in record.connector.fields:
        return "the account has no number", True
    try:
        shown = record.write({"phone": WRONG_NUMBER}).fields.get("phone")
    except RecordRefused:
        return "it is refused", True
    return ("it is taken", False) if shown == WRONG_NUMBER else ("it is left out", True)


def _duplicate(record: ProbedRecord) -> tuple[str, bool]:
    try:
        second = record.connector.create_contact(record.sent, None)
    except DuplicateRefused:
        return "it is refused, with the first one named", True
    except RecordRefused:
        return "it is refused", True
    except OutcomeUnknown:
        _delete_others(record)
        raise
    if str(second.raw["id"]) == record.id:
        return "the first one is updated", False
    record.connector.delete_contact(str(second.raw["id"]))
    return "it is created", True


def _delete_others(record: ProbedRecord) -> None:
    """Delete every other contact with the invented address, which a create without an answer may have made."""
    since = record.clock.now() - timedelta(minutes=5)
    for pause in LAG_STEPS[:3]:
        record.clock.sleep(pause)
        for raw in record.connector.find_candidates(record.sent, None, since):
            shown = record.connector.to_contact(raw, {}).fields.get("email")
            if shown == record.sent["email"] and str(raw["id"]) != record.id:
                record.connector.delete_contact(str(raw["id"]))


def _clearing(record: ProbedRecord) -> Iterator[Trial]:
    """Fill each field that the account has, and empty it again."""
    names = [name for name in SAMPLES if name in record.connector.fields and name not in SET_FIELDS]
    for name in names:
        assumed = "it stays" if name in record.connector.never_empty else "it is emptied"
        yield _tried(record, f"clearing {name}", assumed, partial(_clear, name))


def _clear(name: str, record: ProbedRecord) -> tuple[str, bool]:
    filled = _value(record.write({name: SAMPLES[name]}), name)
    if filled is None:
        return "the account does not take the value", False
    cleared: Value = filled
    with suppress(RecordRefused):
        cleared = _value(record.write({name: None}), name)
    is_kept = cleared is not None and same(name, cleared, filled)
    record.clears[name] = not is_kept
    expected = name in record.connector.never_empty
    return ("it stays" if is_kept else "it is emptied"), is_kept == expected


def _value(contact: Contact, name: str) -> Value:
    return contact.fields.get(name)


def _read_deleted(record: ProbedRecord) -> tuple[str, bool]:
    try:
        record.connector.read_record(record.id)
    except RecordGone:
        return "it is gone", True
    return "it is still shown", False


def finding(trial: Trial) -> Finding:
    """Return a trial as a line of `sync check`."""
    if trial.as_assumed:
        return Finding(f"{trial.what}: {trial.found}, as assumed", ok=True)
    if trial.as_assumed is None:
        return Finding(trial.what, ok=False, problem=trial.found, fatal=False)
    return Finding(
        trial.what, ok=False, problem=f"{trial.found}; otherwise than assumed ({trial.assumed})",
        mend="runs go by what was found", fatal=False,
    )  # fmt: skip
