"""How many contacts are written in how few calls, and what becomes of each (R34)."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, cast

import pytest

from connectors.apollo.bulk import ApolloBulkWriter
from connectors.apollo.sandbox.server import ApolloQuirks
from connectors.bulk import ChangedContact, NewContact
from connectors.connector import WriteResult
from connectors.contact import Fields
from connectors.errors import OutcomeUnknown, RecordGone, RecordRefused
from connectors.sandbox.faults import Fault
from tests.connectors.clocks import FakeClock
from tests.contract.apollo import ApolloPlace

if TYPE_CHECKING:
    from connectors.apollo.connector import Apollo


@pytest.fixture
def place() -> Iterator[ApolloPlace]:
    place = ApolloPlace(FakeClock(), ApolloQuirks())
    with place.sandbox:
        place.account = place.connect()
        place.make_places()
        place.prepare()
        yield place
        place.close()


def bulk_of(place: ApolloPlace) -> ApolloBulkWriter:
    return cast("Apollo", place.account).bulk


def shown(place: ApolloPlace) -> list[dict[str, Any]]:
    """Return the contacts, but for the one that was there before each test."""
    return place.sandbox.people()[1:]


def people(place: ApolloPlace, count: int) -> list[str]:
    return [place.add({"first_name": f"P{number}", "email": f"p{number}@example.com"}) for number in range(count)]


def update(place: ApolloPlace, changes: dict[str, Fields]) -> tuple[list[object], list[str]]:
    """Return the outcomes of updates by id, and the endpoints of the calls that wrote them."""
    rows = {record["id"]: record for record in place.sandbox.people()}
    mark = len(place.sandbox.calls)
    contacts = [ChangedContact(rows.get(key, {"id": key}), one, None) for key, one in changes.items()]
    found = bulk_of(place).update_contacts(contacts)
    paths = [f"{call.method} {call.path.partition('/api/v1/')[2]}" for call in place.sandbox.calls[mark:]]
    return list(found), ["PATCH" if path.startswith("PATCH") else path.rpartition("/")[2] for path in paths]


def test_names_titles_companies_and_owners_of_many_share_one_call(place: ApolloPlace) -> None:
    ids = people(place, 4)
    owner = place.sandbox.users[1]["email"]
    changes: list[Fields] = [{"first_name": "A"}, {"title": "B"}, {"company": "C"}, {"owner": owner}]
    found, calls = update(place, dict(zip(ids, changes, strict=True)))
    assert all(isinstance(one, WriteResult) and not one.refused for one in found)
    assert calls == ["bulk_update"]


def test_what_bulk_does_not_take_costs_one_patch_with_everything_of_that_contact_in_it(place: ApolloPlace) -> None:
    ids = people(place, 3)
    found, calls = update(place, {ids[0]: {"first_name": "A", "website": "https://www.example.com"},
        ids[1]: {"title": "B"}, ids[2]: {"mobile_phone": "+12125550111", "title": "C"}})  # fmt: skip
    assert all(isinstance(one, WriteResult) for one in found)
    assert calls == ["bulk_update", "PATCH", "PATCH"]
    assert [each["title"] for each in shown(place)] == [None, "B", "C"]


def test_the_same_stage_and_the_same_lists_of_many_are_one_call_each(place: ApolloPlace) -> None:
    ids = people(place, 4)
    stage = list(place.sandbox.stages.values())[2]
    found, calls = update(place, {ids[0]: {"stage": stage}, ids[1]: {"stage": stage},
        ids[2]: {"tags": ("vip",)}, ids[3]: {"tags": ("vip",), "title": "B"}})  # fmt: skip
    assert all(isinstance(one, WriteResult) and not one.refused for one in found)
    assert {"update_stages", "add_entity_ids_to_label_names", "bulk_update"} >= set(calls) - {"labels"}
    assert "PATCH" not in calls
    names = [[place.sandbox.labels[key] for key in each["label_ids"]] for each in shown(place)]
    assert names == [[], [], ["vip"], ["vip"]]


def test_a_deleted_contact_is_named_by_the_refusal_and_the_others_are_written_without_it(place: ApolloPlace) -> None:
    ids = people(place, 3)
    place.remove(ids[1])
    found, calls = update(place, {key: {"first_name": "New"} for key in ids})
    assert [type(one) for one in found] == [WriteResult, RecordGone, WriteResult]
    assert calls == ["bulk_update", "bulk_update"]


def test_a_batch_that_is_refused_is_written_in_halves_down_to_the_contact_that_is_why(place: ApolloPlace) -> None:
    place.sandbox.refused_names = frozenset({"Nix"})
    names = ["A", "B", "Nix", "D"]
    contacts = [NewContact({"first_name": "X", "last_name": name}, str(number)) for number, name in enumerate(names)]
    found = bulk_of(place).create_contacts(contacts)
    assert [type(one) for one in found] == [WriteResult, WriteResult, RecordRefused, WriteResult]
    assert sorted(each["last_name"] for each in shown(place)) == ["A", "B", "D"]


def test_a_bulk_create_without_an_answer_leaves_each_contact_unknown(place: ApolloPlace) -> None:
    place.sandbox.faults.append(Fault("reset_after", method="POST", path="bulk_create"))
    contacts = [NewContact({"first_name": "X", "email": f"x{number}@example.com"}, str(number)) for number in range(3)]
    found = bulk_of(place).create_contacts(contacts)
    assert [type(one) for one in found] == [OutcomeUnknown] * 3
    assert len([call for call in place.sandbox.calls if call.path.endswith("bulk_create")]) == 1, "it is not sent again"


def test_what_a_bulk_create_does_not_take_follows_and_its_error_loses_no_id(place: ApolloPlace) -> None:
    place.sandbox.faults.append(Fault("status", method="PATCH", status=422, body={"error": "no"}, times=2))
    contacts = [NewContact({"email": "x@example.com", "website": "https://www.example.com"}, "1")]
    (made,) = bulk_of(place).create_contacts(contacts)
    assert isinstance(made, WriteResult)
    assert made.raw["email"] == "x@example.com"
    assert made.unwritten == {"website"}


def test_the_price_of_writes_is_the_number_of_the_calls_that_they_take(place: ApolloPlace) -> None:
    ids = people(place, 3)
    rows = {record["id"]: record for record in place.sandbox.people()}
    changes: dict[str, Fields] = {ids[0]: {"title": "A"}, ids[1]: {"website": "https://www.example.com"},
        ids[2]: {"title": "C", "mobile_phone": "+12125550111"}}  # fmt: skip
    price = bulk_of(place).count_calls([], [(rows[key], one) for key, one in changes.items()])
    _, calls = update(place, changes)
    assert price == len(calls)


def test_a_list_that_a_person_adds_meanwhile_is_kept(place: ApolloPlace) -> None:
    ids = people(place, 2)
    rows = {record["id"]: record for record in place.sandbox.people()}
    place.edit(ids[0], {"tags": ("by hand",)})
    changes: Fields = {"tags": ("vip",), "website": "https://www.example.com"}
    bulk_of(place).update_contacts([ChangedContact(rows[key], changes, None) for key in ids])
    names = [{place.sandbox.labels[key] for key in each["label_ids"]} for each in shown(place)]
    assert names == [{"by hand", "vip"}, {"vip"}]


def test_contacts_that_leave_the_same_lists_share_a_call(place: ApolloPlace) -> None:
    ids = people(place, 3)
    update(place, {key: {"tags": ("vip", "lead")} for key in ids})
    found, calls = update(place, {ids[0]: {"tags": ("vip",)}, ids[1]: {"tags": ("vip",)}, ids[2]: {"tags": None}})
    assert all(isinstance(one, WriteResult) and not one.refused for one in found)
    assert set(calls) - {"labels"} == {"remove_entity_ids_from_label_names"}
    names = [[place.sandbox.labels[key] for key in each["label_ids"]] for each in shown(place)]
    assert names == [["vip"], ["vip"], []]


def test_a_key_that_may_not_change_lists_of_many_writes_those_of_each_right_after_reading_them(
    place: ApolloPlace,
) -> None:
    ids = people(place, 2)
    place.sandbox.quirks.scopes_missing = frozenset({"labels/add"})
    found, calls = update(place, {ids[0]: {"tags": ("vip",)}, ids[1]: {"tags": ("vip",), "title": "B"}})
    assert all(isinstance(one, WriteResult) and not one.refused for one in found)
    assert calls.count("PATCH") == 2
    assert [[place.sandbox.labels[key] for key in each["label_ids"]] for each in shown(place)] == [["vip"], ["vip"]]
