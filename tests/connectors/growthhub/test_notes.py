import html
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from connectors.growthhub import notes
from connectors.message import Message
from connectors.values import message_text

CHICAGO = ZoneInfo("America/Chicago")
SENT = datetime(2026, 7, 17, 12, 48, 5, tzinfo=UTC)
LETTER = Message(
    id="393642",
    contact_id="6345678",
    text="Hi Ann,\n\nshall we talk?",
    subject="Quick question",
    sent_at=SENT,
    kind="sales_force_message",
    owner="sales@example.com",
)
WRITTEN = """Quick question
sales force message · sales@example.com · 2026-07-17 07:48:05 CDT

Hi Ann,

shall we talk?

[growthgenius-message:393642]"""
PIECES = (
    "[growthgenius-message:1]",
    "[growthgenius-message:",
    "]",
    "<!--",
    "<p>",
    "</p>",
    "<style>",
    "\n",
    "%5B",
    "&#91;",
)
TEXTS = st.lists(st.one_of(st.text(max_size=20), st.sampled_from(PIECES)), max_size=8).map("".join)
IDS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=30)


def note(body: str, **shown: Any) -> dict[str, Any]:
    return {"id": "n1", "body": body, "bodyText": body, "userId": None, "contactId": "c1", **shown}


def read(body: str, **shown: Any) -> Message:
    return notes.read(note(body, **shown), "c1", "growthgenius")


def test_a_note_shows_subject_kind_writer_time_and_text_and_ends_with_the_marker() -> None:
    assert notes.body(LETTER, "growthgenius", CHICAGO) == WRITTEN


@pytest.mark.parametrize(
    ("changes", "head"),
    [
        ({}, "email · 2026-07-17 12:48:05 UTC"),
        ({"owner": "a@example.com"}, "email · a@example.com · 2026-07-17 12:48:05 UTC"),
        ({"flow": "inbound"}, "email · from the contact · 2026-07-17 12:48:05 UTC"),
        ({"flow": "inbound", "owner": "a@example.com"}, "email · to a@example.com · 2026-07-17 12:48:05 UTC"),
        ({"sent_at": None}, "email"),
        ({"subject": "Two\n lines "}, "Two lines\nemail · 2026-07-17 12:48:05 UTC"),
    ],
)
def test_the_head_leaves_out_what_is_not_known(changes: dict[str, Any], head: str) -> None:
    message = Message(**{"id": "1", "contact_id": "c", "text": "Yes", "kind": "email", "sent_at": SENT, **changes})
    assert notes.content(message, UTC) == f"{head}\n\nYes"


def test_a_message_without_a_word_is_a_note_all_the_same() -> None:
    assert notes.body(Message("1", "c", text=None, kind="call"), "growthgenius", UTC) == (
        "call\n\n[growthgenius-message:1]"
    )


@pytest.mark.parametrize(
    ("name", "shown"),
    [("America/Chicago", "CDT"), ("Europe/Oslo", "CEST"), ("America/Sao_Paulo", "-03"), (None, "UTC")],
)
def test_times_are_those_of_the_location(name: str | None, shown: str) -> None:
    assert notes.content(LETTER, notes.zone(name)).split("\n")[1].endswith(shown)


@pytest.mark.parametrize("name", [None, "", "Nowhere/Town", "../etc/passwd", "America", 7, "\0", "x" * 300])
def test_a_zone_that_is_none_is_utc(name: object) -> None:
    assert notes.zone(name) == UTC


@pytest.mark.parametrize(
    ("subject", "kind", "title"),
    [("Quick\nquestion", "email", "Quick question"), (None, "cold_call", "cold call"), ("x" * 300, "", "x" * 200)],
)
def test_the_title_is_the_subject_or_what_it_was(subject: str | None, kind: str, title: str) -> None:
    assert notes.title(Message("1", "c", subject=subject, kind=kind)) == title


def test_a_note_is_read_as_the_copy_that_it_is() -> None:
    copy = read(WRITTEN)
    assert copy == Message("note:n1", "c1", text=notes.content(LETTER, CHICAGO), kind="note", of="393642")
    assert notes.read({"id": "n2", "body": "Called her"}, "c9", "growthgenius") == Message(
        "note:n2", "c9", text="Called her", kind="note"
    )


@pytest.mark.parametrize(
    "edited",
    [
        WRITTEN.replace("Hi Ann", "Hello Ann"),
        f"[growthgenius-message:393642] {LETTER.text}",
        f"My remark.\n{WRITTEN}\n\nAnother remark.",
        WRITTEN.upper(),
        WRITTEN.replace("message:", "message :\u200b"),
        WRITTEN.replace("Hi Ann", "You wrote: [growthgenius-message:1]"),
    ],
)
def test_the_marker_survives_the_hands_of_users(edited: str) -> None:
    assert read(edited).of == "393642"


@pytest.mark.parametrize(
    "body",
    [
        "<p>Quick question</p><p>[growthgenius-message:393642]</p>",
        "<p>x</p><p>&#91;growthgenius-message:<b>393642</b>&#93;</p>",
        '<p>x</p>[<a href="growthgenius-message:393642">growthgenius-message:393642</a>]',
        "<p>x</p><!-- [growthgenius-message:393642]",
    ],
)
@pytest.mark.parametrize("twin", [None, "", "without any marker"])
def test_the_marker_is_found_in_html_too(body: str, twin: str | None) -> None:
    assert read(body, bodyText=twin).of == "393642"


def test_the_marker_of_another_system_is_none_of_ours() -> None:
    assert read("x\n\n[apollo-message:1]").of is None
    assert read("growthgenius-message:1").of is None


@given(TEXTS, IDS, TEXTS, TEXTS)
def test_whatever_a_message_says_its_marker_is_found_again(words: str, key: str, before: str, after: str) -> None:
    message = Message(key, "c", text=words, subject=words or None, kind="email", sent_at=SENT)
    written = notes.body(message, "growthgenius", CHICAGO)
    assert written.count("\n\n[growthgenius-message:") >= 1
    assert read(written).of == key
    lines = "".join(f"<p>{html.escape(line)}</p>" for line in written.split("\n"))
    assert notes.read({"id": 1, "body": f"<div>{lines}</div>"}, "c1", "growthgenius").of == key
    assume("growthgenius-message" not in message_text.comparable(after).casefold())
    assert read(f"{before}\n{written}\n{after}").of == key


@given(IDS)
def test_a_marker_that_stands_alone_is_read_too(message_id: str) -> None:
    mark = notes.mark("growthgenius", message_id)
    assert mark.isascii()
    assert mark.isprintable()
    assert notes.id_in(mark, "growthgenius") == message_id
    assert notes.id_in(mark, "apollo") is None


@pytest.mark.parametrize("other", [None, "", "<20260717.1@mail.example.com>", 7])
def test_an_id_of_another_contact_is_no_marker(other: object) -> None:
    assert notes.id_in(other, "growthgenius") is None


@given(TEXTS)
def test_without_its_marker_a_note_is_known_by_all_that_it_shows(words: str) -> None:
    message = Message("1", "c", text=words, subject="S", kind="email", sent_at=SENT)
    copy = read(notes.content(message, CHICAGO))
    assume(copy.of is None)
    assert notes.shows(copy, message, CHICAGO)


@pytest.mark.parametrize(
    "typed",
    [
        "[growthgenius-message:393642]",
        "See [growthgenius-message:393642] before you call her",
        f"[growthgenius-message:393642] {LETTER.text}",
        f"{LETTER.subject}\n\n{LETTER.text}\n\n[growthgenius-message:393642]",
        WRITTEN.replace("07:48:05", "07:48:06"),
        WRITTEN.replace("sales force message", "phone call"),
    ],
)
def test_a_marker_that_a_user_typed_makes_no_copy(typed: str) -> None:
    assert not notes.shows(read(typed), LETTER, CHICAGO)


@pytest.mark.parametrize(
    "edited",
    [
        WRITTEN,
        WRITTEN.replace("Hi Ann", "Hello Ann"),
        f"My remark.\n{WRITTEN}\n\nAnother remark.",
        WRITTEN.upper(),
        WRITTEN.replace("sales@example.com", "rep@example.com"),
        WRITTEN.replace("sales@example.com · ", ""),
        WRITTEN.replace("07:48:05 CDT", "12:48:05 UTC"),
        notes.shortened(LETTER, "growthgenius", CHICAGO, 170),
    ],
)
def test_our_note_is_known_by_its_marker_beside_the_line_that_says_what_it_was(edited: str) -> None:
    copy = read(edited)
    assert copy.of == LETTER.id
    assert notes.shows(copy, LETTER, CHICAGO)


def test_a_note_is_a_copy_by_its_marker_and_line_or_by_text_and_time() -> None:
    shown = notes.content(LETTER, CHICAGO)
    other = Message("7", "c", text=LETTER.text, subject=LETTER.subject, sent_at=SENT, kind=LETTER.kind)
    assert not notes.shows(read(WRITTEN), other, CHICAGO)
    assert notes.shows(read(f"<p>{shown}</p>", bodyText=f" {shown} "), LETTER, CHICAGO)
    assert notes.shows(read(notes.content(LETTER, UTC)), LETTER, CHICAGO)
    assert not notes.shows(read(shown.replace("07:48:05", "07:48:06")), LETTER, CHICAGO)
    assert not notes.shows(read(shown.replace("Ann", "Bob")), LETTER, CHICAGO)
    assert not notes.shows(read(LETTER.text or ""), LETTER, CHICAGO)


@given(st.text(max_size=3000), st.integers(200, 2000))
def test_a_text_that_is_too_long_is_cut_and_says_so_and_keeps_the_marker(words: str, limit: int) -> None:
    message = Message("393642", "c", text=words, subject="S", kind="email", sent_at=SENT)
    written = notes.shortened(message, "growthgenius", CHICAGO, limit)
    assert len(written) <= limit
    assert "the whole text is at growthgenius" in written
    assert read(written).of == "393642"


def test_a_note_that_was_cut_is_known_without_its_marker_by_its_head_and_the_beginning_of_the_text() -> None:
    long = replace(LETTER, text="looms and threads " * 100)
    written = notes.shortened(long, "growthgenius", CHICAGO, 500)
    copy = replace(read(written), of=None)
    assert notes.shows(copy, long, CHICAGO)
    assert notes.shows(copy, replace(long, text=f"{long.text} and a last word"), CHICAGO)
    assert not notes.shows(copy, replace(long, text=f"A first word and {long.text}"), CHICAGO)
    assert not notes.shows(copy, replace(long, text="looms"), CHICAGO)
    for edited in (f"{written}\n\nMine", written.replace("looms and", "looms, and", 1), f"Mine {written}"):
        assert not notes.shows(replace(read(edited), of=None), long, CHICAGO)
    bare = replace(read("(Cut here, a note takes no more: the whole text is at growthgenius.)"), of=None)
    assert not notes.shows(bare, long, CHICAGO)


@pytest.mark.parametrize(
    ("complaint", "length", "limit"),
    [
        ("body must be shorter than or equal to 4000 characters", 9000, 4000),
        ("The note exceeds 10,000,000 characters".replace(",", ""), 9000, 4500),
        ("note is too long", 9000, 4500),
        ("request entity too large", 90_000, 5000),
        ("property title should not exist", 9000, None),
        ("Contact with id 12345 not found", 9000, None),
    ],
)
def test_a_refusal_for_length_says_how_long_a_note_may_be(complaint: str, length: int, limit: int | None) -> None:
    assert notes.limit_in((complaint,), "x" * length) == limit


ZONES = ("America/New_York", "Asia/Kolkata", "Asia/Kathmandu", "America/Sao_Paulo", "Pacific/Kiritimati", "Etc/GMT+12")


@pytest.mark.parametrize("earlier", ZONES)
@pytest.mark.parametrize("marker", [True, False])
def test_a_note_is_known_again_though_the_zone_of_the_location_changed_since(earlier: str, marker: bool) -> None:
    before = ZoneInfo(earlier)
    shown = notes.body(LETTER, "growthgenius", before) if marker else notes.content(LETTER, before)
    assert notes.shows(read(shown), LETTER, CHICAGO)
    assert notes.shows(read(f"<p>{shown}</p>", bodyText=f" {shown} "), LETTER, CHICAGO)
    assert not notes.shows(read(notes.content(LETTER, before).replace("Ann", "Bob")), LETTER, CHICAGO)


@pytest.mark.parametrize("typed", ["13:48:05 CDT", "08:49:05 EDT", "12:48:05 ABC", "12:48:06 UTC"])
def test_a_time_that_no_zone_of_the_world_shows_then_is_not_the_one_that_we_wrote(typed: str) -> None:
    assert not notes.shows(read(WRITTEN.replace("07:48:05 CDT", typed)), LETTER, CHICAGO)


def test_a_day_that_there_is_not_is_passed_over() -> None:
    assert notes.shows(read(f"2026-02-31 07:48:05 CDT\n{WRITTEN}"), LETTER, CHICAGO)
