"""Updates of linked pairs, as one run writes them."""

import pytest

from connectors.errors import DuplicateRefused, OutcomeUnknown, RecordRefused, Unreachable
from sync.contacts.execute import write
from sync.contacts.recovery import settle_intents
from tests.sync.contacts.memory_world import MemoryWorld


@pytest.fixture
def ada(memory: MemoryWorld) -> str:
    """Return a contact of the left side that is linked, and edited since."""
    record_id = memory.left.add(first_name="Ada", email="ada@example.com", city="Oslo")
    memory.run()
    memory.clock.pass_by(60)
    memory.left.edit(record_id, city="Rome")
    return record_id


def right_of(memory: MemoryWorld, left_id: str) -> str:
    with memory.context() as context:
        return memory.link(context, left_id).right.id


def test_the_record_is_read_right_before_it_is_written(memory: MemoryWorld, ada: str) -> None:
    right = right_of(memory, ada)
    memory.right.calls.clear()
    memory.run()
    calls = [call for call in memory.right.calls if call[1] == right]
    assert calls == [("read_record", right), ("update_contact", right)]


def test_an_edit_between_the_plan_and_the_write_is_kept(memory: MemoryWorld, ada: str) -> None:
    right = right_of(memory, ada)
    with memory.planned() as context:
        memory.clock.pass_by(5)
        memory.right.edit(right, city="Bern")
        write(context)
    assert memory.right.shown(right)["city"] == "Bern"


def test_a_refused_record_is_listed_and_its_update_is_looked_for_once_settle_has_passed(
    memory: MemoryWorld, ada: str
) -> None:
    memory.right.fail("update_contact", RecordRefused("two", "no such city"))
    context = memory.run()
    assert [one.reason for one in context.tables.failures.waiting_failures()] == ["two refuses it: no such city"]
    assert [one.source_id for one in context.tables.intents.open_updates()] == [ada]
    assert memory.left.shown(ada)["city"] == "Rome"
    memory.clock.pass_by(86_400)
    settle_intents(context, lambda _: None)
    assert list(context.tables.intents.open_updates()) == []


def test_a_lost_answer_is_looked_for_and_nothing_is_sent_twice(memory: MemoryWorld, ada: str) -> None:
    right = right_of(memory, ada)
    memory.right.fail("update_contact", OutcomeUnknown("two", "no answer"))
    context = memory.run()
    assert memory.right.calls.count(("update_contact", right)) == 1
    assert memory.right.shown(right)["city"] == "Rome"
    assert list(context.tables.intents.open_updates()) == []


def test_an_account_that_does_not_answer_ends_the_run(memory: MemoryWorld, ada: str) -> None:
    memory.right.fail("update_contact", Unreachable("two", "no answer"))
    with pytest.raises(Unreachable):
        memory.run()
    assert memory.left.shown(ada)["city"] == "Rome"


def test_a_phone_of_another_contact_goes_to_the_field_of_its_kind(memory: MemoryWorld, ada: str) -> None:
    right = right_of(memory, ada)
    memory.left.edit(ada, phone="+12125550123")
    memory.right.fail("update_contact", DuplicateRefused("two", "duplicate", "other", "phone"))
    memory.run()
    shown = memory.right.shown(right)
    assert (shown.get("phone"), shown["mobile_phone"], shown["city"]) == (None, "+12125550123", "Rome")


def test_an_address_of_another_contact_is_listed_and_the_rest_is_written(memory: MemoryWorld, ada: str) -> None:
    right = right_of(memory, ada)
    memory.left.edit(ada, email="new@example.com")
    memory.right.fail("update_contact", DuplicateRefused("two", "duplicate", "other", "email"))
    context = memory.run()
    shown = memory.right.shown(right)
    assert (shown["email"], shown["city"]) == ("ada@example.com", "Rome")
    assert [one.operation for one in context.tables.failures.waiting_failures()] == ["value"]
