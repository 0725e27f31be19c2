from dataclasses import replace

from state.intents import DELETED, REMOVED, Intent, Intents
from tests.state.files import opened, other_connection

ADA = Intent("right", "1", 1700000000000, {"email": "ada@example.com", "tags": ["vip"], "city": None}, {"shadow": "[]"})


def test_an_intent_is_open_until_its_outcome_is_stored() -> None:
    with opened() as state:
        intents, grace = Intents(state.db, 1, "contacts"), replace(ADA, source_id="2")
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
        intents, again = Intents(state.db, 1, "contacts"), replace(ADA, sent_ms=1700000900000)
        with state.atomic() as transaction:
            intents.add_intent(transaction, ADA, "r1")
            intents.add_intent(transaction, again, "r2")
        assert intents.open_creates() == [again]


def test_creates_and_updates_are_told_apart_each_oldest_first() -> None:
    with opened() as state:
        intents = Intents(state.db, 1, "contacts")
        creates = [replace(ADA, source_id=source_id) for source_id in ("9", "2")]
        updates = [replace(ADA, source_id=source_id, source={"record": "hub-1"}) for source_id in ("8", "1")]
        with state.atomic() as transaction:
            for create, update in zip(creates, updates, strict=True):
                intents.add_intent(transaction, create, "r1")
                intents.add_intent(transaction, update, "r1")
        assert intents.open_creates() == creates
        assert intents.open_updates() == updates


def test_an_intent_that_is_written_again_is_the_youngest() -> None:
    with opened() as state:
        intents, grace = Intents(state.db, 1, "contacts"), replace(ADA, source_id="2")
        with state.atomic() as transaction:
            for intent in (ADA, grace, ADA):
                intents.add_intent(transaction, intent, "r1")
        assert intents.open_creates() == [grace, ADA]


def test_sides_streams_and_connections_are_kept_apart() -> None:
    with opened() as state:
        mine, left = Intents(state.db, 1, "contacts"), replace(ADA, side="left")
        others = [Intents(state.db, 1, "messages"), Intents(state.db, other_connection(state), "contacts")]
        with state.atomic() as transaction:
            for intents in (mine, *others):
                intents.add_intent(transaction, ADA, "r1")
                intents.add_intent(transaction, left, "r1")
            mine.remove_intents(transaction, "right", ADA.source_id)
        assert mine.open_creates() == [left]
        assert [intents.open_creates() for intents in others] == [[ADA, left], [ADA, left]]
        with state.atomic() as transaction:
            mine.remove_intents(transaction, "left", ADA.source_id)
        assert mine.open_creates() == []


def test_removals_are_told_from_updates_and_deletions() -> None:
    with opened() as state:
        intents = Intents(state.db, 1, "contacts")
        update = replace(ADA, source_id="2", source={"record": "hub-2", "history": {}})
        deletion = replace(ADA, source_id="3", source={"record": "hub-3", "rule": DELETED, "old": "{}"})
        removal = replace(ADA, source_id="4", source={"record": "hub-4", "rule": REMOVED, "old": "{}"})
        with state.atomic() as transaction:
            for each in (ADA, update, deletion, removal):
                intents.add_intent(transaction, each, "r1")
        assert (intents.open_creates(), intents.open_updates(), intents.open_removals()) == (
            [ADA],
            [update, deletion],
            [removal],
        )
