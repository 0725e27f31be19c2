"""Messages are read completely or not at all, and each shows sender, recipient, time and text."""

from datetime import timedelta
from functools import partial

import pytest

from connectors.errors import ConnectorError, IncompleteWindow, TransientError
from connectors.records import Window
from connectors.sandbox.faults import Fault
from connectors.values import message_text
from tests.contract.message_subject import MessageSubject, Post
from tests.contract.operations import EPOCH, naming
from tests.contract.sample_contacts import BRIEF, OWNERS
from tests.contract.sample_messages import LETTER, numbered
from tests.contract.test_windows import TORN, meanwhile

SECOND = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)


def inside(post: Post, window: Window) -> set[str]:
    """Read a window; return the ids of what was sent in it."""
    return {
        message.id
        for message in post.mapped(post.post.read_window(window)).values()
        if message.sent_at is not None
        and window.start <= message.sent_at
        and (window.end is None or message.sent_at < window.end)
    }


def test_a_message_shows_sender_recipient_time_and_text(post: Post) -> None:
    contact_id = post.add(BRIEF)
    sent_at = post.sandbox.server_now() - MINUTE
    message_id = post.write(contact_id, LETTER, at=sent_at)
    (message,) = post.all_messages().values()
    assert message == post.post.to_message(_raw(post, message_id))
    whole = post.post.with_text(message)
    for shown in (whole, post.post.read_message(message_id, contact_id)):
        assert (shown.id, shown.contact_id, shown.owner, shown.of) == (message_id, contact_id, OWNERS[0], None)
        assert message_text.same(shown.text, LETTER.text)
        assert "\r" not in (shown.text or "")
        assert shown.sent_at is not None
        assert abs(shown.sent_at - sent_at) <= SECOND
        assert shown.flow in ("outbound", None)


def _raw(post: Post, message_id: str) -> dict[str, object]:
    pages = post.post.read_window(Window(EPOCH))
    return {post.post.to_message(raw).id: dict(raw) for page in pages for raw in page.records}[message_id]


def test_a_window_shows_everything_that_was_written_in_it(post: Post) -> None:
    ids = post.pile(post.add(BRIEF), 20, apart=MINUTE)
    oldest = post.clock.now() - 20 * MINUTE
    post.settle()
    assert inside(post, Window(oldest + 5 * MINUTE, oldest + 15 * MINUTE)) == set(ids[5:15])


def test_windows_that_touch_leave_nothing_out(post: Post) -> None:
    ids = post.pile(post.add(BRIEF), 9, apart=timedelta(milliseconds=250))
    post.settle()
    for offset in (0, 1, 999):
        cut = post.clock.now() - 2 * MINUTE - SECOND + timedelta(milliseconds=offset)
        seen = {
            **post.mapped(post.post.read_window(Window(EPOCH, cut))),
            **post.mapped(post.post.read_window(Window(cut))),
        }
        assert set(seen) == set(ids)


def test_a_window_that_holds_nothing_still_says_what_time_it_is_at_the_server(post: Post) -> None:
    post.pile(post.add(BRIEF), 3)
    post.settle()
    pages = list(post.post.read_window(Window(post.clock.now() - SECOND)))
    assert post.mapped(pages) == {}
    assert {page.served_at for page in pages} == {post.clock.now()}


@pytest.mark.parametrize("ahead", [timedelta(0), timedelta(hours=2), timedelta(hours=-2)], ids=str)
def test_an_open_window_reaches_as_far_as_the_server_does_whatever_its_clock_says(post: Post, ahead: timedelta) -> None:
    post.sandbox.clock_offset = ahead
    message_id = post.write(post.add(BRIEF), LETTER)
    post.settle()
    assert inside(post, Window(post.sandbox.server_now() - 2 * MINUTE)) == {message_id}


@pytest.mark.parametrize("pages", [1, 3])
def test_pages_are_read_to_the_end(post: Post, message_subject: MessageSubject, pages: int) -> None:
    contact_id = post.add(BRIEF)
    ids = post.pile(contact_id, pages * message_subject.page + (pages > 1))
    assert set(post.all_messages()) == set(ids)


def test_more_than_a_page_of_one_moment_is_read_to_the_end_or_said_not_to_be(
    post: Post, message_subject: MessageSubject
) -> None:
    ids = post.pile(post.add(BRIEF), message_subject.page + 5, apart=timedelta(0))
    try:
        assert set(post.all_messages()) == set(ids)
    except IncompleteWindow:
        assert not message_subject.priced, "a server that answers as documented can be read to the end"


def test_what_is_written_or_deleted_between_pages_hides_nothing(post: Post, message_subject: MessageSubject) -> None:
    contact_id = post.add(BRIEF)
    ids = post.pile(contact_id, 2 * message_subject.page + 10)
    post.settle()
    gone = ids[:2] + ids[message_subject.page : message_subject.page + 2] + ids[-2:]

    def act(message_id: str) -> None:
        post.clock.pass_by(1)
        post.withdraw(message_id)
        post.write(contact_id, numbered(0))

    seen = post.mapped(meanwhile(post.post.read_window(Window(EPOCH)), [partial(act, each) for each in gone]))
    assert set(ids) - set(seen) <= set(gone)


def test_what_is_changed_between_pages_hides_nothing_and_is_in_the_next_window(
    post: Post, message_subject: MessageSubject
) -> None:
    if not message_subject.rewrites:
        pytest.skip("no user there can change what was written")
    contact_id = post.add(BRIEF)
    ids = post.pile(contact_id, 2 * message_subject.page + 10)
    post.settle()
    began = post.sandbox.server_now()
    changed = ids[:3] + ids[message_subject.page : message_subject.page + 3] + ids[-3:]

    def act(message_id: str) -> None:
        post.clock.pass_by(1)
        post.rewrite(message_id, "On second thoughts")

    seen = post.mapped(meanwhile(post.post.read_window(Window(EPOCH)), [partial(act, each) for each in changed]))
    assert set(seen) == set(ids)
    post.settle()
    later = post.mapped(post.post.read_window(Window(began)))
    texts = {each: post.post.with_text(later[each]).text for each in changed}
    assert texts == dict.fromkeys(changed, "On second thoughts")


def test_a_page_that_arrives_torn_is_requested_again(post: Post, message_subject: MessageSubject) -> None:
    ids = post.pile(post.add(BRIEF), message_subject.page + 5)
    for kind in TORN:
        with naming(post, kind):
            post.sandbox.faults.append(Fault(kind, skip=1, status=502))
            assert set(post.all_messages()) == set(ids)


def test_a_window_of_which_nothing_arrives_raises(post: Post) -> None:
    post.pile(post.add(BRIEF), 5)
    for kind in TORN:
        with naming(post, kind):
            post.sandbox.faults.append(Fault(kind, times=None, status=502))
            with pytest.raises(TransientError):
                post.all_messages()


def test_an_answer_that_is_too_large_is_requested_in_smaller_parts_or_is_no_empty_window(post: Post) -> None:
    ids = post.pile(post.add(BRIEF), 40)
    post.sandbox.faults.append(Fault("status", status=413))
    assert set(post.all_messages()) == set(ids)
    post.sandbox.faults.append(Fault("status", status=413, times=None))
    with pytest.raises(ConnectorError):
        post.all_messages()
