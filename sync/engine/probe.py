"""`sync check --probe`: create, change and delete one invented contact, to test what no document proves (R46).

The command asks the user first. The contact has an address at example.com and a tag that says what it is.
"""

import secrets
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final, TypeVar

from connectors.clock import Clock
from connectors.connector import Connector, Finding, WriteResult
from connectors.contact import Fields
from connectors.errors import ConnectorError, OutcomeUnknown, RecordGone
from sync.engine.trials import ProbedRecord, Trial, after_deletion, finding, trials

TAG: Final = "growthsync-probe"

CREATED: Final = "an invented contact may be created"
CHANGED: Final = "it may be changed"
DELETED: Final = "it is deleted again"
_KEYS: Final = {"create": CREATED, "update": CHANGED, "delete": DELETED}

PAUSES: Final = (0.0, 1.0, 3.0)
"""Seconds to wait before each look-up after a call without an answer: a search may show a new record late."""

Result = TypeVar("Result")


@dataclass(slots=True)
class Probe:
    """What a probe found beside its findings: the trials, which fields the account empties, and its search's lag."""

    trials: list[Trial] = field(default_factory=list)
    clears: dict[str, bool] = field(default_factory=dict)
    lag_seconds: float | None = None

    def try_all(self, record: ProbedRecord) -> Iterator[Finding]:
        """Try everything on the invented contact, and yield what was found."""
        for trial in trials(record):
            self.trials.append(trial)
            yield finding(trial)
        self.clears, self.lag_seconds = record.clears, record.lag_seconds

    def try_deleted(self, record: ProbedRecord) -> Iterator[Finding]:
        """Try what a read of the deleted contact answers."""
        trial = after_deletion(record)
        self.trials.append(trial)
        yield finding(trial)


def probe(connector: Connector, clock: Clock, kept: Probe | None = None) -> Iterator[Finding]:
    """Create, update and delete one invented contact, and yield a finding for each; delete it whatever goes wrong.

    With `kept`, everything that no document proves is tried on it, too, and stored there.
    """
    if not connector.can_delete:
        yield _not_probed()
        return
    fields = invented()
    created = _tried(CREATED, connector, lambda: _create(connector, fields, clock))
    if created[1] is None:
        yield _with_remains(created[0], created[2], connector, f"{fields['email']}, tag {TAG}")
        return
    yield created[0]
    answer, record_id = created[1], str(created[1].raw["id"])
    record = ProbedRecord(connector, clock, answer.raw, fields)
    try:
        yield _tried(CHANGED, connector, lambda: _update(connector, answer))[0]
        if kept is not None:
            yield from kept.try_all(record)
    finally:
        deleted = _tried(f"{DELETED} ({record_id})", connector, lambda: _delete(connector, record_id, clock))[0]
    if deleted.ok:
        yield deleted
        if kept is not None:
            yield from kept.try_deleted(record)
    else:
        by_hand = f"delete it there by hand: {connector.account}:{record_id}, {fields['email']}, tag {TAG}"
        yield Finding(deleted.what, ok=False, problem=deleted.problem, mend=by_hand)


def _not_probed() -> Finding:
    return Finding(
        CREATED, ok=False, problem="the API deletes no contacts, so an invented one would stay there",
        mend="this account cannot be probed; `sync check` says what is known without that", fatal=False,
    )  # fmt: skip


def _with_remains(finding: Finding, error: ConnectorError | None, connector: Connector, who: str) -> Finding:
    """Return the finding of a create; where it may have taken effect, with what the user has to look for."""
    if not isinstance(error, OutcomeUnknown):
        return finding
    look = f"look for {who} at {connector.account}, and delete it there by hand if it is there; then try again"
    return Finding(finding.what, ok=False, problem=finding.problem, mend=look)


def remembered(findings: Iterable[Finding], at: datetime, kept: Probe | None = None) -> dict[str, Any]:
    """Return the findings of a probe as JSON for the state: one key for each call, the trials, and the time."""
    found = {each.what.partition(" (")[0]: each.ok for each in findings}
    return {
        "at": at.isoformat(timespec="seconds"),
        **{key: found[what] for key, what in _KEYS.items() if what in found},
        **(
            {"trials": [asdict(one) for one in kept.trials], "clears": kept.clears, "lag_seconds": kept.lag_seconds}
            if kept is not None and kept.trials
            else {}
        ),
    }


def learned_never_empty(documented: frozenset[str], probed: Mapping[str, Any]) -> frozenset[str]:
    """Return the fields that an account never empties: as documented, unless a probe found otherwise (R46)."""
    clears = probed.get("clears", {})
    kept = {name for name, is_cleared in clears.items() if not is_cleared}
    return (documented | kept) - {name for name, is_cleared in clears.items() if is_cleared}


def proven(guess: Finding, known: Mapping[str, Any]) -> list[Finding]:
    """Return the finding of a check, or what the last probe found where the check is only a guess."""
    day = str(known.get("at", ""))[:10]
    source = f"as `sync check --probe` found on {day}"
    is_certain = guess.ok or guess.fatal or "create" not in known
    findings = [guess] if is_certain else []
    tried = {"delete": DELETED} if is_certain else _KEYS
    for key, what in tried.items():
        if key in known and not (is_certain and known[key]):
            problem = "" if known[key] else "it was refused, or did not take effect"
            mend = "" if known[key] else "give the token that scope, then try again: sync check --probe"
            is_fatal = key != "delete"
            findings.append(Finding(f"{what}, {source}", bool(known[key]), problem, mend, fatal=is_fatal))
    return findings


def invented() -> Fields:
    """Return the fields of a contact that does not exist."""
    return {
        "first_name": "Growthsync",
        "last_name": "Probe",
        "email": f"growthsync-probe-{secrets.token_hex(4)}@example.com",
        "tags": (TAG,),
    }


def _create(connector: Connector, fields: Fields, clock: Clock) -> WriteResult:
    sent = {name: value for name, value in fields.items() if name in connector.fields}
    since = clock.now() + timedelta(seconds=connector.clock_offset())
    try:
        return connector.create_contact(sent, None)
    except OutcomeUnknown:
        for pause in PAUSES:
            clock.sleep(pause)
            with suppress(ConnectorError):  # it is asked again, and reported as unknown at last
                for raw in connector.find_candidates(sent, None, since):
                    if connector.to_contact(raw, {}).fields.get("email") == fields["email"]:
                        return WriteResult(raw, since)
        raise


def _update(connector: Connector, created: WriteResult) -> WriteResult:
    return connector.update_contact(created.raw, {}, {"last_name": "Probe, changed"}, None)


def _delete(connector: Connector, record_id: str, clock: Clock) -> None:
    """Delete the contact, and confirm that it is gone; repeat a call without an answer."""
    for pause in PAUSES:
        clock.sleep(pause)
        with suppress(OutcomeUnknown):
            connector.delete_contact(record_id)
        try:
            connector.read_record(record_id)
        except RecordGone:
            return
    raise OutcomeUnknown(connector.account, "it was deleted, and the server still shows it")


def _tried(
    what: str, connector: Connector, call: Callable[[], Result]
) -> tuple[Finding, Result | None, ConnectorError | None]:
    try:
        result = call()
    except ConnectorError as error:
        return Finding(what, ok=False, problem=error.message, mend=_remedy(connector)), None, error
    return Finding(what, ok=True), result, None


def _remedy(connector: Connector) -> str:
    if connector.write_scope:
        return f"give the token the scope {connector.write_scope}, then try again: sync check --probe"
    return "ask for a key that may write contacts, then try again: sync check --probe"
