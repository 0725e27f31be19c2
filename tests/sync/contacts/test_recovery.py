"""What becomes of writes with an unknown outcome, step by step."""

from connectors.errors import OutcomeUnknown
from sync.contacts.context import Context
from sync.contacts.recovery import settle_intents
from tests.sync.contacts.memory_world import MemoryWorld


def settle(context: Context) -> list[str]:
    """Settle all intents; return the calls of the step that settles the removals of an undo."""
    called: list[str] = []
    settle_intents(context, lambda _: called.append("removals"))
    return called


def lost_create(memory: MemoryWorld, *, accepted: bool = False) -> str:
    """Return a contact with a create that had no answer and no effect."""
    ada = memory.left.add(first_name="Ada", email="ada@example.com")
    memory.right.fail("create_contact", OutcomeUnknown("two", "no answer", accepted=accepted))
    memory.run()
    memory.right.records.clear()
    return ada


def test_removals_of_an_undo_are_settled_by_the_step_that_is_passed_in(memory: MemoryWorld) -> None:
    with memory.context() as context:
        assert settle(context) == ["removals"]


def test_a_create_may_still_take_effect_until_settle_has_passed(memory: MemoryWorld) -> None:
    ada = lost_create(memory)
    with memory.context() as context:
        settle(context)
        assert [one.source_id for one in context.tables.intents.open_creates()] == [ada]
        assert [one.record_id for one in context.tables.failures.waiting_failures()] == [ada]


def test_a_create_without_effect_is_sent_again_once_settle_has_passed(memory: MemoryWorld) -> None:
    lost_create(memory)
    memory.clock.pass_by(60)
    with memory.context() as context:
        settle(context)
        assert list(context.tables.intents.open_creates()) == []
    memory.run()
    assert len(memory.right.records) == 1


def test_an_accepted_create_that_is_not_shown_waits_for_a_user(memory: MemoryWorld) -> None:
    ada = lost_create(memory, accepted=True)
    memory.clock.pass_by(60)
    with memory.context() as context:
        settle(context)
        (failure,) = context.tables.failures.waiting_failures()
        assert "does not show the contact" in failure.reason
        assert [one.source_id for one in context.tables.intents.open_creates()] == [ada]


def test_a_create_is_not_sent_again_while_the_record_that_may_be_its_result_cannot_be_read(memory: MemoryWorld) -> None:
    """The server shows something odd in the place of the address. The contact is named, and linked afterwards."""
    ada = memory.left.add(first_name="Ada", email="ada@example.com", phone="+12125550123")
    memory.right.fail("create_contact", OutcomeUnknown("two", "no answer"))
    memory.run()
    (found,) = memory.right.records.values()
    found |= {"phone": None, "illegible": ["email"]}
    found.pop("marker", None)
    memory.clock.pass_by(60)
    for _ in range(2):
        with memory.context() as context:
            settle_intents(context, lambda _: None)
            assert [one.source_id for one in context.tables.intents.open_creates()] == [ada]
            (failure,) = context.tables.failures.waiting_failures()
    assert "something unreadable in the place of email" in failure.reason
    assert len(memory.right.records) == 1
    found["illegible"] = []
    with memory.context() as context:
        settle_intents(context, lambda _: None)
        assert memory.link(context, ada).right.id == found["id"]


def test_what_a_user_typed_into_a_record_before_it_was_found_is_carried_where_times_say_nothing(
    memory: MemoryWorld,
) -> None:
    memory.right.lists_only = True
    ada = memory.left.add(first_name="Ada", email="ada@example.com")
    memory.right.fail("create_contact", OutcomeUnknown("two", "no answer"))
    memory.run()
    (record,) = memory.right.records.values()
    record["city"] = "Rome"
    memory.clock.pass_by(60)
    with memory.context() as context:
        settle(context)
    memory.run()
    assert memory.left.shown(ada)["city"] == "Rome"
