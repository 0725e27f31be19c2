"""Copies: made once, known again, changed and deleted as their originals are. Whoever has one is sent nothing."""

from dataclasses import replace
from datetime import timedelta

import pytest

from connectors.errors import RecordGone
from connectors.message import Message
from connectors.message_store import MessageStore
from connectors.values import message_text
from tests.contract.message_subject import MessageSubject, Post
from tests.contract.sample_contacts import NAMED, OWNERS
from tests.contract.sample_messages import LETTER, REPLY, TEXTS

both_letters = pytest.mark.parametrize("original", [LETTER, REPLY], ids=["letter", "reply"])
CHANGED = replace(LETTER, text="Hey Charles,\n\nI take it all back.\n\nAnn", subject="Sorry")


def seen(post: Post, contact_id: str) -> list[Message]:
    """Return the copies that a contact has, as the engine sees them."""
    found = list(post.all_messages().values()) if post.post.lists_copies else post.post.copies_of(contact_id)
    return [post.post.with_text(message) for message in found if message.contact_id == contact_id]


def showing(messages: MessageStore, copies: list[Message], original: Message) -> list[str]:
    return [copy.id for copy in copies if messages.is_copy_of(copy, original)]


@both_letters
def test_a_copy_shows_its_original_and_is_with_the_contact(post: Post, original: Message) -> None:
    contact_id, before = post.a_contact(), post.kept()
    recorded = post.post.record_copy(original, contact_id)
    (copy_id,) = post.kept() - before
    assert recorded.served_at == post.clock.now()
    for copy in (recorded.copy, post.post.read_message(copy_id, contact_id)):
        assert (copy.id, copy.contact_id) == (copy_id, contact_id)
        assert post.post.is_copy_of(post.post.with_text(copy), original)
    assert showing(post.post, seen(post, contact_id), original) == [copy_id]


def test_a_copy_bears_what_there_is_room_for(post: Post) -> None:
    contact_id = post.a_contact()
    copy = post.post.with_text(post.post.record_copy(LETTER, contact_id).copy)
    assert copy.of in (LETTER.id, None)
    assert copy.owner in (OWNERS[0], None)
    if copy.of is None:
        assert message_text.same(copy.text, LETTER.text)
        assert message_text.same(copy.subject, LETTER.subject)


def test_a_copy_shows_no_other_message(post: Post) -> None:
    contact_id = post.a_contact()
    copy = post.post.with_text(post.post.record_copy(LETTER, contact_id).copy)
    assert LETTER.sent_at is not None
    for other in (
        replace(LETTER, id="another", text="Other words"),
        replace(LETTER, id="another", sent_at=LETTER.sent_at + timedelta(hours=1)),
        REPLY,
    ):
        assert not post.post.is_copy_of(copy, other)


def test_messages_alike_but_for_their_time_are_distinguished(post: Post) -> None:
    contact_id = post.a_contact()
    assert REPLY.sent_at is not None
    again = replace(REPLY, id="original-3", sent_at=REPLY.sent_at + timedelta(seconds=90))
    first, second = (post.post.record_copy(each, contact_id).copy.id for each in (REPLY, again))
    copies = seen(post, contact_id)
    assert showing(post.post, copies, REPLY) == [first]
    assert showing(post.post, copies, again) == [second]


def _found(post: Post, original: Message, contact_id: str) -> list[Message]:
    """Look for a copy as another process would, which was recorded just now, once it shows."""
    since = post.sandbox.server_now()
    post.settle()
    return list(post.letters(post.connect()).find_copies(original, contact_id, since))


@pytest.mark.parametrize("text", TEXTS, ids=range(len(TEXTS)))
def test_whatever_the_text_its_copy_is_known_again(post: Post, text: str) -> None:
    contact_id = post.a_contact()
    original = replace(LETTER, text=text)
    copy_id = post.post.record_copy(original, contact_id).copy.id
    copy = post.post.read_message(copy_id, contact_id)
    assert post.post.is_copy_of(copy, original)
    assert copy.of is not None or message_text.same(copy.text, text), (
        "without a marker, words are all that it is known by"
    )
    assert [each.id for each in _found(post, original, contact_id)] == [copy_id]


def test_the_same_message_for_two_contacts_is_two_copies(post: Post) -> None:
    one = post.a_contact()
    other = post.add(NAMED)
    copies = {contact_id: post.post.record_copy(LETTER, contact_id).copy.id for contact_id in (one, other)}
    since = post.sandbox.server_now()
    post.settle()
    for contact_id, copy_id in copies.items():
        assert [each.id for each in post.post.find_copies(LETTER, contact_id, since)] == [copy_id]


def test_nothing_is_recorded_for_a_contact_that_is_gone(post: Post) -> None:
    contact_id = post.a_contact()
    other = post.add(NAMED)
    before = post.kept()
    post.remove(contact_id)
    for no_owner in (contact_id, "nobody"):
        with pytest.raises(RecordGone):
            post.post.record_copy(LETTER, no_owner)
    assert post.kept() == before
    assert post.post.record_copy(LETTER, other).copy.contact_id == other


def test_an_owner_that_is_no_user_keeps_nothing_from_being_recorded(post: Post) -> None:
    contact_id = post.a_contact()
    original = replace(LETTER, owner="stranger@example.com")
    recorded = post.post.record_copy(original, contact_id)
    assert recorded.copy.owner != original.owner
    assert post.post.is_copy_of(post.post.with_text(recorded.copy), original)


def test_a_copy_is_updated_to_show_what_its_original_has_become(post: Post, message_subject: MessageSubject) -> None:
    if not message_subject.amends:
        pytest.skip("no copy can be changed there")
    contact_id = post.a_contact()
    copy = post.post.record_copy(LETTER, contact_id).copy
    kept = post.kept()
    for _ in range(2):
        amended = post.post.update_copy(copy, CHANGED)
        assert amended.served_at == post.clock.now()
        for shown in (amended.copy, post.post.read_message(copy.id, contact_id)):
            assert shown.id == copy.id
            assert message_text.same(post.post.with_text(shown).text, CHANGED.text) or shown.of == CHANGED.id
            assert post.post.is_copy_of(post.post.with_text(shown), CHANGED)
    assert post.kept() == kept


def test_a_copy_that_is_gone_is_not_amended(post: Post, message_subject: MessageSubject) -> None:
    if not (message_subject.amends and post.post.deletes_copies):
        pytest.skip("no copy can be changed and deleted there")
    contact_id = post.a_contact()
    copy = post.post.record_copy(LETTER, contact_id).copy
    post.post.delete_copy(copy.id, contact_id)
    with pytest.raises(RecordGone):
        post.post.update_copy(copy, CHANGED)
    with pytest.raises(RecordGone):
        post.post.read_message(copy.id, contact_id)


def test_a_copy_is_deleted_once_and_no_other(post: Post) -> None:
    if not post.post.deletes_copies:
        pytest.skip("no copy can be deleted there")
    contact_id = post.a_contact()
    before = post.kept()
    copy, other = (post.post.record_copy(each, contact_id).copy.id for each in (LETTER, REPLY))
    for each in (copy, copy, "nothing"):
        post.post.delete_copy(each, contact_id)
    assert post.kept() == before | {other}


def test_originals_are_left_alone_by_all_that_is_done_to_copies(post: Post) -> None:
    contact_id = post.a_contact()
    original = post.write(contact_id, LETTER)
    before = post.all_messages()[original]
    copy = post.post.record_copy(REPLY, contact_id).copy
    if post.post.deletes_copies:
        post.post.delete_copy(copy.id, contact_id)
    assert post.all_messages()[original] == before


def test_what_is_not_listed_is_seen_at_the_contact_in_one_call_and_what_is_listed_costs_none(
    typical_post: Post,
) -> None:
    post = typical_post
    contact_id = post.a_contact()
    copy_id = post.post.record_copy(LETTER, contact_id).copy.id
    calls = len(post.sandbox.calls)
    found = {each.id for each in post.post.copies_of(contact_id)}
    assert len(post.sandbox.calls) - calls == (not post.post.lists_copies)
    assert (copy_id in found) != (copy_id in post.all_messages())


def test_a_message_that_shows_its_text_is_whole_without_a_call(typical_post: Post) -> None:
    calls = len(typical_post.sandbox.calls)
    assert typical_post.post.with_text(LETTER) == LETTER
    assert len(typical_post.sandbox.calls) == calls


@both_letters
def test_writing_costs_what_was_said(post: Post, message_subject: MessageSubject, original: Message) -> None:
    if not message_subject.priced:
        pytest.skip("it answers otherwise than is documented")
    contact_id = post.a_contact()
    post.post.record_copy(replace(original, id="first"), contact_id)
    calls, writes = len(post.sandbox.calls), post.account.call_counts.writes
    priced = post.post.count_calls(original, recorded=False)
    assert len(post.sandbox.calls) == calls
    copy = post.post.record_copy(original, contact_id).copy
    assert len(post.sandbox.calls) - calls == priced
    assert post.account.call_counts.writes - writes == 1
    if message_subject.amends:
        calls = len(post.sandbox.calls)
        priced = post.post.count_calls(original, recorded=True)
        post.post.update_copy(copy, replace(original, text="Changed"))
        assert len(post.sandbox.calls) - calls == priced


def test_a_deletion_costs_one_call(typical_post: Post) -> None:
    post = typical_post
    if not post.post.deletes_copies:
        pytest.skip("no copy can be deleted there")
    contact_id = post.a_contact()
    copy = post.post.record_copy(LETTER, contact_id).copy
    calls = len(post.sandbox.calls)
    post.post.delete_copy(copy.id, contact_id)
    assert len(post.sandbox.calls) - calls == 1
