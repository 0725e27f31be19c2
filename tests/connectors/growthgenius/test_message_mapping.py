"""A message from the wire to the canonical shape and back, and when a record is the copy of an original."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.growthgenius import message_mapping as mapping
from connectors.growthgenius.users import User
from connectors.message import Message
from connectors.values import message_text
from connectors.values.text import UNKNOWN, Reading, Unmapped
from tests.connectors.values.json_values import ANYTHING

DOCUMENTED = {
    "id": 393642,
    "contact_id": 155715,
    "message_type": "sales_force_message",
    "rendered_copy": "Hey Louis,↵↵You hate prospecting. I love it. Maybe it's a perfect match?",
    "rendered_subject": None,
    "sent_at": "2019-08-09T07:10:41.275-04:00",
    "team_id": 1,
    "user_id": 78,
}
SENT = datetime(2019, 8, 9, 11, 10, 41, 275_000, tzinfo=UTC)
USERS: dict[Any, Reading] = {78: "dev@example.com", 79: Unmapped("79"), 80: UNKNOWN}
READER = mapping.MessageReader(USERS.get)
DEV = User(78, "dev@example.com", 1)
ORIGINAL = Message(
    "hub-1", "person-1", "Yes, please.", "Re: a match", SENT, "email", "Email", "inbound", "dev@example.com"
)

TEXTS = st.text(st.one_of(st.characters(), st.sampled_from("↵\r\n \u200b<>/p&;None")), max_size=40)
TAGGED = st.lists(
    st.sampled_from(
        ["None", "<p>", "</p>", "<br>", "<ul><li>", "</li>", "&lt;b&gt;", "&amp;", "# one", "* two", "\n", "  "]
    )
    | st.text("ab<>&;*_`#->\n", max_size=6)
).map("".join)
MESSAGES = st.builds(
    Message,
    st.just("hub-1"),
    st.just("person-1"),
    TEXTS | TAGGED,
    st.none() | st.text(min_size=1, max_size=20),
    st.datetimes(datetime(1971, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001 (the zone is given)
)


def test_the_documented_message_is_read() -> None:
    assert READER.message(DOCUMENTED) == Message(
        id="393642",
        contact_id="155715",
        text="Hey Louis,\n\nYou hate prospecting. I love it. Maybe it's a perfect match?",
        subject=None,
        sent_at=SENT,
        kind="sales_force_message",
        channel=None,
        flow="outbound",
        owner="dev@example.com",
        of=None,
    )


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        ("a\r\nb", "a\nb"),
        ("  a  \n", "a"),
        ("", ""),
        (None, ""),
        ("None", "None"),
        (" N/A", "N/A"),
        (float("nan"), None),
        (["a"], None),
        (5, "5"),
        ("<p>Hi&nbsp;Ann</p><p>Bob</p>", "Hi Ann\n\nBob"),
        ("5 < 6 & <hello>", "5 < 6 & <hello>"),
        ("\x00", None),
        ("Hi\x00", "Hi"),
    ],
)
def test_a_text_is_what_a_user_reads_and_what_is_no_text_is_unknown(raw: Any, text: str | None) -> None:
    assert READER.message({**DOCUMENTED, "rendered_copy": raw}).text == text


def test_a_text_that_is_left_out_is_unknown() -> None:
    assert READER.message({"id": 1}).text is None


@pytest.mark.parametrize(
    ("kind", "channel", "flow"),
    [
        ("sales_force_message", None, "outbound"),
        ("email", "Email", None),
        ("SMS", "SMS", None),
        ("whatsapp", "WhatsApp", None),
        ("phone_call", None, None),
        (None, None, None),
        ("NaN", None, None),
    ],
)
def test_channel_and_flow_are_reported_as_far_as_they_are_known(
    kind: Any, channel: str | None, flow: str | None
) -> None:
    message = READER.message({**DOCUMENTED, "message_type": kind})
    assert (message.channel, message.flow) == (channel, flow)


@pytest.mark.parametrize(("user", "owner"), [(78, "dev@example.com"), (79, None), (80, None), (None, None)])
def test_an_owner_is_a_users_address_or_unknown(user: Any, owner: str | None) -> None:
    assert READER.message({**DOCUMENTED, "user_id": user}).owner == owner
    assert READER.without_owner().message({**DOCUMENTED, "user_id": user}).owner is None


@pytest.mark.parametrize("raw", [None, "NaN", "", [], {}])
def test_a_message_without_a_contact_has_none(raw: Any) -> None:
    assert READER.message({**DOCUMENTED, "contact_id": raw}).contact_id == ""


@given(st.dictionaries(st.sampled_from(sorted(DOCUMENTED.keys() - {"id", "user_id"})), ANYTHING))
def test_whatever_comes_is_read(raw: dict[str, Any]) -> None:
    message = READER.message({"id": 7, **raw})
    assert message.sent_at is None or message.sent_at.tzinfo is UTC
    assert message.text is None or "\r" not in message.text


@pytest.mark.parametrize(
    ("record_id", "wire"),
    [
        ("155715", 155715),
        ("0", 0),
        ("007", "007"),
        ("-5", "-5"),
        ("5.0", "5.0"),
        ("d54c54ad-40be-4305-8a34-0ab44710b90d", "d54c54ad-40be-4305-8a34-0ab44710b90d"),
        ("123456789012345678", 123456789012345678),
        ("583292837492837492837492", "583292837492837492837492"),
        ("٣", "٣"),
    ],
)
def test_an_id_goes_back_with_the_type_that_it_came_with(record_id: str, wire: int | str) -> None:
    assert mapping.wire_id(record_id) == wire
    assert type(mapping.wire_id(record_id)) is type(wire)
    assert str(mapping.wire_id(record_id)) == record_id


def test_what_is_sent_is_the_message_as_documented() -> None:
    assert mapping.body(ORIGINAL, DEV) == {
        "rendered_copy": "Yes, please.",
        "rendered_subject": "Re: a match",
        "message_type": "email",
        "sent_at": "2019-08-09T11:10:41.275Z",
        "user_id": 78,
        "team_id": 1,
    }


def test_what_is_not_known_is_not_sent() -> None:
    assert mapping.body(Message("hub-1", "person-1", text=""), None) == {"rendered_copy": ""}
    assert "team_id" not in mapping.body(ORIGINAL, User("78", "dev@example.com", None))


@given(MESSAGES, st.booleans())
def test_a_copy_is_known_again_whatever_was_said(original: Message, coarse: bool) -> None:
    raw = {"id": 7, "contact_id": 5, "rendered_subject": None, **mapping.body(original, DEV)}
    raw["sent_at"] = raw["sent_at"].replace(raw["sent_at"][-5:], ".000Z" if coarse else raw["sent_at"][-5:])
    copy = READER.message(raw)
    assert mapping.shows(copy, original)
    assert mapping.arrived(mapping.news(mapping.NOTHING, raw), raw, raw)
    assert mapping.news(mapping.known(copy), mapping.body(original, DEV)) == []


@given(TAGGED)
def test_words_are_read_as_they_were_written_though_they_look_like_html(plain: str) -> None:
    assert message_text.same(mapping.words(mapping.written(plain)), plain)


@given(MESSAGES, TEXTS)
def test_other_words_are_another_message(original: Message, text: str) -> None:
    copy = READER.message({"id": 7, **mapping.body(original, None)})
    same = message_text.same(original.text, text)
    assert mapping.shows(copy, replace(original, text=text)) == same


@pytest.mark.parametrize(
    ("change", "same"),
    [
        ({"sent_at": SENT + timedelta(seconds=1)}, True),
        ({"sent_at": SENT - timedelta(milliseconds=275)}, True),
        ({"sent_at": SENT + timedelta(seconds=1, milliseconds=1)}, False),
        ({"sent_at": None}, False),
        ({"subject": None}, True),
        ({"subject": "re: a match"}, False),
        ({"subject": " Re:  a match "}, True),
        ({"text": "Yes,\n please. "}, True),
        ({"text": "Yes please."}, False),
        ({"text": None}, False),
        ({"owner": None, "kind": "sms", "flow": None, "contact_id": "other"}, True),
    ],
)
def test_time_words_and_subject_identify_a_copy(change: dict[str, Any], same: bool) -> None:
    assert mapping.shows(replace(ORIGINAL, id="7", **change), ORIGINAL) is same


def test_without_a_time_nothing_is_known_to_be_a_copy() -> None:
    assert not mapping.shows(replace(ORIGINAL, sent_at=None), replace(ORIGINAL, sent_at=None))


def test_nothing_arrived_where_a_server_only_filled_in_its_own() -> None:
    sent = {"contact_id": 5, **mapping.body(ORIGINAL, DEV)}
    news = mapping.news(mapping.NOTHING, sent)
    assert news == ["contact_id", "rendered_copy", "rendered_subject", "sent_at"]
    assert not mapping.arrived(news, {"id": 7, "user_id": 78, "team_id": 1, "message_type": "email"}, sent)
    assert mapping.arrived(news, {"id": 7, "contact_id": "5"}, sent)


def test_what_a_copy_showed_before_is_no_news() -> None:
    sent = mapping.body(replace(ORIGINAL, text="Changed"), DEV)
    assert mapping.news(mapping.known(ORIGINAL), sent) == ["rendered_copy"]
    assert mapping.news(mapping.known(replace(ORIGINAL, text=None)), sent) == []
