"""Messages are read contact by contact, in whatever words their flags come, and no call writes or sends one."""

from typing import Any

import pytest

from connectors.errors import CallRefused, IncompleteWindow, RecordGone
from connectors.message import Message
from connectors.records import Window
from connectors.sandbox.base import Fault
from connectors.whautomate import message_mapping
from connectors.whautomate.sandbox.server import WhautomateBehaviour
from sync.rules.windows import ORIGIN
from tests.connectors.whautomate.account import account

SAMPLE: dict[str, Any] = {
    "id": "m1", "contact": {"id": "c1", "channel": "Whatsapp", "phoneNumber": "6598765432"}, "channel": "whatsApp",
    "isIncoming": "true", "type": "text", "timestamp": "2026-03-02T09:00:00.000Z", "status": "delivered",
    "headerText": "", "mediaUrl": "", "caption": "", "text": "Is it in stock?", "footerText": "", "options": [],
}  # fmt: skip
"""A message as the documented webhook shows it."""


def read(**changed: Any) -> Message:
    return message_mapping.message({**SAMPLE, **changed})


def test_the_documented_message_is_read() -> None:
    found = read()
    assert (found.id, found.contact_id, found.text, found.subject) == ("m1", "c1", "Is it in stock?", None)
    assert (found.channel, found.kind, found.flow) == ("WhatsApp", "WhatsApp", "inbound")
    assert found.sent_at is not None
    assert found.sent_at.isoformat() == "2026-03-02T09:00:00+00:00"


@pytest.mark.parametrize(
    ("shown", "channel", "kind"),
    [
        ("WHATSAPP", "WhatsApp", "WhatsApp"), ("Instagram", "Instagram", "Instagram"),
        ("messenger", "Facebook", "Facebook"), ("telegram", None, "telegram"), (None, None, ""),
    ],
)  # fmt: skip
def test_channels_are_read_in_any_case(shown: str | None, channel: str | None, kind: str) -> None:
    assert (read(channel=shown).channel, read(channel=shown).kind) == (channel, kind)


@pytest.mark.parametrize(
    ("shown", "flow"), [(True, "inbound"), ("True", "inbound"), ("false", "outbound"), (None, "outbound")]
)
def test_the_direction_is_a_word_or_a_flag(shown: object, flow: str) -> None:
    assert read(isIncoming=shown).flow == flow


def test_a_message_without_words_has_its_caption_or_the_address_of_its_file() -> None:
    assert read(text="", caption="The loom").text == "The loom"
    assert read(text=None, mediaUrl="https://cdn.example.com/loom.jpg?sig=1").text == (
        "Attachment: https://cdn.example.com/loom.jpg"
    )
    assert read(text={"body": "Hello"}).text == "Hello"
    assert read(text=None).text == ""


@pytest.mark.parametrize(("status", "incoming", "wanted"), [
    ("failed", "false", False), ("Pending", "false", False), ("read", "false", True), ("failed", "true", True),
])  # fmt: skip
def test_what_never_reached_its_contact_is_left_out(status: str, incoming: str, wanted: bool) -> None:
    assert message_mapping.is_wanted({**SAMPLE, "status": status, "isIncoming": incoming}) is wanted


@pytest.mark.parametrize("lists", ["bare", "data"])
def test_the_messages_of_one_contact_take_one_call(lists: str) -> None:
    with account(WhautomateBehaviour(lists=lists)) as here:  # type: ignore[arg-type]
        ada = here.sandbox.add(name="Ada", phoneNumber="+12125550123")
        first = here.sandbox.add_message(ada, "one")
        here.sandbox.add_message(ada, "two", isIncoming="false", status="failed")
        page = here.connector.message_store.read_contact(ada)
        assert [here.connector.message_store.to_message(raw).id for raw in page.records] == [first]
        assert here.calls() == 1
        with pytest.raises(RecordGone):
            here.connector.message_store.read_message("unknown", ada)


@pytest.mark.parametrize("missing", ["404", "400", "empty"])
def test_a_contact_that_is_gone_is_no_contact_without_messages(missing: str) -> None:
    with account(WhautomateBehaviour(missing=missing)) as here:  # type: ignore[arg-type]
        ada = here.sandbox.add(name="Ada", phoneNumber="+12125550123")
        here.sandbox.remove(ada)
        with pytest.raises(Exception) as raised:  # noqa: PT011 - 404 and 400 mean gone; an empty answer is trouble
            here.connector.message_store.read_contact(ada)
        assert isinstance(raised.value, RecordGone) is (missing != "empty")


def test_rows_that_are_no_messages_are_named() -> None:
    with account() as here:
        ada = here.sandbox.add(name="Ada", phoneNumber="+12125550123")
        here.sandbox.faults.append(Fault("status", status=200, body=[{"text": "no id"}, None, SAMPLE]))
        page = here.connector.message_store.read_contact(ada)
        assert len(page.records) == 1
        assert [row.reason for row in page.unread] == [f"2 message(s) of contact {ada} are no records"]


def test_no_call_of_the_store_writes() -> None:
    with account() as here:
        store = here.connector.message_store
        for write in (
            lambda: store.record_copy(read(), "c1"),
            lambda: store.update_copy(read(), read()),
            lambda: store.delete_copy("m1", "c1"),
        ):
            with pytest.raises(CallRefused, match="only read"):
                write()
        with pytest.raises(IncompleteWindow):
            list(store.read_window(Window(ORIGIN)))
        assert here.calls() == 0
