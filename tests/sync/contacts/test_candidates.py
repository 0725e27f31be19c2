from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, cast

import pytest

from state import connections
from state.file import StateFile
from state.identity_index import IdentityIndex
from state.indexed_contact import IndexedContact
from state.links import Link, Links, LinkSide
from state.staging import Staging
from sync.contacts.candidates import find_candidates
from sync.rules.match import Candidates, Paired, PairingRefused, Unpaired, pair
from sync.streams.connection import Side

if TYPE_CHECKING:
    from connectors.connector import Connector
    from connectors.http.concurrency import Dispatcher
    from sync.contacts.context import Context

OFFICE = "+12125550123"
MOBILE = "+12125550145"


def known(
    record_id: str, email: str | None = None, *phones: str, name: str = "", marker: str | None = None
) -> IndexedContact:
    return IndexedContact(record_id, email, name, phones, marker, 1)


@dataclass(frozen=True, slots=True)
class World:
    """As much of a run as pairing looks at."""

    state: StateFile
    staging: Staging
    links: Links
    mapping: int
    left: Side
    right: Side

    @property
    def connection(self) -> "World":
        return self

    @property
    def tables(self) -> "World":
        return self

    def other(self, side: Side) -> Side:
        return self.right if side is self.left else self.left


def side(state: StateFile, connection: int, name: str) -> Side:
    identities = IdentityIndex(state.db, connection, name)
    return Side(name, f"{name} account", cast("Connector", None), identities, cast("Dispatcher", None))


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    state = StateFile.open(tmp_path / "sync.db")
    with state.atomic() as db:
        connection = connections.connection_id(db, "sales", "left account", "right account")
        mapping = connections.add_mapping(db, connection, "one", ["email"])
    staging, links = Staging(state), Links(state.db, connection, "contacts")
    yield World(state, staging, links, mapping, side(state, connection, "left"), side(state, connection, "right"))
    staging.detach()
    state.close()


def meet(world: World, lefts: list[IndexedContact], rights: list[IndexedContact]) -> None:
    with world.state.atomic() as transaction:
        world.left.identities.put_contacts(transaction, lefts)
        world.right.identities.put_contacts(transaction, rights)


def link(world: World, left_id: str, right_id: str, gone: str | None = None) -> None:
    with world.state.atomic() as transaction:
        pair_of = Link(LinkSide(left_id, "[]"), LinkSide(right_id, "[]"), world.mapping, gone)
        world.links.save_link(transaction, pair_of, "r1")


def of_left(world: World, person: IndexedContact) -> Candidates:
    return find_candidates(cast("Context", world), world.left, [person])[person.id]


def ids(people: object) -> set[str]:
    return {person.id for person in cast("list[IndexedContact]", people)}


def test_every_contact_that_could_matter_is_found_and_no_other_contact(world: World) -> None:
    ada = known("1", "ada@example.com", OFFICE)
    twin, rival, stranger = known("2", "ada@example.com"), known("3", None, OFFICE), known("4", "x@example.com", MOBILE)
    others = [
        known("hub-1", "ada@example.com"), known("hub-2", None, OFFICE), known("hub-3", marker="1"),
        known("hub-4", "y@example.org", "+12125550199"),
    ]  # fmt: skip
    meet(world, [ada, twin, rival, stranger], others)
    around = of_left(world, ada)
    assert ids(around.same_email) == {"1", "2"}
    assert ids(around.rivals) == {"3"}
    assert ids(around.email) == {"hub-1"}
    assert ids(around.phone) == {"hub-2"}
    assert ids(around.marked) == {"hub-3"}


def test_a_contact_without_e_mail_number_and_marker_has_no_candidates(world: World) -> None:
    meet(world, [known("1"), known("2")], [known("hub-1"), known("hub-2", "ada@example.com", OFFICE)])
    assert of_left(world, known("1")) == Candidates([], [], [], [], [], [], [])


def test_the_contact_that_the_own_marker_names_is_found(world: World) -> None:
    clone = known("hub-1", marker="1")
    meet(world, [known("1")], [clone])
    around = find_candidates(cast("Context", world), world.right, [clone])["hub-1"]
    assert ids(around.marked) == {"1"}
    assert pair(clone, around) == Paired("1", "marker")


def test_links_show_which_contacts_are_taken_and_links_that_lost_a_side_do_not(world: World) -> None:
    ada = known("1", "ada@example.com")
    meet(world, [ada, known("5")], [known("hub-1", "ada@example.com")])
    link(world, "5", "hub-1")
    assert isinstance(pair(ada, of_left(world, ada)), PairingRefused)
    with world.state.atomic() as db:
        db.execute("UPDATE link SET gone = 'left'")
    assert pair(ada, of_left(world, ada)) == Paired("hub-1", "e-mail")


def test_a_contact_that_was_paired_earlier_in_the_run_is_taken(world: World) -> None:
    ada = known("1", None, OFFICE)
    meet(world, [ada, known("5", None, OFFICE)], [known("hub-1", None, OFFICE)])
    assert isinstance(pair(ada, of_left(world, ada)), PairingRefused)
    world.staging.add_pair("5", "hub-1")
    assert pair(ada, of_left(world, ada)) == Unpaired()


def test_a_contact_that_is_claimed_by_a_marker_is_taken_though_no_link_says_so(world: World) -> None:
    young, old = known("1", "ada@example.com"), known("2", "ada@example.com")
    meet(world, [old, young], [known("hub-1", "ada@example.com", marker="2")])
    verdict = pair(young, of_left(world, young))
    assert isinstance(verdict, PairingRefused)
    assert verdict.blockers == ((True, "2"),)
    assert pair(old, of_left(world, old)) == Paired("hub-1", "marker")


def test_a_marker_that_names_no_contact_claims_no_contact(world: World) -> None:
    ada = known("1", "ada@example.com")
    meet(world, [ada], [known("hub-1", "ada@example.com", marker="long gone")])
    assert pair(ada, of_left(world, ada)) == Paired("hub-1", "e-mail")


def test_an_e_mail_on_both_sides_comes_before_a_number(world: World) -> None:
    nameless, ada = known("1", None, OFFICE), known("2", "ada@example.com")
    meet(world, [nameless, ada], [known("hub-1", "ada@example.com", OFFICE)])
    assert pair(nameless, of_left(world, nameless)) == Unpaired()
    assert pair(ada, of_left(world, ada)) == Paired("hub-1", "e-mail")


def test_a_rival_is_found_through_the_candidates_other_numbers(world: World) -> None:
    one, rival = known("1", None, OFFICE), known("2", None, MOBILE)
    meet(world, [one, rival], [known("hub-1", None, OFFICE, MOBILE)])
    for person in (one, rival):
        assert isinstance(pair(person, of_left(world, person)), PairingRefused)


def test_a_page_of_contacts_is_looked_up_at_once_and_each_gets_its_own(world: World) -> None:
    lefts = [known(str(number), f"p{number}@example.com") for number in range(450)]
    rights = [known(f"hub-{number}", f"p{number}@example.com") for number in range(450)]
    meet(world, lefts, rights)
    around = find_candidates(cast("Context", world), world.left, lefts)
    assert all(pair(person, around[person.id]) == Paired(f"hub-{person.id}", "e-mail") for person in lefts)


def test_another_connection_with_the_same_ids_is_another_world(world: World) -> None:
    with world.state.atomic() as transaction:
        other = connections.connection_id(transaction, "support", "left account", "third account")
        IdentityIndex(transaction, other, "right").put_contacts(transaction, [known("hub-1", "ada@example.com")])
    ada = known("1", "ada@example.com")
    meet(world, [ada], [])
    assert pair(ada, of_left(world, ada)) == Unpaired()
