from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.contact import FIELDS, Contact, Fields
from sync.rules.lost_create import GRAIN, IDENTITY, is_foreign, is_older, likeness, may_be_made_from, shows_person

ANN: Fields = {"first_name": "Ann", "last_name": "Lee", "company": "Acme, Inc.", "city": "Oslo", "country": "NO"}
BOB: Fields = {**ANN, "first_name": "Bob"}
NAMELESS: Fields = {"company": "Acme, Inc.", "city": "Oslo", "country": "NO", "custom1": "seven"}

values = st.one_of(st.none(), st.text("abc", min_size=1, max_size=2))
people = st.dictionaries(st.sampled_from([*FIELDS[:6], "company", "city", "custom1"]), values, max_size=6)


def test_what_a_server_rewrites_in_case_spaces_or_signs_is_still_what_was_sent() -> None:
    shown = {"company": "ACME INC", "city": " oslo", "country": "NO"}
    assert likeness(shown, NAMELESS).contradicting == 0
    assert may_be_made_from(shown, NAMELESS, [])


@pytest.mark.parametrize(("sent", "shown"), [("Zoë", "Zoe"), ("Łukasz Gómez", "łukasz gomez"), ("Zoe", "Zoë")])
def test_a_contact_known_by_name_alone_is_found_at_a_server_that_drops_accents(sent: str, shown: str) -> None:
    assert may_be_made_from({"first_name": shown}, {"first_name": sent}, [])
    assert shows_person(Contact("7", {"first_name": shown}), {"first_name": sent}, None)


def test_of_two_contacts_whose_names_differ_in_accents_alone_each_gets_its_own_record() -> None:
    assert may_be_made_from({"first_name": "Zoë"}, {"first_name": "Zoë"}, [{"first_name": "Zoe"}])
    assert not may_be_made_from({"first_name": "Zoë"}, {"first_name": "Zoe"}, [{"first_name": "Zoë"}])


def test_what_a_server_drops_says_nothing() -> None:
    assert may_be_made_from({"country": "NO", "city": None}, NAMELESS, [])
    assert not may_be_made_from({}, NAMELESS, [])
    assert not may_be_made_from({"title": "CEO"}, NAMELESS, [])


def test_a_contact_edited_since_is_recognised_by_the_rest() -> None:
    assert may_be_made_from({**NAMELESS, "city": "Bergen"}, NAMELESS, [])
    assert not may_be_made_from({**NAMELESS, "city": "Bergen", "company": "Beta"}, NAMELESS, [])


def test_a_colleague_that_shares_all_but_the_name_is_another_contact() -> None:
    assert not may_be_made_from(BOB, ANN, [])
    assert may_be_made_from({**ANN, "first_name": "ANN", "city": "Bergen"}, ANN, [])


def test_a_contact_that_fits_another_contact_without_a_flaw_is_left_to_that_one() -> None:
    other = {**NAMELESS, "custom1": "eight"}
    assert may_be_made_from(other, NAMELESS, [])
    assert not may_be_made_from(other, NAMELESS, [other])
    assert may_be_made_from(NAMELESS, NAMELESS, [NAMELESS])


def test_a_contact_that_shares_no_more_than_the_country_is_left_to_the_one_whose_name_and_address_it_shows() -> None:
    nameless: Fields = {"company": "Acme, Inc.", "city": "Oslo", "country": "NO"}
    lee: Fields = {"last_name": "Lee", "email": "lee@example.com", "country": "NO"}
    assert not may_be_made_from(lee, nameless, [lee])
    assert may_be_made_from(nameless, nameless, [lee])
    assert likeness(nameless, nameless).order < likeness(lee, nameless).order


@given(shown=people, sent=people, others=st.lists(people, max_size=2))
def test_a_record_that_contradicts_as_much_as_it_confirms_is_never_mistaken_for_what_was_created(
    shown: Fields, sent: Fields, others: list[Fields]
) -> None:
    found = likeness(shown, sent)
    assert found.agreeing + found.contradicting <= len(sent)
    if may_be_made_from(shown, sent, others):
        assert found.agreeing > found.contradicting


@given(sent=people)
def test_a_record_that_shows_just_what_was_sent_is_ours(sent: Fields) -> None:
    assert not is_foreign(sent, sent, edited=False)
    assert not is_foreign(sent, sent, edited=True)


@pytest.mark.parametrize("name", sorted(IDENTITY))
def test_the_identity_by_which_a_record_was_found_proves_nothing(name: str) -> None:
    sent: Fields = {name: "same", "last_name": "Lee"}
    assert is_foreign({name: "same", "last_name": "Dale"}, sent, edited=True)


def test_one_edit_makes_no_stranger_of_a_record_that_was_edited_and_one_of_a_record_that_was_not() -> None:
    assert not is_foreign({**ANN, "city": "Bergen"}, ANN, edited=True)
    assert is_foreign({**ANN, "city": "Bergen"}, ANN, edited=False)


def test_a_record_was_there_before_a_create_if_its_time_lies_further_back_than_clocks_differ() -> None:
    sent_at = datetime(2026, 3, 2, 9, tzinfo=UTC)
    assert is_older(Contact("1", ANN, sent_at - GRAIN - timedelta(milliseconds=1)), sent_at)
    assert not is_older(Contact("1", ANN, sent_at - GRAIN), sent_at)
    assert not is_older(Contact("1", ANN, sent_at + timedelta(days=1)), sent_at)
    assert not is_older(Contact("1", ANN), sent_at)  # it may be of any age


@pytest.mark.parametrize(
    ("shown", "sent", "result"),
    [
        ({"email": "ann@example.com"}, {"email": "ANN@example.com", "first_name": "Ann"}, True),
        ({"email": "bob@example.com", "first_name": "Ann"}, {"email": "ann@example.com", "first_name": "Ann"}, False),
        ({"first_name": "Ann"}, {"email": "ann@example.com", "first_name": "Ann", "last_name": "Lee"}, True),
        ({"first_name": "Bob"}, {"first_name": "Ann"}, False),
        ({"first_name": "ANN", "last_name": "Lee"}, {"first_name": "Ann", "last_name": "Lee"}, True),
        ({"city": "Oslo"}, {"first_name": "Ann", "city": "Oslo"}, None),
        ({}, {"phone": "+12125550123"}, None),
        ({}, NAMELESS, None),
        (NAMELESS, NAMELESS, True),
        ({"company": "Beta", "city": "Rome"}, NAMELESS, False),
    ],
)
def test_the_answer_to_a_create_shows_the_contact_by_address_number_or_name(
    shown: Fields, sent: Fields, result: bool | None
) -> None:
    assert shows_person(Contact("1", shown), sent, None) is result


def test_a_number_or_the_source_id_identifies_a_contact_whose_name_a_server_writes_otherwise() -> None:
    sent: Fields = {"first_name": "Ann", "mobile_phone": "+12125550123"}
    by_number = Contact("1", {"first_name": "Anna"}, phones=("+12125550123",))
    assert shows_person(by_number, sent, None)
    assert shows_person(Contact("1", {"first_name": "Anna"}, marker="7"), sent, "7")
    assert shows_person(Contact("1", {}, phones=("+12125550199",)), {"mobile_phone": "+12125550123"}, None) is False
