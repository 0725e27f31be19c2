"""What goes wrong with messages is the error that the contract names, and shows no secret."""

import logging
import traceback
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, Final

import pytest

from connectors.errors import AuthError, ConnectorError, OutcomeUnknown, RecordGone, RecordRefused, TransientError
from connectors.http.redaction import spellings_of
from connectors.message import Message
from connectors.message_store import MessageStore
from connectors.records import Window
from connectors.sandbox.faults import Fault, Kind
from tests.contract.message_subject import MessageSubject, Post
from tests.contract.operations import EPOCH, naming
from tests.contract.sample_messages import LETTER, REPLY
from tests.contract.subject import SECRET
from tests.contract.test_errors import LONG, NAMED_ACCOUNT

Operation = Callable[[MessageStore, Message], object]
"""Does something with the messages of an account, concerning a copy that is there."""

CHANGED: Final = replace(LETTER, text="Changed")
READING: Final[Mapping[str, Operation]] = {
    "read": lambda messages, _: list(messages.read_window(Window(EPOCH))),
    "get": lambda messages, copy: messages.read_message(copy.id, copy.contact_id),
    "find": lambda messages, copy: messages.find_copies(REPLY, copy.contact_id, EPOCH),
}
RECORDING: Final[Mapping[str, Operation]] = {
    "record": lambda messages, copy: messages.record_copy(REPLY, copy.contact_id)
}
AMENDING: Final[Mapping[str, Operation]] = {"amend": lambda messages, copy: messages.update_copy(copy, CHANGED)}
ERASING: Final[Mapping[str, Operation]] = {
    "erase": lambda messages, copy: messages.delete_copy(copy.id, copy.contact_id)
}


def operations(post: Post, subject: MessageSubject) -> dict[str, Operation]:
    """Return all that can be asked for there."""
    there = {**AMENDING} if subject.amends else {}
    return {**READING, **RECORDING, **there, **(ERASING if post.post.deletes_copies else {})}


def copied(post: Post) -> Message:
    """Return a copy; everything that is asked for once is known then."""
    return post.post.record_copy(LETTER, post.a_contact()).copy


@pytest.mark.parametrize(("status", "most_calls"), [(401, 1), (403, 2)])
def test_refused_credentials_are_an_auth_error_and_nothing_is_repeated(
    post: Post, message_subject: MessageSubject, status: int, most_calls: int
) -> None:
    """After a 403 for one record, one plain read may follow, which is refused here as well."""
    copy = copied(post)
    kept = post.kept()
    for name, operation in operations(post, message_subject).items():
        with naming(post, name):
            post.sandbox.faults.append(Fault("status", status=status, times=None))
            calls, writes = len(post.sandbox.calls), post.account.call_counts.writes
            with pytest.raises(AuthError, match=NAMED_ACCOUNT):
                operation(post.post, copy)
            assert 1 <= len(post.sandbox.calls) - calls <= most_calls
            assert post.account.call_counts.writes - writes == (name not in READING), "no write is repeated"
    assert post.kept() == kept


@pytest.mark.parametrize("operation", READING.values(), ids=READING.keys())
def test_a_question_whose_answer_fails_once_is_asked_again(post: Post, operation: Operation) -> None:
    copy = copied(post)
    kinds: tuple[Kind, ...] = ("reset_before", "reset_after", "drop_before", "html", "status", "cut", "close_after")
    for kind in kinds:
        with naming(post, kind):
            post.sandbox.faults.append(Fault(kind, status=503))
            operation(post.letters(post.connect()), copy)
            assert post.sandbox.faults[0].times == 0


@pytest.mark.parametrize("kind", ["reset_before", "html", "status", "cut"])
def test_a_question_that_is_never_answered_is_transient(post: Post, kind: Kind) -> None:
    copy = copied(post)
    for name, operation in READING.items():
        with naming(post, name):
            post.sandbox.faults.append(Fault(kind, status=500, times=None))
            with pytest.raises(TransientError, match=NAMED_ACCOUNT):
                operation(post.letters(post.connect()), copy)


def test_a_server_that_is_not_there_is_transient_for_writes_as_well(
    post: Post, message_subject: MessageSubject
) -> None:
    copy = copied(post)
    post.sandbox.go_down()
    for name, operation in operations(post, message_subject).items():
        with naming(post, name), pytest.raises(TransientError, match=NAMED_ACCOUNT):
            operation(post.letters(post.connect()), copy)


@pytest.mark.parametrize("kind", ["reset_after", "html", "status"])
def test_a_change_or_deletion_that_is_never_answered_says_so(
    post: Post, message_subject: MessageSubject, kind: Kind
) -> None:
    copy = copied(post)
    there = operations(post, message_subject)
    for name in there.keys() & {*AMENDING, *ERASING}:
        with naming(post, name):
            post.sandbox.faults.append(Fault(kind, status=500, times=None))
            with pytest.raises((OutcomeUnknown, TransientError), match=NAMED_ACCOUNT):
                there[name](post.letters(post.connect()), copy)


@pytest.mark.parametrize("status", [400, 409, 422])
def test_a_refused_write_shows_the_servers_own_words(post: Post, message_subject: MessageSubject, status: int) -> None:
    copy = copied(post)
    kept = post.kept()
    there = operations(post, message_subject)
    for name in there.keys() - READING.keys():
        with naming(post, name):
            said = "no looms here"
            post.sandbox.faults.append(Fault("status", status=status, times=None, body={"message": [said]}))
            with pytest.raises(RecordRefused, match=said) as refused:
                there[name](post.post, copy)
            assert (refused.value.status, refused.value.messages) == (status, (said,))
    assert post.kept() == kept


@pytest.mark.parametrize("status", [404, 410])
def test_not_found_is_gone(post: Post, message_subject: MessageSubject, status: int) -> None:
    copy = copied(post)
    there = operations(post, message_subject)
    for name in there.keys() & {"get", "record", "amend"}:
        with naming(post, name):
            post.sandbox.faults.append(Fault("status", status=status, times=None, body={"message": "Not Found"}))
            with pytest.raises(RecordGone, match=NAMED_ACCOUNT):
                there[name](post.post, copy)


def test_an_answer_that_does_not_come_is_not_waited_for_for_ever(post: Post) -> None:
    copy = copied(post)
    for name, operation in READING.items():
        with naming(post, name):
            post.sandbox.faults.append(Fault("hang", delay=LONG))
            operation(post.letters(post.impatient()), copy)
            assert post.sandbox.faults[0].times == 0


@pytest.mark.parametrize("status", [200, 302, 400, 401, 403, 404, 409, 413, 422, 429, 500])
def test_no_error_and_no_log_shows_a_secret(
    post: Post, message_subject: MessageSubject, status: int, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    copy = copied(post)
    spellings = set(spellings_of(SECRET))
    result = " ".join(spellings)
    body: Any = {"message": [f"no {result}"], "error": result, "errors": [result], "meta": {result: result}}
    if status == 200:
        body = f"<html><body>{result}</body></html>".encode()
    headers = {"Location": f"https://elsewhere.example.com/?key={SECRET}", "Retry-After": "1"}
    post.sandbox.faults.append(Fault("status", status=status, times=None, body=body, headers=headers))
    errors = []
    for operation in operations(post, message_subject).values():
        try:
            operation(post.letters(post.connect()), copy)
        except ConnectorError as error:
            errors.append("".join(traceback.format_exception(error)) + repr(vars(error)))
    assert errors
    shown = "".join([caplog.text, *errors])
    assert [spelling for spelling in spellings if spelling in shown] == []
