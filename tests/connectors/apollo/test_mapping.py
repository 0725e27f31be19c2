"""What a record of Apollo shows as a contact (R36, R39)."""

from typing import Any

import pytest

from connectors.fields import MappedField
from tests.connectors.apollo.parts import mapping_of

RAW: dict[str, Any] = {
    "id": "c1", "first_name": "Ann", "last_name": "(No Name)", "email": "ann@example.com", "contact_stage_id": "s1",
    "owner_id": "u1", "label_ids": ["l1", "l2"], "phone_numbers": [], "typed_custom_fields": {},
}  # fmt: skip


def shown(**more: Any) -> dict[str, Any]:
    return dict(mapping_of().contact({**RAW, **more}, {}).fields)


def test_ids_are_shown_by_their_names_and_a_contact_without_a_name_has_none() -> None:
    fields = shown()
    assert (fields["first_name"], fields["last_name"]) == ("Ann", None)
    assert (fields["stage"], fields["owner"], fields["tags"]) == ("Cold", "ann@example.com", ("Looms", "vip"))


def test_a_key_that_a_row_does_not_show_is_unknown_and_null_is_empty() -> None:
    fields = shown(city=None)
    assert fields["city"] is None
    assert not {"state", "country", "website"} & fields.keys()


@pytest.mark.parametrize(
    ("stage", "unsubscribed", "said"),
    [("s1", None, None), ("s1", False, None), ("s1", True, "true"), ("s2", None, "true"), (None, True, "true"),
     (None, None, None)],
)  # fmt: skip
def test_who_may_not_be_contacted_has_that_stage_or_an_unsubscribed_address(
    stage: str | None, unsubscribed: bool | None, said: str | None
) -> None:
    assert shown(contact_stage_id=stage, email_unsubscribed=unsubscribed)["do_not_contact"] == said


def test_a_list_without_a_name_makes_the_tags_unknown_because_writing_them_would_drop_it() -> None:
    contact = mapping_of().contact({**RAW, "label_ids": ["l1", "new"]}, {})
    assert "tags" not in contact.fields
    assert contact.unmapped["tags"] == "new"


def test_numbers_stand_in_the_field_of_their_type_and_the_first_possible_one_is_the_phone() -> None:
    rows = [
        {"type": "work_hq", "sanitized_number": "+12125550113", "raw_number": "x"},
        {"type": "work_direct", "sanitized_number": None, "raw_number": "(212) 555-0112"},
        {"type": "fax", "sanitized_number": "+12125550115"},
    ]
    fields = shown(phone_numbers=rows)
    assert (fields["phone"], fields["work_phone"]) == ("+12125550112", None), "a number stands in one field alone"
    assert (fields["corporate_phone"], fields["other_phone"]) == ("+12125550113", "+12125550115")


def test_the_website_is_that_of_the_contact_else_of_its_account_else_of_its_organization() -> None:
    account, organization = {"website_url": "http://a.example.com"}, {"website_url": "http://o.example.com"}
    assert shown(website_url="http://c.example.com", account=account)["website"] == "http://c.example.com"
    assert shown(account=account, organization=organization)["website"] == "http://a.example.com"
    assert shown(account=None, organization=organization)["website"] == "http://o.example.com"


def test_a_custom_field_is_read_by_its_label_and_a_mapped_one_by_its_type() -> None:
    mapping = mapping_of(mapped={"renewal": MappedField("renewal", "Renewal", "date")})
    fields = mapping.contact({**RAW, "typed_custom_fields": {"f2": "looms", "f3": "2026-03-02"}}, {}).fields
    assert (fields["industry"], fields["renewal"]) == ("looms", "2026-03-02")


def test_the_digest_is_that_of_the_record_whether_or_not_a_row_shows_its_place() -> None:
    mapping = mapping_of()
    row = {**RAW, "present_raw_address": "Boston"}
    assert mapping.digest(row) == mapping.digest({**row, "city": "Boston", "state": None, "updated_at": "later"})
    assert mapping.digest(row) != mapping.digest({**row, "present_raw_address": "Salem"})


def test_what_a_write_of_a_city_settles_is_the_whole_place() -> None:
    raw = {**RAW, "city": "Boston", "state": "Massachusetts", "country": "United States"}
    held = mapping_of().settled(raw, {}, {"city": "Boston"})
    assert held == {"city": "Boston", "state": "Massachusetts", "country": "US"}
    assert mapping_of().settled(raw, {}, {"first_name": "Ann"}) == {"first_name": "Ann"}
