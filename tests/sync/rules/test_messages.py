from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.message import Message
from sync.rules import messages
from sync.rules.messages import MessageScope, decide_edit, decode, digest, encode, is_alike, is_copy, text_digest

SENT = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
SMS = Message("message:1", "c", "Call me", None, SENT, "sms", "SMS", "inbound")
LETTER = Message("1", "p", "Call me", None, SENT, "sms")

texts = st.text(max_size=40)
made = st.builds(
    Message,
    st.text(min_size=1, max_size=9),
    st.text(min_size=1, max_size=9),
    st.none() | texts,
    st.none() | texts,
    st.none()
    | st.datetimes(datetime(2000, 1, 1), datetime(2040, 1, 1)).map(  # noqa: DTZ001 - made aware below
        lambda moment: moment.replace(microsecond=moment.microsecond // 1000 * 1000, tzinfo=UTC)
    ),
    texts,
    st.none() | st.sampled_from(["Email", "SMS"]),
    st.none() | st.sampled_from(["inbound", "outbound"]),
    st.none() | texts,
    st.none() | texts,
)


@given(made)
def test_a_message_comes_back_from_its_text_as_it_was(message: Message) -> None:
    assert decode(encode(message)) == message


@given(made)
def test_the_contact_and_the_owner_of_a_message_are_no_edit(message: Message) -> None:
    assert digest(message) == digest(replace(message, contact_id="another", owner="ann@example.com"))


@given(made, texts)
def test_another_text_is_an_edit(message: Message, text: str) -> None:
    assert (digest(message) == digest(replace(message, text=text))) == (message.text == text)


@pytest.mark.parametrize("direction", ["both", "left_to_right", "right_to_left"])
def test_messages_leave_a_side_only_in_the_direction_of_the_stream(direction: str) -> None:
    travel = MessageScope(direction, {"SMS"}, {"inbound", "outbound"})
    assert travel.leaves("left") == (direction != "right_to_left")
    assert travel.leaves("right") == (direction != "left_to_right")
    assert travel.takes("right", SMS) == (direction != "left_to_right")


def test_channel_and_flow_count_where_a_system_reports_them() -> None:
    travel = MessageScope("both", {"Email"}, {"outbound"})
    assert not travel.takes("right", SMS)
    assert not travel.takes("right", replace(SMS, channel="Email"))
    assert travel.takes("right", replace(SMS, channel="Email", flow="outbound"))
    assert travel.takes("left", LETTER)


@given(st.integers(-3000, 3000))
def test_the_same_words_within_a_second_are_the_same_message(difference: int) -> None:
    other = replace(LETTER, sent_at=SENT + timedelta(milliseconds=difference))
    assert is_alike(SMS, other) == (abs(difference) <= 1000)


def test_what_shows_no_text_or_no_time_is_like_nothing() -> None:
    assert not is_alike(replace(SMS, text=None), replace(LETTER, text=None))
    assert not is_alike(replace(SMS, sent_at=None), replace(LETTER, sent_at=None))


def test_white_space_makes_no_other_message() -> None:
    assert text_digest(replace(SMS, text=" Call\r\n me ")) == text_digest(SMS)
    assert text_digest(replace(SMS, text=None)) is None


def test_the_marker_identifies_the_copy_and_else_the_kind_that_was_taken_over() -> None:
    assert is_copy(LETTER, SMS)
    assert not is_copy(SMS, LETTER)
    recorded = Message("message:9", "c", "Call me", None, SENT, "custom", None, "outbound", of="1")
    assert is_copy(recorded, LETTER)
    assert not is_copy(LETTER, recorded)


@pytest.mark.parametrize("policy", ["newest", "manual", "left", "right"])
@pytest.mark.parametrize("side", ["left", "right"])
def test_a_copy_that_no_user_edited_follows_its_original_and_no_other_is_overwritten_unasked(
    policy: str, side: str
) -> None:
    assert decide_edit(policy, side, touched=False) == "amend"
    wanted = "amend" if policy == side else "keep" if policy in ("left", "right") else "ask"
    assert decide_edit(policy, side, touched=True) == wanted
    assert decide_edit(policy, side, touched=None) == ("amend" if policy == side else "ask")


@given(made)
def test_what_a_copy_shows_of_its_original_follows_text_subject_time_and_kind(message: Message) -> None:
    same = replace(message, contact_id="another", owner=None, flow=None)
    assert messages.original_digest(message) == messages.original_digest(same)
    assert messages.original_digest(message) != messages.original_digest(replace(message, kind=f"{message.kind}!"))
