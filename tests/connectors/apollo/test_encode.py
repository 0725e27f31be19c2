"""What is sent to Apollo for a change, and by which call (R34, R36)."""

from typing import Any

import pytest

from connectors.apollo.encode import NEW, ApolloWrite, encode
from connectors.contact import Fields
from tests.connectors.apollo.parts import mapping_of

BEFORE: dict[str, Any] = {
    "id": "c1", "first_name": "Ann", "contact_stage_id": "s1", "owner_id": "u1", "label_ids": ["l1"],
    "phone_numbers": [], "typed_custom_fields": {}, "city": "Boston", "state": None, "country": "United States",
}  # fmt: skip


def encoded(changes: Fields, before: dict[str, Any] = BEFORE, marker: str | None = None) -> ApolloWrite:
    return encode(mapping_of(), before, {}, changes, marker)


@pytest.mark.parametrize(
    ("changes", "body"),
    [
        ({"first_name": "Eve", "title": None}, {"first_name": "Eve", "title": ""}),
        ({"state": "Ohio"}, {"present_raw_address": "Boston, Ohio, United States"}),
        ({"city": None}, {"present_raw_address": "United States"}),
        ({"tags": ("Looms", "new")}, {"label_names": ["Looms", "new"]}),
        ({"tags": ("LOOMS",)}, {"label_names": ["Looms"]}),
        ({"stage": "do not contact"}, {"contact_stage_id": "s2"}),
        ({"owner": "bob@example.com"}, {"owner_id": "u2"}),
        ({"industry": "mills"}, {"typed_custom_fields": {"f2": "mills"}}),
        ({"work_phone": "+12125550112"}, {"direct_phone": "+12125550112"}),
        ({"do_not_contact": "true"}, {"contact_stage_id": "s2"}),
        ({"do_not_contact": "true", "stage": "Cold"}, {"contact_stage_id": "s2"}),
    ],
)
def test_only_what_changes_is_sent_under_the_keys_of_apollo(changes: Fields, body: dict[str, Any]) -> None:
    order = encoded(changes)
    assert (order.body, order.impossible) == (body, frozenset())


@pytest.mark.parametrize(
    "changes", [{"stage": "Unheard of"}, {"owner": "eve@example.com"}, {"email_status": "valid"}, {"keywords": "x"}]
)
def test_what_has_no_place_is_not_sent(changes: Fields) -> None:
    order = encoded(changes)
    assert (order.body, order.impossible) == ({}, frozenset(changes))


def test_tags_are_not_sent_where_a_list_without_a_name_would_be_lost() -> None:
    order = encoded({"tags": ("vip",)}, {**BEFORE, "label_ids": ["l1", "unnamed"]})
    assert (order.body, order.impossible) == ({}, frozenset({"tags"}))


def test_an_unsubscribed_address_cannot_be_taken_back() -> None:
    assert encoded({"do_not_contact": None}, {**BEFORE, "email_unsubscribed": True}).impossible == {"do_not_contact"}


def test_a_contact_costs_one_patch_one_bulk_call_or_both_where_only_that_takes_a_field() -> None:
    patch, bulk = encoded({"first_name": "Eve", "website": "https://www.example.com"}).parts()
    assert (set(patch), set(bulk)) == ({"first_name", "website_url"}, set())
    patch, bulk = encoded({"first_name": "Eve", "owner": "bob@example.com"}).parts()
    assert (set(patch), set(bulk)) == (set(), {"first_name", "owner_id"})
    patch, bulk = encoded({"owner": "bob@example.com", "website": "https://www.example.com"}).parts()
    assert (set(patch), set(bulk)) == ({"website_url"}, {"owner_id"})


def test_the_source_id_goes_along_but_not_where_it_is_already() -> None:
    order = encoded({"first_name": "Eve"}, NEW, marker="7")  # type: ignore[arg-type]
    (written,) = order.body["typed_custom_fields"].values()
    assert written
    again = encoded({"first_name": "Eve"}, {**BEFORE, "typed_custom_fields": {"f1": written}}, marker="7")
    assert again.body == {"first_name": "Eve"}
