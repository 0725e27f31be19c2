"""What an account has for the values of a contact (R47)."""

from connectors.fields import TYPES, find_place
from tests.contract.subject import Place


def test_every_place_has_a_key_of_its_own_and_a_type(typical: Place) -> None:
    typical.make_places()
    places = typical.account.list_places()
    assert len({place.key for place in places}) == len(places) > 0
    assert {place.type for place in places} <= {*TYPES}
    assert all(place.holds(place.type) for place in places)
    assert typical.account.call_counts.writes == 0


def test_every_place_is_found_by_its_key_and_a_custom_one_by_id_and_name(typical: Place) -> None:
    typical.make_places()
    places = typical.account.list_places()
    for place in places:
        assert find_place(places, place.key) is place
        if place.custom:
            assert not place.id or find_place(places, place.id) is place
            assert find_place(places, place.label) is not None
    assert find_place(places, "no such place at all") is None


def test_an_account_without_mapped_fields_has_no_mapped_places(typical: Place) -> None:
    assert dict(typical.account.mapped_places) == {}
    assert typical.account.mapped_places is typical.account.mapped_places
