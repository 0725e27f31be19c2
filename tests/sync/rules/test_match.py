from dataclasses import replace
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from state.indexed_contact import IndexedContact
from sync.rules.match import (
    Candidates,
    Paired,
    PairingRefused,
    Unpaired,
    first_of_duplicates,
    may_adopt,
    names_differ,
    pair,
    phone_may_pair,
)

OFFICE = "+12125550123"
MOBILE = "+12125550145"
HOME = "+442079460123"


def known(
    record_id: str, email: str | None = None, name: str = "", *phones: str, marker: str | None = None,
    created: int | None = 1, linked: str | None = None,
) -> IndexedContact:  # fmt: skip
    return IndexedContact(record_id, email, name, phones, marker, created, linked)


ADA = known("1", "ada@example.com", "ada lovelace", OFFICE)


def test_the_marker_of_the_other_side_names_the_contact() -> None:
    for other in (
        known("hub-1", "other@example.org", "ada lovelace", marker="1"),
        known("hub-1", "ada@example.com", "another one", marker="1"),
        known("hub-1", None, "another one", marker="1"),
        known("hub-1", "other@example.org", marker="1"),
    ):
        assert pair(ADA, Candidates(same_email=[ADA], marked=[other])) == Paired("hub-1", "marker")


def test_a_source_id_on_a_record_with_another_e_mail_and_another_name_pairs_no_contact() -> None:
    typed = known("hub-1", "bo@example.com", "bo li", marker="1")
    verdict = pair(ADA, Candidates(same_email=[ADA], marked=[typed]))
    assert isinstance(verdict, PairingRefused)
    assert "hub-1" in verdict.reason
    assert verdict.blockers == ((False, "hub-1"),)
    back = pair(typed, Candidates(same_email=[typed], marked=[ADA]))
    assert isinstance(back, PairingRefused)
    assert back.blockers == ((False, "1"),)


def test_a_typed_source_id_does_not_keep_the_contact_from_being_found_by_e_mail() -> None:
    typed = known("hub-1", "bo@example.com", "bo li", marker="1")
    own = known("hub-2", "ada@example.com", "ada lovelace")
    assert pair(ADA, Candidates(same_email=[ADA], marked=[typed], email=[own])) == Paired("hub-2", "e-mail")


@pytest.mark.parametrize("mailed", [None, "bob@example.com"])
def test_an_id_alone_on_a_record_with_another_name_pairs_no_contact(mailed: str | None) -> None:
    bob = replace(known("hub-1", mailed, "bob berg", MOBILE, marker="1"), is_marker_bare=True)
    ada = replace(ADA, email=None) if mailed else ADA
    for one, other in ((ada, bob), (bob, ada)):
        verdict = pair(one, Candidates(same_email=[one], marked=[other]))
        assert isinstance(verdict, PairingRefused)
        assert other.id in verdict.reason
        assert not may_adopt(one, other)


def test_an_id_alone_is_believed_where_the_name_or_a_number_agrees() -> None:
    for name, number in (("ada lovelace", MOBILE), ("countess", OFFICE), ("", MOBILE)):
        other = replace(known("hub-1", None, name, number, marker="1"), is_marker_bare=True)
        assert pair(ADA, Candidates(same_email=[ADA], marked=[other])) == Paired("hub-1", "marker")
        assert may_adopt(ADA, other)


def test_the_marker_outranks_the_e_mail() -> None:
    marked, mailed = known("hub-1", marker="1"), known("hub-2", "ada@example.com")
    assert pair(ADA, Candidates(same_email=[ADA], marked=[marked], email=[mailed])) == Paired("hub-1", "marker")


def test_of_cloned_markers_the_older_record_is_the_contact() -> None:
    original, clone = known("hub-9", marker="1", created=5), known("hub-1", marker="1", created=6)
    for marked in ([original, clone], [clone, original]):
        assert pair(ADA, Candidates(same_email=[ADA], marked=marked)) == Paired("hub-9", "marker")


def test_a_clone_of_a_contact_linked_does_not_take_the_contact_away() -> None:
    clone = known("hub-2", None, "ada lovelace", marker="1")
    taken = replace(ADA, linked="hub-1")
    assert pair(clone, Candidates(marked=[taken])) == Unpaired()


def test_a_clone_with_the_e_mail_of_the_original_is_a_twin() -> None:
    original = known("hub-1", "ada@example.com", marker="1", linked="1")
    clone = known("hub-2", "ada@example.com", marker="1", created=2)
    around = Candidates(same_email=[original, clone], marked=[replace(ADA, linked="hub-1")])
    verdict = pair(clone, around)
    assert isinstance(verdict, PairingRefused)
    assert "hub-1" in verdict.reason


def test_with_the_state_lost_markers_find_every_contact_again_even_twins() -> None:
    twin = known("2", "ada@example.com", created=0)  # older than Ada, and never carried
    other = known("hub-1", "ada@example.com", marker="1")
    claimed = replace(ADA, linked="hub-1")  # by the marker
    assert pair(ADA, Candidates(same_email=[claimed, twin], marked=[other])) == Paired("hub-1", "marker")
    verdict = pair(twin, Candidates(same_email=[claimed, twin], email=[replace(other, linked="1")]))
    assert isinstance(verdict, PairingRefused)
    assert verdict.blockers == ((True, "1"),)


def test_the_same_e_mail_is_the_same_contact_whatever_the_names() -> None:
    other = known("hub-1", "ada@example.com", "countess", created=None)
    assert pair(ADA, Candidates(same_email=[ADA], email=[other])) == Paired("hub-1", "e-mail")


@pytest.mark.parametrize(
    "others",
    [
        [known("hub-1", "ada@example.com", created=2), known("hub-2", "ada@example.com", created=1)],
        [known("hub-3", "ada@example.com", created=1), known("hub-2", "ada@example.com", created=1)],
        [known("hub-1", "ada@example.com", created=None), known("hub-2", "ada@example.com", created=9)],
        [known("hub-10", "ada@example.com", created=None), known("hub-2", "ada@example.com", created=None)],
        [known("hub-10", "ada@example.com"), known("hub-2", "ada@example.com")],
    ],
)
def test_of_several_with_the_e_mail_the_oldest_is_the_contact(others: list[IndexedContact]) -> None:
    assert pair(ADA, Candidates(same_email=[ADA], email=others)) == Paired("hub-2", "e-mail")


def test_of_twins_the_oldest_is_carried_and_the_others_are_failures_that_name_it() -> None:
    young = known("0", "ada@example.com", created=2)
    assert pair(ADA, Candidates(same_email=[young, ADA])) == Unpaired()
    verdict = pair(young, Candidates(same_email=[young, ADA]))
    assert isinstance(verdict, PairingRefused)
    assert "1" in verdict.reason
    assert (verdict.blockers, verdict.double) == (((True, "1"),), True)


@pytest.mark.parametrize("created", [99, None])
def test_a_twin_that_is_linked_stands_for_the_others_however_young(created: int | None) -> None:
    linked = known("2", "ada@example.com", created=created, linked="hub-7")
    verdict = pair(ADA, Candidates(same_email=[ADA, linked], email=[known("hub-7", "ada@example.com", linked="2")]))
    assert isinstance(verdict, PairingRefused)
    assert verdict.blockers == ((True, "2"),)


def test_the_e_mail_of_a_contact_that_is_linked_to_another_is_a_failure_that_names_both() -> None:
    other = known("hub-1", "ada@example.com", linked="5")
    verdict = pair(ADA, Candidates(same_email=[ADA], email=[other]))
    assert isinstance(verdict, PairingRefused)
    assert "hub-1" in verdict.reason
    assert "5" in verdict.reason
    assert (verdict.blockers, verdict.double) == (((False, "hub-1"), (True, "5")), False)


def test_an_e_mail_that_answers_leaves_no_word_to_a_number() -> None:
    mailed, phoned = known("hub-1", "ada@example.com"), known("hub-2", None, "ada lovelace", OFFICE)
    assert pair(ADA, Candidates(same_email=[ADA], email=[mailed], phone=[phoned])) == Paired("hub-1", "e-mail")


@pytest.mark.parametrize("name", ["ada lovelace", "ada  lovelace", ""])
def test_a_number_pairs_a_contact_without_an_e_mail_whose_name_does_not_differ(name: str) -> None:
    other = known("hub-1", None, name, OFFICE)
    assert pair(ADA, Candidates(same_email=[ADA], phone=[other])) == Paired("hub-1", "phone")


@pytest.mark.parametrize(
    "colleague",
    [known("hub-1", None, "grace hopper", OFFICE), known("hub-1", "grace@example.com", "ada lovelace", OFFICE)],
)
def test_colleagues_that_share_a_number_are_two_contacts(colleague: IndexedContact) -> None:
    assert pair(ADA, Candidates(same_email=[ADA], phone=[colleague])) == Unpaired()


def test_a_number_of_a_contact_that_is_linked_pairs_no_contact() -> None:
    taken = known("hub-1", None, "ada lovelace", OFFICE, linked="5")
    assert pair(ADA, Candidates(same_email=[ADA], phone=[taken])) == Unpaired()


def test_two_on_the_other_side_with_the_number_are_never_guessed_between() -> None:
    others = [known("hub-1", None, "", OFFICE), known("hub-2", None, "ada lovelace", OFFICE)]
    verdict = pair(ADA, Candidates(same_email=[ADA], phone=others))
    assert isinstance(verdict, PairingRefused)
    assert "hub-1" in verdict.reason
    assert "hub-2" in verdict.reason
    assert set(verdict.blockers) == {(False, "hub-1"), (False, "hub-2")}


def test_two_on_the_contacts_own_side_with_the_number_are_never_guessed_between() -> None:
    rival = known("2", None, "", OFFICE)
    verdict = pair(ADA, Candidates(same_email=[ADA], phone=[known("hub-1", None, "", OFFICE)], rivals=[rival]))
    assert isinstance(verdict, PairingRefused)
    assert (verdict.blockers, verdict.double) == (((False, "hub-1"), (True, "2")), False)
    assert "hub-1 on the other side, 2 on the same side, and" in verdict.reason


def test_a_contact_that_could_be_but_one_of_two_candidates_is_named_as_well() -> None:
    rival = known("2", None, "", MOBILE)
    others = [known("hub-1", None, "", OFFICE), known("hub-2", None, "", OFFICE, MOBILE)]
    verdict = pair(ADA, Candidates(same_email=[ADA], phone=others, rivals=[rival]))
    assert isinstance(verdict, PairingRefused)
    assert verdict.blockers == ((False, "hub-1"), (False, "hub-2"), (True, "2"))


@pytest.mark.parametrize(
    "bystander",
    [
        known("2", None, "", OFFICE, linked="hub-8"),
        known("2", None, "grace hopper", OFFICE),
        known("2", "grace@example.com", "", OFFICE),
    ],
)
def test_a_contact_that_could_not_be_that_contact_is_no_rival(bystander: IndexedContact) -> None:
    person = known("1", "ada@example.com", "ada lovelace", OFFICE)
    other = known("hub-1", "hub@example.com" if bystander.email else None, "ada lovelace", OFFICE)
    person = replace(person, email=None) if bystander.email else person
    around = Candidates(phone=[other], rivals=[bystander])
    assert pair(person, around) == Paired("hub-1", "phone")


def test_a_rival_must_have_a_number_of_the_same_candidate() -> None:
    person = known("1", None, "ada lovelace", OFFICE, MOBILE)
    rival = known("2", None, "", MOBILE)
    other = known("hub-1", None, "ada lovelace", OFFICE)
    assert pair(person, Candidates(phone=[other], rivals=[rival])) == Paired("hub-1", "phone")


def test_a_rival_need_not_share_a_number_with_the_contact() -> None:
    person, rival = known("1", None, "", OFFICE), known("2", None, "", MOBILE)
    other = known("hub-1", None, "", OFFICE, MOBILE)
    assert isinstance(pair(person, Candidates(phone=[other], rivals=[rival])), PairingRefused)


def test_a_contact_unlike_all_others_is_new() -> None:
    assert pair(ADA, Candidates(same_email=[ADA])) == Unpaired()
    assert pair(known("1"), Candidates()) == Unpaired()


@pytest.mark.parametrize(
    ("other", "adopted"),
    [
        (known("hub-1", "ada@example.com"), True),
        (known("hub-1", "ada@example.com", linked="1"), True),
        (known("hub-1", "ada@example.com", linked="5"), False),
        (known("hub-1", None, "grace hopper", marker="1"), True),
        (known("hub-1", None, "grace hopper", marker="5"), False),
        (known("hub-1", None, "ada lovelace", OFFICE), True),
        (known("hub-1", None, "ada lovelace", MOBILE), False),
        (known("hub-1", None, "grace hopper", OFFICE), False),
        (known("hub-1", "grace@example.com", "ada lovelace", OFFICE), False),
        (known("hub-1", None, "ada lovelace"), False),
    ],
)
def test_the_contact_that_a_server_names_passes_the_same_tests(other: IndexedContact, adopted: bool) -> None:
    assert may_adopt(ADA, other) == adopted


def test_the_contact_that_its_own_marker_names_is_adopted() -> None:
    assert may_adopt(known("hub-1", marker="1"), known("1"))
    assert not may_adopt(known("hub-2", marker="1"), known("1", linked="hub-1"))


def test_two_contacts_without_an_e_mail_are_not_one_for_it() -> None:
    assert not may_adopt(known("1"), known("hub-1"))


def people(side: str) -> st.SearchStrategy[IndexedContact]:
    phones = st.lists(st.sampled_from((OFFICE, MOBILE, HOME)), unique=True, max_size=2).map(tuple)
    return st.builds(
        IndexedContact,
        st.integers(1, 9).map(lambda number: f"{side}{number}"),
        st.sampled_from((None, "ada@example.com", "grace@example.com")),
        st.sampled_from(("", "ada lovelace", "grace hopper")),
        phones,
        st.none(),
        st.none() | st.integers(0, 3),
        st.none(),
    )


def crowd(side: str) -> st.SearchStrategy[list[IndexedContact]]:
    return st.lists(people(side), min_size=1, max_size=5, unique_by=lambda person: person.id)


def around(person: IndexedContact, mine: list[IndexedContact], theirs: list[IndexedContact]) -> Candidates:
    """Return what the index would."""
    mailed = {one.email for one in mine if one.email} & {other.email for other in theirs if other.email}
    phone = [other for other in theirs if set(other.phones) & set(person.phones) and other.email not in mailed]
    numbers = set(person.phones).union(*(other.phones for other in phone))
    return Candidates(
        same_email=[other for other in mine if other.email and other.email == person.email],
        email=[other for other in theirs if other.email and other.email == person.email],
        phone=phone,
        rivals=[
            other for other in mine
            if set(other.phones) & numbers and other.id != person.id and other.email not in mailed
        ],
    )  # fmt: skip


@given(crowd("left"), crowd("right"))
def test_no_contact_is_paired_with_two_contacts_whichever_is_first(
    lefts: list[IndexedContact], rights: list[IndexedContact]
) -> None:
    chosen: dict[str, str] = {}
    for person in lefts:
        verdict = pair(person, around(person, lefts, rights))
        if isinstance(verdict, Paired):
            assert verdict.id not in chosen
            chosen[verdict.id] = person.id


@given(crowd("left"), crowd("right"))
def test_both_sides_come_to_the_same_pairs(lefts: list[IndexedContact], rights: list[IndexedContact]) -> None:
    for person in lefts:
        verdict = pair(person, around(person, lefts, rights))
        if isinstance(verdict, Paired):
            other = next(one for one in rights if one.id == verdict.id)
            back = pair(other, around(other, rights, lefts))
            assert back == Paired(person.id, verdict.by) or not isinstance(back, Paired)


@given(crowd("left"), crowd("right"))
def test_a_refusal_names_the_contact_that_it_blames(lefts: list[IndexedContact], rights: list[IndexedContact]) -> None:
    for person in lefts:
        verdict = pair(person, around(person, lefts, rights))
        if isinstance(verdict, PairingRefused):
            assert verdict.blockers
            assert all(blocker in verdict.reason for _, blocker in verdict.blockers)


@given(crowd("left"))
def test_the_one_that_stands_for_all_does_not_depend_on_the_order(crowded: list[IndexedContact]) -> None:
    assert first_of_duplicates(crowded) == first_of_duplicates(crowded[::-1])


@given(people("left"), people("right"))
def test_the_tests_of_a_phone_are_the_same_from_both_sides(one: IndexedContact, other: IndexedContact) -> None:
    assert phone_may_pair(one, other) == phone_may_pair(other, one)
    assert names_differ(one.name, other.name) == names_differ(other.name, one.name)


def pairs_of_a_run(first: list[IndexedContact], second: list[IndexedContact]) -> set[tuple[str, str]]:
    """Return who is paired when one side is asked after the other, each knowing of the pairs that were made before."""
    partner: dict[str, str] = {}
    for mine, theirs in ((first, second), (second, first)):
        for person in mine:
            now = [[replace(one, linked=partner.get(one.id)) for one in side] for side in (mine, theirs)]
            verdict = None if person.id in partner else pair(person, around(person, *now))
            if isinstance(verdict, Paired):
                partner[person.id], partner[verdict.id] = verdict.id, person.id
    return {(one.id, partner[one.id]) for one in first if one.id in partner}


@given(crowd("left"), crowd("right"))
def test_swapped_sides_are_paired_alike(lefts: list[IndexedContact], rights: list[IndexedContact]) -> None:
    assert pairs_of_a_run(lefts, rights) == {(left, right) for right, left in pairs_of_a_run(rights, lefts)}


@given(crowd("left"), crowd("right"), st.randoms(use_true_random=False))
def test_the_order_of_contacts_changes_no_pair(
    lefts: list[IndexedContact], rights: list[IndexedContact], chance: Random
) -> None:
    shuffled = [chance.sample(side, len(side)) for side in (lefts, rights)]
    assert pairs_of_a_run(*shuffled) == pairs_of_a_run(lefts, rights)


@given(crowd("left"), crowd("right"))
def test_once_all_pairs_are_created_no_other_contact_is_paired(
    lefts: list[IndexedContact], rights: list[IndexedContact]
) -> None:
    partner = dict(pairs_of_a_run(lefts, rights))
    back = {right: left for left, right in partner.items()}
    lefts = [replace(one, linked=partner.get(one.id)) for one in lefts]
    rights = [replace(one, linked=back.get(one.id)) for one in rights]
    for mine, theirs in ((lefts, rights), (rights, lefts)):
        for person in mine:
            if person.linked is None:
                assert not isinstance(pair(person, around(person, mine, theirs)), Paired)


def beside(person: IndexedContact, *emails: str) -> IndexedContact:
    return replace(person, more_emails=emails)


@pytest.mark.parametrize("name", ["ada lovelace", "ada  lovelace", ""])
def test_an_address_that_a_record_has_beside_its_own_pairs_where_the_names_do_not_differ(name: str) -> None:
    other = beside(known("hub-1", "countess@example.org", name), "ada@example.com")
    assert pair(ADA, Candidates(same_email=[ADA], shared_address=[other])) == Paired("hub-1", "e-mail")
    assert pair(other, Candidates(same_email=[other], shared_address=[ADA])) == Paired("1", "e-mail")
    assert may_adopt(ADA, other)


@pytest.mark.parametrize("own", ["countess@example.org", None])
def test_an_address_beside_the_own_one_under_another_name_is_ambiguous_and_listed(own: str | None) -> None:
    other = beside(known("hub-1", own, "charles babbage"), "ada@example.com")
    for person, candidate in ((ADA, other), (other, ADA)):
        verdict = pair(person, Candidates(same_email=[person], shared_address=[candidate]))
        assert isinstance(verdict, PairingRefused)
        assert verdict.blockers == ((False, candidate.id),)
        assert candidate.id in verdict.reason
        assert "ambiguous" in verdict.reason
        assert not may_adopt(person, candidate)


def test_a_contact_that_fits_by_name_goes_before_one_that_only_has_the_address() -> None:
    other = beside(known("hub-1", "countess@example.org", "ada lovelace"), "ada@example.com", "bob@example.com")
    bob = known("2", "bob@example.com", "bob reed")
    near = Candidates(same_email=[bob], shared_address=[other], shared_address_rivals=[ADA])
    assert pair(bob, near) == Unpaired()
    assert pair(ADA, Candidates(same_email=[ADA], shared_address=[other], shared_address_rivals=[bob])) == Paired(
        "hub-1", "e-mail"
    )


def test_a_number_of_the_same_name_decides_before_an_address_under_another_name_is_ambiguous() -> None:
    other = beside(known("hub-1", "countess@example.org", "charles babbage"), "ada@example.com")
    same = known("hub-2", None, "ada lovelace", OFFICE)
    assert pair(ADA, Candidates(same_email=[ADA], shared_address=[other], phone=[same])) == Paired("hub-2", "phone")


def test_an_address_that_both_have_beside_their_own_may_be_an_offices() -> None:
    mine = beside(ADA, "office@example.com")
    other = beside(known("hub-1", "bob@example.com", "bob reed"), "office@example.com")
    assert pair(mine, Candidates(same_email=[mine], shared_address=[other])) == Unpaired()
    same = replace(other, name="ada lovelace")
    assert pair(mine, Candidates(same_email=[mine], shared_address=[same])) == Paired("hub-1", "e-mail")


def test_the_own_address_outranks_one_beside_it() -> None:
    mailed, other = known("hub-1", "ada@example.com"), beside(known("hub-2", "x@example.com"), "ada@example.com")
    assert pair(ADA, Candidates(same_email=[ADA], email=[mailed], shared_address=[other])) == Paired("hub-1", "e-mail")


def test_of_two_records_with_the_address_beside_their_own_none_is_guessed() -> None:
    others = [beside(known(f"hub-{number}", f"{number}@example.com"), "ada@example.com") for number in (1, 2)]
    verdict = pair(ADA, Candidates(same_email=[ADA], shared_address=others))
    assert isinstance(verdict, PairingRefused)
    assert verdict.blockers == ((False, "hub-1"), (False, "hub-2"))
    assert "an e-mail" in verdict.reason


def test_a_contact_of_the_own_side_with_the_same_address_is_not_passed_over() -> None:
    other = beside(known("hub-1", "x@example.com"), "ada@example.com", "bob@example.com")
    rival = known("2", "bob@example.com")
    verdict = pair(ADA, Candidates(same_email=[ADA], shared_address=[other], shared_address_rivals=[rival]))
    assert isinstance(verdict, PairingRefused)
    assert verdict.blockers == ((False, "hub-1"), (True, "2"))


def test_a_contact_linked_is_not_taken_away_by_an_address_beside() -> None:
    other = replace(beside(known("hub-1", "x@example.com"), "ada@example.com"), linked="7")
    assert pair(ADA, Candidates(same_email=[ADA], shared_address=[other])) == Unpaired()


def test_a_source_id_is_believed_where_an_address_beside_the_own_one_is_shared() -> None:
    other = beside(known("hub-1", "c@example.org", "the countess", marker="1"), "ada@example.com")
    assert pair(ADA, Candidates(same_email=[ADA], marked=[other])) == Paired("hub-1", "marker")
