"""`sync check --probe`: what no document proves is tried on one invented contact, which is removed again (R46).

Rules kept here:
- nothing is made before a person has said yes (the command asks);
- the contact is at example.com, belongs to nobody, and bears a tag that tells what it is;
- it is deleted whatever went wrong before; where that fails, the finding says which record a person has to delete;
- an outcome that nobody knows is looked for before it is reported.
"""

import secrets
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Final, TypeVar

from connectors.clock import Clock
from connectors.connector import Connector, Finding, WriteResult
from connectors.contact import Fields
from connectors.errors import ConnectorError, OutcomeUnknown, RecordGone

TAG: Final = "growthsync-probe"

Result = TypeVar("Result")


def probe(connector: Connector, clock: Clock) -> Iterator[Finding]:
    """Create, update and delete one invented contact, and yield what was found of each."""
    person = invented()
    made = _tried("an invented contact may be made", connector, lambda: _create(connector, person, clock))
    yield made[0]
    if made[1] is None:
        return
    answer, record_id = made[1], str(made[1].raw["id"])
    try:
        yield _tried("it may be changed", connector, lambda: _update(connector, answer))[0]
    finally:
        deleted = _tried(f"it is deleted again ({record_id})", connector, lambda: _delete(connector, record_id))[0]
    if deleted.ok:
        yield deleted
    else:
        by_hand = f"delete it there by hand: {connector.account}:{record_id}, tag {TAG}"
        yield Finding(deleted.what, ok=False, problem=deleted.problem, mend=by_hand)


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
        return connector.create(sent, None)
    except OutcomeUnknown:
        for raw in connector.find(sent, None, since):
            if connector.contact(raw, {}).fields.get("email") == person["email"]:
                return WriteResult(raw, since)
        raise


def _update(connector: Connector, made: WriteResult) -> WriteResult:
    return connector.update(made.raw, {}, {"last_name": "Probe, changed"}, None)


def _delete(connector: Connector, record_id: str) -> None:
    connector.delete(record_id)
    try:
        connector.get(record_id)
    except RecordGone:
        return
    raise OutcomeUnknown(connector.account, "it was deleted, and is still shown")


def _tried(what: str, connector: Connector, call: Callable[[], Result]) -> tuple[Finding, Result | None]:
    try:
        result = call()
    except ConnectorError as error:
        return Finding(what, ok=False, problem=error.message, mend=_mend(connector)), None
    return Finding(what, ok=True), result


def _mend(connector: Connector) -> str:
    if connector.write_scope:
        return f"give the token the scope {connector.write_scope}, then try again: sync check --probe"
    return "ask for a key that may write contacts, then try again: sync check --probe"
