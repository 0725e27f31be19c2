"""What goes wrong on the way is the error that the contract names, and shows no secret."""

import logging
import traceback
from typing import Any

import pytest

from connectors.errors import AuthError, ConnectorError, OutcomeUnknown, RecordGone, RecordRefused, TransientError
from connectors.http.redaction import spellings_of
from connectors.sandbox.faults import Fault, Kind
from tests.contract.operations import (
    ALL,
    CREATING,
    DELETING,
    READING,
    UPDATING,
    WRITING,
    Operation,
    a_contact,
    naming,
    possible,
)
from tests.contract.subject import ACCOUNT, SECRET, Place, Subject

NAMED_ACCOUNT = f"^{ACCOUNT}: "
LONG = 30.0
"""Seconds for which an answer does not come: longer than any caller waits; they end when the sandbox stops."""


@pytest.mark.parametrize(("status", "most_calls"), [(401, 1), (403, 2)])
def test_refused_credentials_are_an_auth_error_and_nothing_is_repeated(
    typical: Place, status: int, most_calls: int
) -> None:
    """After a 403 for one record, one plain read may follow, which is refused here as well."""
    raw = a_contact(typical)
    people = len(typical.ids())
    for name, operation in possible(typical).items():
        with naming(typical, name):
            typical.sandbox.faults.append(Fault("status", status=status, times=None))
            calls, writes = len(typical.sandbox.calls), typical.account.call_counts.writes
            with pytest.raises(AuthError, match=NAMED_ACCOUNT):
                operation(typical.account, raw)
            assert 1 <= len(typical.sandbox.calls) - calls <= most_calls
            assert typical.account.call_counts.writes - writes <= (name not in READING), "no write is repeated"
    assert len(typical.ids()) == people


@pytest.mark.parametrize("name", ["get", "create", "update", "delete"])
def test_a_403_for_one_record_is_its_own_failure_where_a_plain_read_is_let_through(typical: Place, name: str) -> None:
    raw = a_contact(typical)
    people = len(typical.ids())
    if name not in possible(typical):
        return
    method = ".*" if name in READING else WRITING
    typical.sandbox.faults.append(Fault("status", method=method, status=403, body={"message": "not this one"}))
    calls, writes = len(typical.sandbox.calls), typical.account.call_counts.writes
    with pytest.raises(RecordRefused, match="not this one") as refused:
        ALL[name](typical.account, raw)
    assert refused.value.status == 403
    made = len(typical.sandbox.calls) - calls - typical.reads_before.get(name, 0)
    assert made in {2, 3}, "one plain read follows, and a look for who has the number of a refused contact"
    assert typical.account.call_counts.writes - writes == (name not in READING), "no write is repeated"
    assert len(typical.ids()) == people


def test_wrong_credentials_are_an_auth_error(typical: Place) -> None:
    raw = a_contact(typical)
    for name, operation in possible(typical).items():
        with naming(typical, name), pytest.raises(AuthError):
            operation(typical.connect(secret="another+secret/0815"), raw)


@pytest.mark.parametrize("operation", READING.values(), ids=READING.keys())
def test_a_question_whose_answer_fails_once_is_asked_again(typical: Place, operation: Operation) -> None:
    raw = a_contact(typical)
    kinds: tuple[Kind, ...] = ("reset_before", "reset_after", "drop_before", "html", "status", "cut", "close_after")
    for kind in kinds:
        with naming(typical, kind):
            typical.sandbox.faults.append(Fault(kind, status=503))
            operation(typical.connect(), raw)
            assert typical.sandbox.faults[0].times == 0


def test_a_question_whose_answer_takes_too_long_is_asked_again(typical: Place) -> None:
    raw = a_contact(typical)
    for name, operation in READING.items():
        with naming(typical, name):
            typical.sandbox.faults.append(Fault("hang", delay=LONG))
            operation(typical.impatient(), raw)
            assert typical.sandbox.faults[0].times == 0


@pytest.mark.parametrize("kind", ["reset_before", "html", "status", "cut"])
def test_a_question_that_is_never_answered_is_transient(typical: Place, kind: Kind) -> None:
    raw = a_contact(typical)
    for name, operation in READING.items():
        with naming(typical, name):
            began = typical.clock.passed
            typical.sandbox.faults.append(Fault(kind, status=500, times=None))
            with pytest.raises(TransientError, match=NAMED_ACCOUNT):
                operation(typical.connect(), raw)
            assert typical.clock.passed - began < 40, "a one-shot run gives up on an account after about 20 s"


def test_a_server_that_is_not_there_is_transient_for_writes_as_well(typical: Place) -> None:
    raw = a_contact(typical)
    typical.sandbox.go_down()
    for name, operation in possible(typical).items():
        with naming(typical, name), pytest.raises(TransientError, match=NAMED_ACCOUNT):
            operation(typical.connect(), raw)


@pytest.mark.parametrize("kind", ["reset_after", "html", "status"])
def test_an_update_or_delete_that_is_never_answered_says_so(typical: Place, kind: Kind) -> None:
    raw = a_contact(typical)
    for name, operation in possible(typical, {**UPDATING, **DELETING}).items():
        with naming(typical, name):
            typical.sandbox.faults.append(Fault(kind, status=500, times=None))
            with pytest.raises((OutcomeUnknown, TransientError), match=NAMED_ACCOUNT):
                operation(typical.connect(), raw)


@pytest.mark.parametrize("status", [400, 409, 422])
@pytest.mark.parametrize("name", ["create", "update", "delete"])
def test_a_refused_write_shows_the_servers_own_words(typical: Place, name: str, status: int) -> None:
    raw = a_contact(typical)
    if name not in possible(typical):
        return
    people = len(typical.ids())
    said = "no Springfields here"
    body = {"message": [said]}
    typical.sandbox.faults.append(Fault("status", method=WRITING, status=status, times=None, body=body))
    with pytest.raises(RecordRefused, match=said) as refused:
        ALL[name](typical.account, raw)
    assert (refused.value.status, refused.value.messages) == (status, (said,))
    assert len(typical.ids()) == people


@pytest.mark.parametrize("status", [404, 410])
def test_not_found_is_gone_where_the_system_says_so_like_that(
    typical: Place, typical_subject: Subject, status: int
) -> None:
    raw = a_contact(typical)
    expected = RecordGone if status in typical_subject.says_gone else RecordRefused
    for name in ("get", *UPDATING):
        with naming(typical, name):
            typical.sandbox.faults.append(Fault("status", status=status, times=None, body={"message": "Not Found"}))
            with pytest.raises(expected, match=NAMED_ACCOUNT):
                ALL[name](typical.account, raw)


@pytest.mark.parametrize("status", [200, 302, 400, 401, 403, 404, 409, 413, 422, 429, 500])
def test_no_error_and_no_log_shows_a_secret(typical: Place, status: int, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    raw = a_contact(typical)
    spellings = set(spellings_of(SECRET))
    result = " ".join(spellings)
    body: Any = {"message": [f"no {result}"], "error": result, "errors": [result], "meta": {result: result}}
    if status == 200:
        body = f"<html><body>{result}</body></html>".encode()
    headers = {"Location": f"https://elsewhere.example.com/?key={SECRET}", "Retry-After": "1"}
    typical.sandbox.faults.append(Fault("status", status=status, times=None, body=body, headers=headers))
    errors = []
    for operation in possible(typical).values():
        try:
            operation(typical.connect(), raw)
        except ConnectorError as error:
            errors.append("".join(traceback.format_exception(error)) + repr(vars(error)))
    assert len(errors) >= len(CREATING) + len(UPDATING), "all but what takes a refusal for no contact"
    shown = "".join([caplog.text, *errors])
    assert [spelling for spelling in spellings if spelling in shown] == []
