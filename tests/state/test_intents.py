from dataclasses import replace

from state.intents import Intent, Intents
from tests.state.files import opened

ADA = Intent("right", "1", 1700000000000, {"email": "ada@example.com", "tags": ["vip"], "city": None}, {"shadow": "[]"})


def test_an_intent_is_open_until_its_outcome_is_stored() -> None:
    with opened() as state:
        intents, grace = Intents(state.db, 1, "contacts"), replace(ADA, source_id="2")
        with state.atomic():
            intents.add(ADA, "r1")
            intents.add(grace, "r1")
        assert intents.open() == [ADA, grace]
        with state.atomic():
            intents.remove("right", "1")
            intents.remove("left", "2")
        assert intents.open() == [grace]


def test_a_create_that_is_sent_again_has_one_intent_with_the_time_of_the_last_try() -> None:
    with opened() as state:
        intents, again = Intents(state.db, 1, "contacts"), replace(ADA, sent_ms=1700000900000)
        with state.atomic():
            intents.add(ADA, "r1")
            intents.add(again, "r2")
        assert intents.open() == [again]


def test_streams_are_kept_apart() -> None:
    with opened() as state:
        with state.atomic():
            Intents(state.db, 1, "messages").add(ADA, "r1")
        assert Intents(state.db, 1, "contacts").open() == []
