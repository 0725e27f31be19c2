"""What became of copies with an unknown outcome."""

import pytest

from connectors.errors import OutcomeUnknown, TransientError
from sync.messages.context import MessageContext
from sync.messages.recovery import settle_intents
from tests.sync.contacts.memory_world import SETTLE
from tests.sync.messages.memory_world import MessageWorld, link_of

LOST = OutcomeUnknown("two", "the connection broke")


def lost_copy(world: MessageWorld, *, arrived: bool) -> str:
    """Let a copy be sent without an answer by a run that ends right then; return the id of the original."""
    left_id, _ = world.contact()
    message_id = world.left.write(left_id, "hello")
    world.right.fail("record_copy", LOST)
    world.right.fail("find_copies", TransientError("two", "it answered 503"))
    with pytest.raises(TransientError):
        world.run()
    (copy,) = world.right.copies()
    if not arrived:
        del world.right.messages[copy.id]
    return message_id


def settled(world: MessageWorld, context: MessageContext) -> int:
    settle_intents(context)
    assert world.memory.state is context.state
    return len(context.tables.intents.open_creates())


def test_a_copy_that_arrived_is_linked(world: MessageWorld) -> None:
    message_id = lost_copy(world, arrived=True)
    with world.context() as context:
        assert settled(world, context) == 0
        assert link_of(context, message_id).right.id == world.right.copies()[0].id
        assert context.report.accounts["two"].created == 1


def test_a_copy_that_was_edited_since_agrees_on_no_text(world: MessageWorld) -> None:
    message_id = lost_copy(world, arrived=True)
    world.right.edit(world.right.copies()[0].id, "edited by a user")
    with world.context() as context:
        settled(world, context)
        assert link_of(context, message_id).right.digest is None


def test_a_copy_that_did_not_arrive_waits_until_settle_has_passed(world: MessageWorld) -> None:
    message_id = lost_copy(world, arrived=False)
    with world.context() as context:
        assert settled(world, context) == 1
        assert context.findings.waiting_contacts
    world.memory.clock.pass_by(SETTLE.total_seconds())
    with world.context() as context:
        assert settled(world, context) == 0
        failure = context.tables.failures.of_records("left", [message_id])[message_id]
        assert failure.is_due(context.run.now_ms())


def test_while_a_copy_cannot_be_looked_for_its_contact_waits(world: MessageWorld) -> None:
    lost_copy(world, arrived=True)
    world.right.fail("find_copies", ValueError("broken"))  # type: ignore[arg-type]
    with world.context() as context:
        assert settled(world, context) == 1
        assert len(context.findings.waiting_contacts) == 1
