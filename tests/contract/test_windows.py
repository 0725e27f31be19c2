"""Reading: to come to the end without an error is the proof that no contact is missing."""

from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta, timezone
from functools import partial

import pytest

from connectors.contact import Contact
from connectors.errors import ConnectorError, IncompleteWindow, TransientError
from connectors.records import Page, Window
from connectors.sandbox.faults import Fault, Kind
from tests.contract.operations import EPOCH, naming
from tests.contract.sample_contacts import BRIEF, NAMED
from tests.contract.subject import Place, Subject

SECOND = timedelta(seconds=1)
TORN: tuple[Kind, ...] = ("cut", "html", "reset_before", "reset_after", "drop_before", "status")


def inside(place: Place, window: Window) -> list[str]:
    """Read a window; return the ids of the records with a time in it, each as often as it was shown."""
    pages = list(place.account.read_window(window))
    contacts = [place.account.to_contact(raw, {}) for page in pages for raw in page.records]
    return [contact.id for contact in contacts if within(contact, window)]


def within(contact: Contact, window: Window) -> bool:
    assert contact.updated_at is not None
    return window.start <= contact.updated_at and (window.end is None or contact.updated_at < window.end)


def meanwhile(pages: Iterator[Page], acts: Sequence[Callable[[], object]]) -> Iterator[Page]:
    """Let one of the acts happen after each page, and those that are left after the last."""
    remaining = iter(acts)
    for page in pages:
        next(remaining, lambda: None)()
        yield page
    for act in remaining:
        act()


def test_a_window_shows_every_contact_that_changed_in_it(place: Place) -> None:
    ids = place.crowd(20, apart=timedelta(minutes=1))
    oldest = place.clock.now() - timedelta(minutes=20)
    window = Window(oldest + 5 * 60 * SECOND, oldest + 15 * 60 * SECOND)
    place.settle()
    assert set(inside(place, window)) == set(ids[5:15])


def test_the_start_belongs_to_a_window_and_windows_that_touch_leave_no_contact_out(place: Place) -> None:
    ids = place.crowd(9)
    times = [place.person(each).updated_at for each in ids]
    place.settle()
    seen: list[str] = []
    for start, end in zip(times, [*times[1:], None], strict=True):
        assert start is not None
        seen += set(inside(place, Window(start, end)))
    assert seen == ids


@pytest.mark.parametrize("offset", [timedelta(0), timedelta(milliseconds=1), timedelta(milliseconds=999)])
def test_windows_are_cut_at_any_millisecond_without_a_loss(place: Place, offset: timedelta) -> None:
    ids = place.crowd(7, apart=timedelta(milliseconds=250))
    place.settle()
    cut = place.clock.now() - 2 * 60 * SECOND - SECOND + offset
    seen = [*set(inside(place, Window(EPOCH, cut))), *set(inside(place, Window(cut)))]
    assert sorted(seen) == sorted(ids)


def test_a_window_that_holds_no_contact_still_says_what_time_it_is_at_the_server(place: Place) -> None:
    place.crowd(3)
    place.settle()
    pages = list(place.account.read_window(Window(place.clock.now() - SECOND)))
    shown = [raw for page in pages for raw in page.records if place.account.to_contact(raw, {})]
    assert shown == [] or place.account.lists_only
    assert pages
    assert {page.served_at for page in pages} == {place.clock.now()}


def test_an_account_without_any_contact_is_read_to_the_end(place: Place) -> None:
    assert inside(place, Window(EPOCH)) == []


@pytest.mark.parametrize("ahead", [timedelta(0), timedelta(hours=2), timedelta(hours=-2)], ids=str)
def test_an_open_window_reaches_as_far_as_the_server_does_whatever_its_clock_says(
    place: Place, ahead: timedelta
) -> None:
    place.sandbox.clock_offset = ahead
    record_id = place.add(BRIEF)
    place.settle()
    assert set(inside(place, Window(EPOCH))) == {record_id}
    assert set(inside(place, Window(place.sandbox.server_now() - 120 * SECOND))) == {record_id}


def test_the_zone_in_which_a_window_is_given_makes_no_difference(place: Place) -> None:
    ids = place.crowd(5, apart=timedelta(minutes=1))
    place.settle()
    zone = timezone(timedelta(hours=5, minutes=30))
    start = place.clock.now() - timedelta(minutes=5)
    assert set(inside(place, Window(start.astimezone(zone), place.clock.now().astimezone(zone)))) == set(ids[1:])


def test_more_than_a_page_is_read_to_the_end(place: Place, subject: Subject) -> None:
    ids = place.crowd(3 * subject.page + 1)
    assert set(place.everything()) == set(ids)


def test_exactly_a_page_is_read_to_the_end(place: Place, subject: Subject) -> None:
    ids = place.crowd(subject.page)
    assert set(place.everything()) == set(ids)


def test_more_than_a_page_of_one_and_the_same_moment_is_read_to_the_end_or_said_not_to_be(
    place: Place, subject: Subject
) -> None:
    ids = place.crowd(subject.page + 5, apart=timedelta(0))
    try:
        assert set(place.everything()) == set(ids)
    except IncompleteWindow:
        assert not subject.priced, "a server that answers as documented can be read to the end"


def test_a_contact_that_is_edited_between_pages_hides_no_contact_and_is_in_the_next_window(
    place: Place, subject: Subject
) -> None:
    ids = place.crowd(2 * subject.page + 10)
    place.settle()
    edited = ids[:3] + ids[subject.page : subject.page + 3] + ids[-3:]
    began = place.clock.now()

    def edit(record_id: str) -> None:
        place.clock.pass_by(1)
        place.edit(record_id, {"city": "Springfield"})

    seen = place.united(meanwhile(place.account.read_window(Window(EPOCH)), [partial(edit, each) for each in edited]))
    assert set(seen) == set(ids)
    place.settle()
    later = place.united(place.account.read_window(Window(began)))
    cities = {key: place.account.to_contact(raw, {}).fields["city"] for key, raw in later.items() if key in edited}
    assert cities == dict.fromkeys(edited, "Springfield")


def test_a_contact_that_is_deleted_or_added_between_pages_hides_no_contact(place: Place, subject: Subject) -> None:
    ids = place.crowd(2 * subject.page + 10)
    place.settle()
    gone = ids[:2] + ids[subject.page : subject.page + 2] + ids[-2:]
    acts = [act for each in gone for act in (partial(place.remove, each), partial(place.add, NAMED))]
    seen = place.united(meanwhile(place.account.read_window(Window(EPOCH)), acts))
    assert set(ids) - set(seen) <= set(gone)
    assert set(seen) - set(ids) <= set(place.ids())


def test_a_page_that_arrives_torn_is_requested_again(place: Place, subject: Subject) -> None:
    ids = place.crowd(subject.page + 5)
    for kind in TORN:
        with naming(place, kind):
            place.sandbox.faults.append(Fault(kind, skip=1, status=502))
            assert set(place.everything()) == set(ids)


def test_a_window_of_which_nothing_arrives_raises(place: Place) -> None:
    place.crowd(5)
    for kind in TORN:
        with naming(place, kind):
            place.sandbox.faults.append(Fault(kind, times=None, status=502))
            with pytest.raises(TransientError):
                place.everything()


@pytest.mark.parametrize("kind", ["cut", "status"])
def test_a_window_of_which_only_the_beginning_arrives_raises(place: Place, subject: Subject, kind: Kind) -> None:
    ids = place.crowd(2 * subject.page + 5)
    place.sandbox.faults.append(Fault(kind, skip=1, times=None, status=502))
    try:
        assert set(place.everything()) == set(ids)
    except TransientError:
        assert len(place.sandbox.calls) > 1
    else:
        assert len(place.sandbox.calls) == 1


def test_an_answer_that_is_too_large_is_requested_in_smaller_parts(place: Place) -> None:
    ids = place.crowd(40)
    place.sandbox.faults.append(Fault("status", status=413))
    assert set(place.everything()) == set(ids)


def test_a_server_that_finds_everything_too_large_is_no_empty_window(place: Place) -> None:
    place.crowd(5)
    place.sandbox.faults.append(Fault("status", status=413, times=None))
    with pytest.raises(ConnectorError):
        place.everything()
