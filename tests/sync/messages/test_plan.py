"""What is planned of the messages that a run has read."""

from sync.messages.context import CREATE, LINK, WAIT
from tests.sync.messages.memory_world import MessageWorld, actions


def test_a_new_message_of_a_linked_contact_is_copied(world: MessageWorld) -> None:
    left_id, _ = world.contact()
    message_id = world.left.write(left_id, "hello")
    with world.planned() as context:
        assert [action.source_id for action in actions(context, CREATE)] == [message_id]


def test_messages_are_copied_in_the_order_in_which_they_were_sent(world: MessageWorld) -> None:
    left_id, _ = world.contact()
    now = world.memory.clock.now()
    later = world.left.write(left_id, "later", at=now)
    earlier = world.left.write(left_id, "earlier", at=now.replace(year=now.year - 1))
    with world.planned() as context:
        assert [action.source_id for action in actions(context, CREATE)] == [earlier, later]


def test_a_message_whose_copy_exists_is_linked(world: MessageWorld) -> None:
    left_id, right_id = world.contact()
    message_id = world.left.write(left_id, "hello")
    world.right.record_copy(world.left.messages[message_id], right_id)
    with world.planned() as context:
        assert actions(context, CREATE) == []
        assert [action.source_id for action in actions(context, LINK)] == [message_id]


def test_a_message_of_a_contact_that_does_not_travel_is_left_out(world: MessageWorld) -> None:
    world.contact()
    message_id = world.left.write("stranger", "hello")
    with world.planned() as context:
        known = context.tables.index(context.connection.left).message(message_id)
        assert context.report.left_out == 1
        assert known is not None
        assert known.left_out


def test_a_message_of_a_failed_contact_waits_for_it(world: MessageWorld) -> None:
    world.contact()
    twin_id = world.memory.left.add(first_name="ada", email="ada@example.com")
    world.memory.run()
    world.left.write(twin_id, "hello")
    with world.planned() as context:
        assert len(actions(context, WAIT)) == 1
        assert actions(context, CREATE) == []


def test_a_linked_message_that_shows_nothing_new_is_not_planned(world: MessageWorld) -> None:
    world.copied()
    with world.planned() as context:
        assert [actions(context, operation) for operation in (CREATE, LINK, WAIT)] == [[], [], []]
        assert context.staging.count_unchanged() == 1
