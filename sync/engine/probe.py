"""`sync check --probe`: what no document proves is tried on one invented contact, which is removed again (R46).

Rules kept here:
- nothing is made before a person has said yes (the command asks);
- the contact is at example.com, belongs to nobody, and bears a tag that tells what it is;
- it is deleted whatever went wrong before; where that fails, the finding says which record a person has to delete;
- an outcome that is not known is looked for, several times, before it is reported: a search may show a new record late.
  The finding then says by which address to look for it;
- what was found is kept per account, and goes before what a check without a probe can only guess.
"""

import secrets
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any, Final, TypeVar

from connectors.clock import Clock
from connectors.connector import Connector, Finding, WriteResult
from connectors.contact import Fields
from connectors.errors import ConnectorError, OutcomeUnknown, RecordGone

TAG: Final = "growthsync-probe"

MADE: Final = "an invented contact may be made"
CHANGED: Final = "it may be changed"
DELETED: Final = "it is deleted again"
_KEYS: Final = {"create": MADE, "update": CHANGED, "delete": DELETED}

PAUSES: Final = (0.0, 1.0, 3.0)
"""Seconds to wait before each look for what became of a call."""

Result = TypeVar("Result")


def probe(connector: Connector, clock: Clock) -> Iterator[Finding]:
    """Create, update and delete one invented contact, and yield what was found of each."""
    person = invented()
    made = _tried(MADE, connector, lambda: _create(connector, person, clock))
    if made[1] is None:
        yield _with_remains(made[0], made[2], connector, f"{person['email']}, tag {TAG}")
        return
    yield made[0]
    answer, record_id = made[1], str(made[1].raw["id"])
    try:
        yield _tried(CHANGED, connector, lambda: _update(connector, answer))[0]
    finally:
        deleted = _tried(f"{DELETED} ({record_id})", connector, lambda: _delete(connector, record_id, clock))[0]
    if deleted.ok:
        yield deleted
    else:
        by_hand = f"delete it there by hand: {connector.account}:{record_id}, {person['email']}, tag {TAG}"
        yield Finding(deleted.what, ok=False, problem=deleted.problem, mend=by_hand)


def _with_remains(finding: Finding, error: ConnectorError | None, connector: Connector, who: str) -> Finding:
    """Return the finding of a create; where it may have taken effect, with what a person has to look for."""
    if not isinstance(error, OutcomeUnknown):
        return finding
    look = f"look for {who} at {connector.account}, and delete it there by hand if it is there; then try again"
    return Finding(finding.what, ok=False, problem=finding.problem, mend=look)


def remembered(findings: Iterable[Finding], at: datetime) -> dict[str, Any]:
    """Return what a probe found, as JSON: a key per thing that was tried, and when that was."""
    found = {each.what.partition(" (")[0]: each.ok for each in findings}
    return {
        "at": at.isoformat(timespec="seconds"),
        **{key: found[what] for key, what in _KEYS.items() if what in found},
    }


def proven(guess: Finding, known: Mapping[str, Any]) -> list[Finding]:
    """Return the findings of a check that could not tell whether contacts may be written, with what a probe found."""
    day = str(known.get("at", ""))[:10]
    source = f"as `sync check --probe` found on {day}"
    is_told = guess.ok or guess.fatal or "create" not in known
    findings = [guess] if is_told else []
    tried = {"delete": DELETED} if is_told else _KEYS
    for key, what in tried.items():
        if key in known and not (is_told and known[key]):
            problem = "" if known[key] else "it was refused, or did not take effect"
            mend = "" if known[key] else "give the token that scope, then try again: sync check --probe"
            is_fatal = key != "delete"
            findings.append(Finding(f"{what}, {source}", bool(known[key]), problem, mend, fatal=is_fatal))
    return findings


def invented() -> Fields:
    """Return a person who does not exist."""
    return {
        "first_name": "Growthsync",
        "last_name": "Probe",
        "email": f"growthsync-probe-{secrets.token_hex(4)}@example.com",
        "tags": (TAG,),
    }


def _create(connector: Connector, person: Fields, clock: Clock) -> WriteResult:
    sent = {name: value for name, value in person.items() if name in connector.fields}
    since = clock.now() + timedelta(seconds=connector.clock_offset())
    try:
        return connector.create_contact(sent, None)
    except OutcomeUnknown:
        for pause in PAUSES:
            clock.sleep(pause)
            with suppress(ConnectorError):  # it is asked again, and reported as unknown at last
                for raw in connector.find_candidates(sent, None, since):
                    if connector.to_contact(raw, {}).fields.get("email") == person["email"]:
                        return WriteResult(raw, since)
        raise


def _update(connector: Connector, made: WriteResult) -> WriteResult:
    return connector.update_contact(made.raw, {}, {"last_name": "Probe, changed"}, None)


def _delete(connector: Connector, record_id: str, clock: Clock) -> None:
    """Delete the contact, and look whether it is gone; a call whose answer never came is made again."""
    for pause in PAUSES:
        clock.sleep(pause)
        with suppress(OutcomeUnknown):
            connector.delete_contact(record_id)
        try:
            connector.read_record(record_id)
        except RecordGone:
            return
    raise OutcomeUnknown(connector.account, "it was deleted, and is still shown")


def _tried(
    what: str, connector: Connector, call: Callable[[], Result]
) -> tuple[Finding, Result | None, ConnectorError | None]:
    try:
        result = call()
    except ConnectorError as error:
        return Finding(what, ok=False, problem=error.message, mend=_mend(connector)), None, error
    return Finding(what, ok=True), result, None


def _mend(connector: Connector) -> str:
    if connector.write_scope:
        return f"give the token the scope {connector.write_scope}, then try again: sync check --probe"
    return "ask for a key that may write contacts, then try again: sync check --probe"
