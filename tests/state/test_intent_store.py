from dataclasses import replace

from state.intent_store import ContactIntents, MessageIntents
from state.intents import CopyIntent, CreateIntent, DeletionIntent, RemovalIntent, UpdateIntent
from tests.state.files import opened, other_connection

ADA = CreateIntent(
    side="right", source_id="1", sent_ms=1700000000000,
    sent={"email": "ada@example.com", "tags": ("vip",), "city": None}, shadow="[]", mapping=1, contact="{}",
)  # fmt: skip
UPDATE = UpdateIntent(
    side="right", source_id="2", sent_ms=1700000000000, sent={"city": "Oslo"}, record="hub-2", run="r1", memory=None,
    target={"city": "Oslo"}, source={"city": "Oslo"}, history={},
)  # fmt: skip
DELETION = DeletionIntent(side="right", source_id="3", sent_ms=1, record="hub-3", run="r1", shown="{}")
REMOVAL = RemovalIntent(side="right", source_id="4", sent_ms=1, record="hub-4", run="r1", shown="{}")
COPY = CopyIntent(side="right", source_id="1", sent_ms=1, contact="1", copied_to="hub-1", message="{}")


def test_an_intent_is_open_until_its_outcome_is_stored() -> None:
    with opened() as state:
        intents, grace = ContactIntents(state.db, 1, "contacts"), replace(ADA, source_id="2")
        with state.atomic() as transaction:
            intents.add_intent(transaction, ADA, "r1")
            intents.add_intent(transaction, grace, "r1")
        assert intents.open_creates() == [ADA, grace]
        with state.atomic() as transaction:
            intents.remove_intents(transaction, "right", "1")
            intents.remove_intents(transaction, "left", "2")
        assert intents.open_creates() == [grace]


def test_a_create_that_is_sent_again_has_one_intent_with_the_time_of_the_last_try() -> None:
    with opened() as state:
        intents, again = ContactIntents(state.db, 1, "contacts"), replace(ADA, sent_ms=1700000900000)
        with state.atomic() as transaction:
            intents.add_intent(transaction, ADA, "r1")
            intents.add_intent(transaction, again, "r2")
        assert intents.open_creates() == [again]


def test_each_kind_is_listed_for_itself_oldest_first() -> None:
    with opened() as state:
        intents = ContactIntents(state.db, 1, "contacts")
        creates = [replace(ADA, source_id=source_id) for source_id in ("9", "2")]
        updates = [replace(UPDATE, source_id=source_id) for source_id in ("8", "1")]
        with state.atomic() as transaction:
            for each in (creates[0], updates[0], DELETION, creates[1], REMOVAL, updates[1]):
                intents.add_intent(transaction, each, "r1")
        assert intents.open_creates() == creates
        assert intents.open_updates() == [updates[0], DELETION, updates[1]]
        assert intents.open_removals() == [REMOVAL]


def test_an_intent_is_found_by_side_and_record() -> None:
    with opened() as state:
        intents = ContactIntents(state.db, 1, "contacts")
        with state.atomic() as transaction:
            intents.add_intent(transaction, ADA, "r1")
        assert intents.of_record("right", "1") == ADA
        assert intents.of_record("left", "1") is None


def test_a_create_that_the_server_accepted_says_so_and_nothing_else_changes() -> None:
    with opened() as state:
        intents = ContactIntents(state.db, 1, "contacts")
        with state.atomic() as transaction:
            for each in (ADA, UPDATE):
                intents.add_intent(transaction, each, "r1")
                intents.mark_accepted(transaction, each.side, each.source_id)
        assert intents.open_creates() == [replace(ADA, accepted=True)]
        assert intents.open_updates() == [UPDATE]


def test_sides_streams_and_connections_are_kept_apart() -> None:
    with opened() as state:
        mine, left = ContactIntents(state.db, 1, "contacts"), replace(ADA, side="left")
        others, messages = (
            ContactIntents(state.db, other_connection(state), "contacts"),
            MessageIntents(state.db, 1, "messages"),
        )
        with state.atomic() as transaction:
            for intents in (mine, others):
                intents.add_intent(transaction, ADA, "r1")
                intents.add_intent(transaction, left, "r1")
            messages.add_intent(transaction, COPY, "r1")
            mine.remove_intents(transaction, "right", ADA.source_id)
        assert mine.open_creates() == [left]
        assert others.open_creates() == [ADA, left]
        assert (messages.open_creates(), messages.open_updates()) == ([COPY], [])
