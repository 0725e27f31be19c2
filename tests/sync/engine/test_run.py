"""The order of a run over both streams: read, plan, guard, approval, write, cover."""

from dataclasses import dataclass

from connectors.errors import AuthError
from state.cursors import COVERED
from sync.engine.run import RunScope, run
from sync.rules.windows import ReadRange
from tests.sync.messages.memory_world import MessageWorld


@dataclass(frozen=True)
class Answer:
    """A user who answers yes or no, and approves nothing that the guard stops."""

    approved: bool
    is_first: bool = True

    def allows(self, scope: RunScope) -> bool:
        return self.approved

    def lifts_guard(self, scope: RunScope, guarded: str) -> bool:
        return False


def run_once(
    world: MessageWorld, *, approved: bool = True, unguarded: bool = False, with_contacts: bool = True
) -> tuple[RunScope, str]:
    world.memory.clock.pass_by(60)
    with world.context() as messages:
        scope = RunScope(messages.contacts, messages, with_contacts=with_contacts)
        return scope, run(scope, ReadRange(), Answer(approved), unguarded=unguarded)


def covered(scope: RunScope) -> bool:
    tables = scope.contacts.tables
    return all(tables.cursors.intervals(side.name, COVERED) for side in scope.contacts.connection.sides)


def test_a_contact_and_its_message_travel_in_one_run(world: MessageWorld) -> None:
    left_id = world.memory.left.add(first_name="ada", email="ada@example.com")
    world.left.write(left_id, "hello")
    scope, stopped = run_once(world)
    assert (stopped, scope.errors) == ("", [])
    assert len(world.memory.right.records) == 1
    assert [copy.text for copy in world.right.copies()] == ["hello"]
    assert covered(scope)


def test_a_plan_that_is_not_approved_is_not_written_and_covers_nothing(world: MessageWorld) -> None:
    world.memory.left.add(first_name="ada", email="ada@example.com")
    scope, _ = run_once(world, approved=False)
    assert world.memory.right.records == {}
    assert not covered(scope)


def test_the_guard_stops_a_run_before_its_first_write_until_it_is_let_through(world: MessageWorld) -> None:
    left_id, right_id = world.contact()
    world.memory.settings = world.memory.settings.model_copy(update={"max_changed": 0})
    world.memory.clock.pass_by(60)
    world.memory.left.edit(left_id, city="Rome")
    scope, stopped = run_once(world)
    assert "it would change 1 of 1" in stopped
    assert "city" not in world.memory.right.shown(right_id)
    assert not covered(scope)
    scope, stopped = run_once(world, unguarded=True)
    assert stopped == ""
    assert world.memory.right.shown(right_id)["city"] == "Rome"


def test_an_account_that_refuses_its_messages_does_not_stop_the_contacts(world: MessageWorld) -> None:
    world.memory.left.add(first_name="ada", email="ada@example.com")
    world.left.fail("read_window", AuthError("one", "the key may not read messages"))
    scope, _ = run_once(world)
    assert scope.messages is not None
    assert (scope.contacts.errors, len(scope.messages.errors)) == ([], 1)
    assert len(world.memory.right.records) == 1


def test_without_the_contacts_stream_only_the_contacts_of_new_messages_travel(world: MessageWorld) -> None:
    ada = world.memory.left.add(first_name="ada", email="ada@example.com")
    world.memory.left.add(first_name="bob", email="bob@example.com")
    world.left.write(ada, "hello")
    run_once(world, with_contacts=False)
    assert [raw["first_name"] for raw in world.memory.right.records.values()] == ["ada"]
    assert len(world.right.copies()) == 1
