"""Copies that lose their answer: none is sent twice, and whether it is there can be found out (R20)."""

from dataclasses import replace
from typing import Any

import pytest

from connectors.errors import OutcomeUnknown
from connectors.message import Message
from connectors.sandbox.faults import WITH_EFFECT, Fault
from tests.contract.message_subject import MessageSubject, Post
from tests.contract.operations import naming
from tests.contract.sample_messages import LETTER, REPLY
from tests.contract.subject import ACCOUNT
from tests.contract.test_errors import LONG
from tests.contract.test_lost_answers import WITH, WITHOUT

both_letters = pytest.mark.parametrize("original", [LETTER, REPLY], ids=["letter", "reply"])
CHANGED = replace(LETTER, text="I take it all back.")


def lost(post: Post, fault: Fault, original: Message, contact_id: str) -> set[str]:
    """Record a message and lose the answer; return what was made."""
    before = post.kept()
    post.sandbox.faults.append(replace(fault, path=post.recorded_at))
    with pytest.raises(OutcomeUnknown, match=f"^{ACCOUNT}: "):
        post.letters(post.impatient()).record_copy(original, contact_id)
    return post.kept() - before


def found(post: Post, original: Message, contact_id: str, since: Any) -> set[str]:
    return {copy.id for copy in post.letters(post.connect()).find_copies(original, contact_id, since)}


@both_letters
def test_a_copy_without_an_answer_is_unknown_sent_once_and_found_if_it_was_created(
    post: Post, original: Message
) -> None:
    contact_id = post.a_contact()
    for kind in (*WITHOUT, *WITH):
        with naming(post, kind):
            since = post.sandbox.server_now()
            made = lost(post, Fault(kind, status=502, delay=LONG), original, contact_id)
            assert len(made) == (kind in WITH_EFFECT)
            post.settle()
            assert found(post, original, contact_id, since) == made
            for copy_id in made:
                post.discard(copy_id)


@both_letters
def test_a_copy_that_is_created_after_its_connection_broke_is_found_once_it_is_there(
    post: Post, original: Message
) -> None:
    contact_id, since = post.a_contact(), post.sandbox.server_now()
    before = post.kept()
    assert lost(post, Fault("late", delay=LONG), original, contact_id) == set()
    assert found(post, original, contact_id, since) == set()
    post.sandbox.deliver_late()
    post.settle()
    assert found(post, original, contact_id, since) == post.kept() - before != set()


def test_what_is_found_is_whole(post: Post) -> None:
    contact_id, since = post.a_contact(), post.sandbox.server_now()
    lost(post, Fault("drop_after"), LETTER, contact_id)
    post.settle()
    (copy,) = post.letters(post.connect()).find_copies(LETTER, contact_id, since)
    assert copy.text is not None
    assert post.post.is_copy_of(copy, LETTER)


def test_a_copy_answered_with_nothing_that_has_an_id_is_unknown(post: Post) -> None:
    contact_id = post.a_contact()
    bodies: list[Any] = [None, {}, [], {"message": "Hello world!"}, {"message": None}, {"ok": True}, "fine", 7]
    for body in bodies:
        with naming(post, body):
            assert len(lost(post, Fault("status_after", status=200, body=body), LETTER, contact_id)) == 1


def test_a_copy_whose_connection_closes_behind_the_answer_is_answered(typical_post: Post) -> None:
    contact_id = typical_post.a_contact()
    typical_post.sandbox.faults.append(Fault("close_after"))
    assert typical_post.post.record_copy(LETTER, contact_id).copy.id in typical_post.kept()


def test_a_change_without_an_answer_is_unknown_and_not_sent_again(post: Post, message_subject: MessageSubject) -> None:
    if not message_subject.amends:
        pytest.skip("no copy can be changed there")
    contact_id = post.a_contact()
    for kind in (*WITHOUT, *WITH):
        with naming(post, kind):
            copy = post.post.record_copy(LETTER, contact_id).copy
            kept = post.kept()
            letters = post.letters(post.impatient())
            post.sandbox.faults.append(Fault(kind, status=502, delay=LONG))
            with pytest.raises(OutcomeUnknown, match=f"^{ACCOUNT}: "):
                letters.update_copy(copy, CHANGED)
            assert post.kept() == kept
            shown = post.post.read_message(copy.id, contact_id).text or ""
            assert ("I take it all back." in shown) == (kind in WITH_EFFECT)


def test_a_change_whose_connection_closes_behind_the_answer_is_answered(
    post: Post, message_subject: MessageSubject
) -> None:
    if not message_subject.amends:
        pytest.skip("no copy can be changed there")
    contact_id = post.a_contact()
    copy = post.post.record_copy(LETTER, contact_id).copy
    kept = post.kept()
    post.sandbox.faults.append(Fault("close_after"))
    amended = post.post.update_copy(copy, CHANGED)
    assert (amended.copy.id, post.kept()) == (copy.id, kept)
    assert post.post.is_copy_of(post.post.read_message(copy.id, contact_id), CHANGED)


def test_a_deletion_whose_answer_fails_once_takes_effect(post: Post) -> None:
    if not post.post.deletes_copies:
        pytest.skip("no copy can be deleted there")
    contact_id = post.a_contact()
    before = post.kept()
    for kind in (*WITHOUT, *WITH, "close_after"):
        with naming(post, kind):
            copy = post.post.record_copy(LETTER, contact_id).copy
            post.sandbox.faults.append(Fault(kind, status=503, delay=LONG))
            post.letters(post.impatient()).delete_copy(copy.id, contact_id)
            assert post.kept() == before
