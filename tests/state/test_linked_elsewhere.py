from pathlib import Path

from state import connections
from state.database import Transaction
from state.file import StateFile
from state.linked_elsewhere import LinkedElsewhere
from state.links import Link, Links, LinkSide


def connected(transaction: Transaction, name: str, left: str, right: str, *pair: str) -> int:
    number = connections.connection_id(transaction, name, left, right)
    mapping = connections.add_mapping(transaction, number, name, ("email",))
    link = Link(LinkSide(pair[0], "[null]"), LinkSide(pair[1], "[null]"), mapping)
    Links(transaction, number, "contacts").save_link(transaction, link, "run-1")
    return number


def test_a_circle_is_made_of_the_connections_of_the_config_alone(tmp_path: Path) -> None:
    state = StateFile.open(tmp_path / "sync.db")
    with state.atomic() as transaction:
        own = connected(transaction, "sales", "a", "b", "a1", "b1")
        connected(transaction, "before", "a", "b", "a2", "b2")
        connected(transaction, "second", "b", "c", "b3", "c3")
        connected(transaction, "third", "c", "a", "c3", "a3")
    everything = LinkedElsewhere(state.db, own, {"sales", "second", "third"})
    assert everything
    assert everything.counterpart("a", "a3", "b") == "b3"
    assert everything.counterpart("a", "a2", "b") is None  # only a connection that is renamed by now knew of that
    for configured in ({"sales"}, {"sales", "second"}, {"sales", "third"}):
        rest = LinkedElsewhere(state.db, own, configured)
        assert not rest
        assert rest.counterpart("a", "a3", "b") is None
        assert rest.open_creates("b") == []
    state.close()


def test_a_record_that_was_deleted_on_the_way_still_says_that_the_others_are_one_contact(tmp_path: Path) -> None:
    state = StateFile.open(tmp_path / "sync.db")
    with state.atomic() as transaction:
        own = connections.connection_id(transaction, "sales", "a", "b")
        for name, left, right, gone in (("second", "b", "c", "right"), ("third", "c", "a", "left")):
            number = connected(transaction, name, left, right, f"{left}1", f"{right}1")
            links = Links(transaction, number, "contacts")
            link = links.by_record("left", [f"{left}1"])[f"{left}1"]
            link.gone = gone
            links.save_link(transaction, link, "run-2")
    elsewhere = LinkedElsewhere(state.db, own, {"sales", "second", "third"})
    assert elsewhere.counterpart("a", "a1", "b") == "b1"
    assert elsewhere.counterpart("b", "b1", "a") == "a1"
    with state.atomic() as transaction:
        own = connections.connection_id(transaction, "fourth", "a", "c")
    assert LinkedElsewhere(state.db, own, {"sales", "second", "third"}).counterpart("a", "a1", "c") is None
    state.close()
