"""What goes wrong on the way: each failure is the error that the contract names, and a create is never doubled."""

import logging
import traceback
from collections.abc import Sequence
from typing import Any

import pytest

from connectors.connector import Connector, Raw
from connectors.contact import Fields, same
from connectors.errors import (
    AuthError,
    ConnectorError,
    OutcomeUnknown,
    RecordGone,
    RecordRefused,
    TransientError,
)
from connectors.faults import WITH_EFFECT, Fault, Kind
from connectors.redaction import spellings_of
from tests.contract.operations import ALL, CREATING, READING, UPDATING, Operation
from tests.contract.people import BRIEF, NAMED
from tests.contract.subject import ACCOUNT, SECRET, Place

MARKER = "4711"
IMPATIENT = (5.0, 0.15)
LONG = 30.0
"""Seconds for which an answer does not come: longer than anybody waits; ended when the sandbox stops."""

WITHOUT_EFFECT: tuple[Kind, ...] = ("reset_before", "drop_before", "html", "status", "hang")
EFFECTIVE: tuple[Kind, ...] = ("reset_after", "drop_after", "html_after", "cut", "status_after", "hang_after")

everything = pytest.mark.parametrize("operation", ALL.values(), ids=ALL.keys())
reading = pytest.mark.parametrize("operation", READING.values(), ids=READING.keys())
updating = pytest.mark.parametrize("operation", UPDATING.values(), ids=UPDATING.keys())


def prepared(place: Place) -> Any:
    """Return the record of somebody; all settings are known, so that only what is asked for makes calls."""
    place.prepare(frozenset())
    return place.got(place.add(BRIEF))


def experienced(place: Place) -> None:
    """Let the account write once, so that it knows how this server wants to be written to."""
    raw = prepared(place)
    place.account.update(raw, {}, {"city": "Hometown"}, None)
    place.remove(place.account.contact(raw, {}).id)


def alike(place: Place, found: Sequence[Raw], sent: Fields) -> set[str]:
    """Return who of the candidates shows all that was sent, as the caller decides it."""
    contacts = [place.account.contact(raw, {}) for raw in found]
    return {each.id for each in contacts if all(same(name, each.fields.get(name), sent[name]) for name in sent)}


def impatient(place: Place) -> Connector:
    return place.connect(timeout=IMPATIENT)


@everything
@pytest.mark.parametrize("status", [401, 403])
def test_refused_credentials_are_an_auth_error_that_nothing_was_repeated_for(
    typical: Place, operation: Operation, status: int
) -> None:
    raw = prepared(typical)
    typical.sandbox.faults.append(Fault("status", status=status, times=None))
    calls, people = len(typical.sandbox.calls), len(typical.ids())
    with pytest.raises(AuthError, match=f"^{ACCOUNT}: "):
        operation(typical.account, raw)
    assert len(typical.sandbox.calls) == calls + 1
    assert len(typical.ids()) == people


@everything
def test_wrong_credentials_are_an_auth_error(typical: Place, operation: Operation) -> None:
    raw = prepared(typical)
    with pytest.raises(AuthError):
        operation(typical.connect(secret="another+secret/0815"), raw)


@reading
@pytest.mark.parametrize("kind", [*WITHOUT_EFFECT, "cut"])
def test_a_question_whose_answer_fails_once_is_asked_again(typical: Place, operation: Operation, kind: Kind) -> None:
    raw = prepared(typical)
    typical.sandbox.faults.append(Fault(kind, status=503, delay=LONG))
    operation(impatient(typical), raw)
    assert typical.sandbox.faults[0].times == 0


@reading
@pytest.mark.parametrize("kind", ["reset_before", "html", "status", "cut"])
def test_a_question_that_is_never_answered_is_transient(typical: Place, operation: Operation, kind: Kind) -> None:
    raw = prepared(typical)
    typical.sandbox.faults.append(Fault(kind, status=500, times=None))
    with pytest.raises(TransientError, match=f"^{ACCOUNT}: "):
        operation(typical.account, raw)
    assert sum(typical.clock.slept) < 60, "a one-shot run gives up on an account after about 20 s"


@everything
def test_a_server_that_is_not_there_is_transient_also_for_writes(typical: Place, operation: Operation) -> None:
    raw = prepared(typical)
    typical.sandbox.stop()
    with pytest.raises(TransientError):
        operation(typical.account, raw)


@updating
@pytest.mark.parametrize("kind", [*WITHOUT_EFFECT, *EFFECTIVE, "close_after"])
def test_an_update_whose_answer_fails_once_takes_effect_once(typical: Place, operation: Operation, kind: Kind) -> None:
    raw = prepared(typical)
    record_id = typical.account.contact(raw, {}).id
    typical.sandbox.faults.append(Fault(kind, status=502, delay=LONG))
    answer: Any = operation(impatient(typical), raw)
    person = typical.person(record_id)
    assert (answer.refused, typical.account.contact(answer.raw, {}).fields) == (frozenset(), person.fields)
    assert "Springfield" in str(person.fields["city"]) or "springy" in (person.fields["tags"] or ())


@updating
@pytest.mark.parametrize("kind", ["reset_after", "html", "status"])
def test_an_update_that_is_never_answered_says_so(typical: Place, operation: Operation, kind: Kind) -> None:
    raw = prepared(typical)
    typical.sandbox.faults.append(Fault(kind, status=500, times=None))
    with pytest.raises((OutcomeUnknown, TransientError), match=f"^{ACCOUNT}: "):
        operation(typical.account, raw)


@pytest.mark.parametrize("sent", [BRIEF, NAMED], ids=["brief", "named"])
@pytest.mark.parametrize("kind", [*WITHOUT_EFFECT, *EFFECTIVE])
def test_a_create_without_an_answer_is_unknown_sent_once_and_found_if_it_was_made(
    place: Place, kind: Kind, sent: Fields
) -> None:
    experienced(place)
    account, before, since = impatient(place), set(place.ids()), place.sandbox.server_now()
    place.sandbox.faults.append(Fault(kind, status=502, delay=LONG))
    with pytest.raises(OutcomeUnknown, match=f"^{ACCOUNT}: "):
        account.create(sent, MARKER)
    made = set(place.ids()) - before
    assert len(made) == (kind in WITH_EFFECT)
    place.settle()
    found = place.connect().find(sent, MARKER, since)
    assert alike(place, found, sent) == made


@pytest.mark.parametrize("sent", [BRIEF, NAMED], ids=["brief", "named"])
def test_a_create_that_takes_effect_after_its_connection_broke_is_found_once_it_did(place: Place, sent: Fields) -> None:
    experienced(place)
    before, since = set(place.ids()), place.sandbox.server_now()
    place.sandbox.faults.append(Fault("late", delay=LONG))
    with pytest.raises(OutcomeUnknown):
        place.account.create(sent, MARKER)
    assert alike(place, place.connect().find(sent, MARKER, since), sent) == set()
    place.sandbox.deliver_late()
    place.settle()
    found = place.connect().find(sent, MARKER, since)
    assert alike(place, found, sent) == set(place.ids()) - before != set()


def test_a_create_whose_connection_closes_behind_the_answer_is_answered(typical: Place) -> None:
    typical.prepare(frozenset())
    typical.sandbox.faults.append(Fault("close_after"))
    answer = typical.account.create(BRIEF, MARKER)
    assert typical.account.contact(answer.raw, {}).id in typical.ids()


@pytest.mark.parametrize("body", [None, {}, [], {"contact": None}, {"contact": {}}, {"ok": True}, "fine", 7], ids=str)
def test_a_create_answered_with_nothing_that_has_an_id_is_unknown(place: Place, body: Any) -> None:
    place.prepare(frozenset())
    place.sandbox.faults.append(Fault("status_after", status=200, body=body))
    with pytest.raises(OutcomeUnknown):
        place.account.create(NAMED, MARKER)


@pytest.mark.parametrize("status", [400, 409, 422])
@pytest.mark.parametrize("operation", [*CREATING.values(), UPDATING["update"]], ids=["create", "update"])
def test_a_refused_write_shows_the_servers_own_words(typical: Place, operation: Operation, status: int) -> None:
    raw = prepared(typical)
    people = len(typical.ids())
    typical.sandbox.faults.append(
        Fault("status", status=status, times=None, body={"message": ["no Springfields here"]})
    )
    with pytest.raises(RecordRefused, match="no Springfields here") as refused:
        operation(typical.account, raw)
    assert refused.value.status == status
    assert refused.value.messages == ("no Springfields here",)
    assert len(typical.ids()) == people


@pytest.mark.parametrize("status", [404, 410])
@pytest.mark.parametrize("operation", [READING["get"], *UPDATING.values()], ids=["get", *UPDATING])
def test_not_found_is_gone(typical: Place, operation: Operation, status: int) -> None:
    raw = prepared(typical)
    typical.sandbox.faults.append(Fault("status", status=status, times=None, body={"message": "Not Found"}))
    with pytest.raises(RecordGone):
        operation(typical.account, raw)


@pytest.mark.parametrize("status", [200, 302, 400, 401, 403, 404, 409, 413, 422, 429, 500])
def test_no_error_and_no_log_shows_a_secret(typical: Place, status: int, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    raw = prepared(typical)
    spellings = set(spellings_of(SECRET))
    told = " ".join(spellings)
    body: Any = {"message": [f"no {told}"], "error": told, "errors": [told], "meta": {told: told}}
    if status == 200:
        body = f"<html><body>{told}</body></html>".encode()
    headers = {"Location": f"https://elsewhere.example.com/?key={SECRET}", "Retry-After": "1"}
    typical.sandbox.faults.append(Fault("status", status=status, times=None, body=body, headers=headers))
    errors = []
    for operation in ALL.values():
        try:
            operation(typical.connect(), raw)
        except ConnectorError as error:
            errors.append("".join(traceback.format_exception(error)) + repr(vars(error)))
    assert len(errors) >= len(ALL) - len(READING), "all but a look-up that takes a refusal for nobody"
    shown = "".join([caplog.text, *errors])
    assert [spelling for spelling in spellings if spelling in shown] == []
