"""What is owed is kept by link, side and field, counted, and goes with its link."""

from collections import Counter

from state.file import StateFile
from state.links import Links
from state.owed_values import OwedValue, OwedValues, owed_counts
from tests.state.files import link, opened

TITLE = OwedValue(1, "right", "title", '"Chief"', "r1")


def put(state: StateFile, *debts: OwedValue) -> OwedValues:
    owed = OwedValues(state.db, 1, "contacts")
    with state.atomic() as transaction:
        for number in range(Links(state.db, 1, "contacts").count_links(), 2):
            Links(state.db, 1, "contacts").save_link(transaction, link(str(number), f"hub-{number}"), "r1")
        for each in debts:
            owed.put_owed(transaction, each)
    return owed


def test_owed_values_are_counted_by_side_and_field() -> None:
    with opened() as state:
        other = OwedValue(2, "right", "title", '"Cook"', "r2")
        owed = put(state, TITLE, other)
        assert owed.of_link(1) == {"title": TITLE}
        assert owed.count_waiting() == owed_counts(state.db, 1, "contacts") == Counter({("right", "title"): 2})
        assert (owed.count_met_in("r1"), owed.count_met_in("r3")) == (1, 0)
        assert OwedValues(state.db, 1, "messages").count_waiting() == Counter()


def test_a_value_that_is_found_again_is_stored_once_with_its_present_content() -> None:
    with opened() as state:
        again = OwedValue(1, "right", "title", '"Cook"', "r2")
        assert put(state, TITLE, again).of_link(1) == {"title": again}


def test_links_that_wait_for_a_field_are_found_while_they_change() -> None:
    with opened() as state:
        owed = put(state, TITLE, OwedValue(2, "right", "industry", '"Bells"', "r1"))
        assert list(owed.links_waiting("right", ["title"])) == [[1]]
        assert list(owed.links_waiting("right", ["title", "industry"])) == [[1, 2]]
        assert list(owed.links_waiting("left", ["title"])) == []
        for page in owed.links_waiting("right", ["title", "industry"]):
            with state.atomic() as transaction:
                for number in page:
                    owed.end_owed(transaction, number, ["title", "industry"])
        assert owed.count_waiting() == Counter()


def test_owed_values_are_deleted_with_their_link() -> None:
    with opened() as state:
        owed = put(state, TITLE)
        with state.atomic() as transaction:
            Links(state.db, 1, "contacts").remove_link(transaction, 1)
        assert owed.count_waiting() == Counter()
