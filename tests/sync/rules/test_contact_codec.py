from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.contact import FIELDS, SET_FIELDS, Contact, Value
from sync.rules import contact_codec

TEXTS = st.text(min_size=1, max_size=12)
MOMENTS = st.datetimes(datetime(1971, 1, 1), datetime(2200, 1, 1), timezones=st.just(UTC)).map(  # noqa: DTZ001
    lambda moment: moment.replace(microsecond=moment.microsecond // 1000 * 1000)
)


def fields() -> st.SearchStrategy[dict[str, Value]]:
    sets = st.none() | st.lists(TEXTS, min_size=1, max_size=3).map(tuple)
    return st.fixed_dictionaries(
        {}, optional={name: sets if name in SET_FIELDS else st.none() | TEXTS for name in FIELDS}
    )


def contacts() -> st.SearchStrategy[Contact]:
    return st.builds(
        Contact,
        TEXTS,
        fields(),
        st.none() | MOMENTS,
        st.none() | MOMENTS,
        st.none() | TEXTS,
        st.lists(TEXTS, max_size=3).map(tuple),
        st.dictionaries(st.sampled_from(FIELDS), TEXTS),
        st.dictionaries(TEXTS, TEXTS),
    )


@given(contacts())
def test_a_contact_that_went_through_the_stage_is_the_same_again(contact: Contact) -> None:
    assert contact_codec.decode(contact_codec.encode(contact)) == contact


def test_the_index_knows_contacts_without_case() -> None:
    contact = Contact(
        "1", {"email": "Ada@Example.com", "first_name": "Ada", "last_name": "LOVELACE"},
        datetime(2026, 3, 1, tzinfo=UTC), None, "hub-1", ("+12125550123",),
    )  # fmt: skip
    known = contact_codec.index_entry(contact, linked="hub-1")
    assert (known.id, known.email, known.name) == ("1", "ada@example.com", "ada lovelace")
    assert (known.phones, known.marker, known.linked) == (("+12125550123",), "hub-1", "hub-1")
    assert known.created_ms == 1772323200000


@pytest.mark.parametrize(
    ("fields", "name"),
    [({}, ""), ({"first_name": "Ada"}, "ada"), ({"first_name": None, "last_name": "Lovelace"}, "lovelace")],
)
def test_a_name_is_what_there_is_of_it(fields: dict[str, Value], name: str) -> None:
    assert contact_codec.index_entry(Contact("1", fields)).name == name


@pytest.mark.parametrize(
    ("fields", "who"),
    [
        ({"email": "ada@example.com", "phone": "+12125550123"}, "ada@example.com"),
        ({"email": None, "phone": "+12125550123"}, "+12125550123"),
        ({"email": None, "phone": None}, "growthhub:ve9"),
        ({"first_name": "Ada"}, "growthhub:ve9"),
    ],
)
def test_contacts_are_named_by_e_mail_else_by_number_else_by_account_and_id(fields: dict[str, Value], who: str) -> None:
    assert contact_codec.display_name("growthhub", "ve9", fields) == who


@given(MOMENTS)
def test_a_time_that_is_stored_in_milliseconds_is_the_same_again(moment: datetime) -> None:
    assert contact_codec.from_ms(contact_codec.to_ms(moment)) == moment


def test_times_are_instants_whatever_their_zone_and_none_stays_none() -> None:
    noon = datetime(2026, 3, 1, 12, tzinfo=UTC)
    assert contact_codec.to_ms(noon.astimezone(timezone(timedelta(hours=-5)))) == contact_codec.to_ms(noon)
    assert contact_codec.from_ms(0) == datetime(1970, 1, 1, tzinfo=UTC)
    assert contact_codec.to_ms(None) is None
    assert contact_codec.from_ms(None) is None
