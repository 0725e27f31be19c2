"""Creates of contacts, as one run writes them."""

import pytest

from connectors.errors import DuplicateRefused, OutcomeUnknown, RecordRefused
from sync.contacts.execute import write
from sync.contacts.recovery import settle_intents
from tests.sync.contacts.memory_world import MemoryWorld


@pytest.fixture
def ada(memory: MemoryWorld) -> str:
    """Return a contact of the left side without a counterpart."""
    return memory.left.add(first_name="Ada", email="ada@example.com", phone="+12125550123")


def test_a_created_contact_has_the_id_of_its_source_as_marker(memory: MemoryWorld, ada: str) -> None:
    context = memory.run()
    (created,) = memory.right.records.values()
    assert created["marker"] == ada
    assert memory.link(context, ada).right.id == created["id"]
    assert context.report.accounts["two"].created == 1


def test_a_contact_that_the_server_has_already_is_linked_and_not_created(memory: MemoryWorld) -> None:
    memory.left.add(first_name="Bob", email="bob@example.com")
    memory.run()
    ada = memory.left.add(first_name="Ada", email="ada@example.com")
    with memory.planned() as context:
        existing = memory.right.add(email="ada@example.com", city="Oslo")
        write(context)
        assert memory.link(context, ada).right.id == existing
    assert memory.left.shown(ada)["city"] == "Oslo"
    assert len(memory.right.records) == 2


def test_a_refused_create_is_listed_and_leaves_no_intent(memory: MemoryWorld, ada: str) -> None:
    memory.right.fail("create_contact", RecordRefused("two", "not today"))
    context = memory.run()
    assert [(one.record_id, one.reason) for one in context.tables.failures.waiting_failures()] == [
        (ada, "two refuses it: not today")
    ]
    assert list(context.tables.intents.open_creates()) == []


def test_a_lost_answer_keeps_the_intent_and_the_next_run_links_the_record(memory: MemoryWorld, ada: str) -> None:
    memory.right.fail("create_contact", OutcomeUnknown("two", "no answer"))
    context = memory.run()
    assert [one.source_id for one in context.tables.intents.open_creates()] == [ada]
    memory.clock.pass_by(60)
    with memory.context() as context:
        settle_intents(context, lambda _: None)
        assert memory.link(context, ada).right.id in memory.right.records
        assert list(context.tables.intents.open_creates()) == []
    assert len(memory.right.records) == 1


def test_a_phone_of_another_contact_does_not_stop_the_create(memory: MemoryWorld, ada: str) -> None:
    memory.right.fail("create_contact", DuplicateRefused("two", "duplicate", None, "phone"))
    memory.run()
    (created,) = memory.right.records
    shown = memory.right.shown(created)
    assert (shown.get("phone"), shown["mobile_phone"], shown["email"]) == (None, "+12125550123", "ada@example.com")
    assert memory.left.shown(ada)["phone"] == "+12125550123"
