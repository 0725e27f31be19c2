from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from state.file import StateFile
from state.identity_index import IdentityIndex
from state.indexed_contact import IndexedContact
from state.links import Links
from tests.state.files import link, opened

OFFICE, MOBILE, HOME = "+12125550123", "+12125550145", "+442079460123"
ADA = IndexedContact("1", "ada@example.com", "ada lovelace", (OFFICE, MOBILE), "hub-1", 1700000000000)


def contacts() -> st.SearchStrategy[IndexedContact]:
    return st.builds(
        IndexedContact,
        st.sampled_from(("1", "2", "3")),
        st.sampled_from((None, "ada@example.com", "grace@example.com")),
        st.sampled_from(("", "ada lovelace")),
        st.lists(st.sampled_from((OFFICE, MOBILE, HOME)), max_size=3, unique=True).map(tuple),
        st.sampled_from((None, "hub-1", "hub-2")),
        st.none() | st.integers(0, 5),
    )


def put(state: StateFile, *known: IndexedContact, side: str = "left", connection: int = 1) -> IdentityIndex:
    identities = IdentityIndex(state.db, connection, side)
    with state.atomic() as transaction:
        identities.put_contacts(transaction, known)
    return identities


def test_a_contact_is_found_by_id_e_mail_marker_and_every_number() -> None:
    with opened() as state:
        index = put(state, ADA)
        assert index.by_id(["1"]) == index.by_email(["ada@example.com"]) == index.by_marker(["hub-1"]) == [ADA]
        assert index.by_phone([OFFICE]) == index.by_phone([MOBILE]) == [ADA]
        assert index.by_id(["2"]) == index.by_email(["x@example.com"]) == index.by_marker(["hub-2"]) == []
        assert index.by_phone([HOME]) == []


def test_old_numbers_e_mails_and_markers_find_nothing() -> None:
    with opened() as state:
        index = put(state, ADA)
        changed = replace(ADA, email=None, phones=(HOME,), marker=None)
        put(state, changed)
        assert index.by_phone([OFFICE, MOBILE]) == index.by_email(["ada@example.com"]) == []
        assert index.by_marker(["hub-1"]) == []
        assert index.by_phone([HOME]) == [changed]
        assert state.db.execute("SELECT count(*) FROM number").fetchone()[0] == 1


def test_a_deleted_contact_leaves_no_row() -> None:
    with opened() as state:
        index = put(state, ADA)
        put(state, replace(ADA, id="2"))
        with state.atomic() as transaction:
            index.drop_contact(transaction, "1")
            index.drop_contact(transaction, "never seen")
        assert index.by_id(["1"]) == []
        assert [known.id for known in index.by_phone([OFFICE])] == ["2"]
        assert state.db.execute("SELECT count(*) FROM number WHERE id = '1'").fetchone()[0] == 0


def test_a_contact_with_two_matching_numbers_is_found_once() -> None:
    with opened() as state:
        assert put(state, ADA).by_phone([OFFICE, MOBILE]) == [ADA]


def test_sides_and_connections_are_kept_apart() -> None:
    with opened() as state:
        left = put(state, ADA)
        right = put(state, replace(ADA, id="hub-1", marker=None), side="right")
        assert [known.id for known in left.by_phone([OFFICE])] == ["1"]
        assert [known.id for known in right.by_email(["ada@example.com"])] == ["hub-1"]
        with state.atomic() as transaction:
            right.drop_contact(transaction, "hub-1")
        assert left.by_email(["ada@example.com"]) == [ADA]


def test_both_sides_show_the_link_of_a_contact_until_it_has_lost_a_side() -> None:
    with opened() as state:
        left, right = put(state, ADA), put(state, replace(ADA, id="hub-1"), side="right")
        stored = link("1", "hub-1")
        with state.atomic() as transaction:
            Links(state.db, 1, "contacts").save_link(transaction, stored, "r1")
        assert left.by_id(["1"])[0].linked == "hub-1"
        assert right.by_email(["ada@example.com"])[0].linked == "1"
        stored.gone = "right"
        with state.atomic() as transaction:
            Links(state.db, 1, "contacts").save_link(transaction, stored, "r1")
        assert left.by_id(["1"])[0].linked is None


def test_a_link_of_messages_links_no_contact() -> None:
    with opened() as state:
        index = put(state, ADA)
        with state.atomic() as transaction:
            Links(state.db, 1, "messages").save_link(transaction, link("1", "hub-1"), "r1")
        assert index.by_id(["1"])[0].linked is None


def test_more_contacts_than_one_query_can_name_are_found() -> None:
    with opened() as state:
        crowd = [
            IndexedContact(str(n), f"p{n}@example.com", "", (f"+1212555{n:04}",), f"hub-{n}", n) for n in range(950)
        ]
        index = put(state, *crowd)
        assert len(index.by_id([known.id for known in crowd])) == 950
        assert len(index.by_email([f"p{n}@example.com" for n in range(950)])) == 950
        assert len(index.by_phone([f"+1212555{n:04}" for n in range(950)])) == 950
        assert len(index.by_marker([f"hub-{n}" for n in range(950)])) == 950


@given(st.lists(st.one_of(contacts(), st.sampled_from(("1", "2", "3"))), max_size=12))
def test_the_index_has_the_last_state_of_each_contact(steps: list[IndexedContact | str]) -> None:
    with opened() as state:
        index, model = IdentityIndex(state.db, 1, "left"), dict[str, IndexedContact]()
        for step in steps:
            with state.atomic() as transaction:
                if isinstance(step, IndexedContact):
                    index.put_contacts(transaction, [step])
                    model[step.id] = step
                else:
                    index.drop_contact(transaction, step)
                    model.pop(step, None)
        for phone in (OFFICE, MOBILE, HOME):
            found = {known.id: known for known in index.by_phone([phone])}
            assert found == {key: known for key, known in model.items() if phone in known.phones}
        for email in ("ada@example.com", "grace@example.com"):
            found = {known.id: known for known in index.by_email([email])}
            assert found == {key: known for key, known in model.items() if known.email == email}
        numbers = state.db.execute("SELECT count(*) FROM number").fetchone()[0]
        assert numbers == sum(len(known.phones) for known in model.values())


def test_a_contact_is_found_by_its_further_addresses_while_it_has_them() -> None:
    with opened() as state:
        both = replace(ADA, more_emails=("countess@example.org", "a@m\u00fcller.example"))
        index = put(state, both)
        assert index.by_other_email(["countess@example.org"]) == index.by_other_email(list(both.more_emails)) == [both]
        assert index.by_email(["countess@example.org"]) == index.by_other_email(["ada@example.com"]) == []
        put(state, replace(both, more_emails=("countess@example.org",)))
        assert index.by_other_email(["a@m\u00fcller.example"]) == []
        with state.atomic() as transaction:
            index.drop_contact(transaction, ADA.id)
        assert state.db.execute("SELECT count(*) FROM address").fetchone()[0] == 0
