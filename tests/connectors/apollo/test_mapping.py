"""What no one can read at Apollo is unknown, and named where it tells which contact it is."""

from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

import pytest

from connectors.apollo.mapping import ApolloMapper
from connectors.source_id import NO_ACCOUNT

if TYPE_CHECKING:
    from connectors.apollo.custom_fields import ApolloCustomFields
    from connectors.apollo.directory import Directory

NAMES = {"s1": "Cold", "u1": "rep@example.com", "l1": "vip"}
RAW: dict[str, Any] = {
    "id": "c1", "first_name": "Ada", "email": "ada@example.com", "contact_stage_id": "s1", "owner_id": "u1",
    "label_ids": ["l1"], "contact_emails": [{"email": "ada@example.org"}],
    "phone_numbers": [{"type": "mobile", "sanitized_number": "+12125550123"}],
}  # fmt: skip


def mapper() -> ApolloMapper:
    found = SimpleNamespace(name_of=NAMES.get, names=lambda: NAMES, is_readable=lambda: True)
    directory = cast("Directory", found)
    fields = cast("ApolloCustomFields", SimpleNamespace(places={}, mapped={}))
    return ApolloMapper("US", directory, directory, directory, fields, NO_ACCOUNT)


def test_what_can_be_read_is_read() -> None:
    person = mapper().contact(RAW, {})
    assert (person.fields["stage"], person.fields["owner"], person.fields["tags"]) == (
        "Cold",
        "rep@example.com",
        ("vip",),
    )
    assert (person.emails, person.phones) == (("ada@example.com", "ada@example.org"), ("+12125550123",))
    assert person.illegible == ()


@pytest.mark.parametrize("value", [{}, [[]], 0, True, 1, {"a": "x"}])
@pytest.mark.parametrize(
    ("key", "name"), [("contact_stage_id", "stage"), ("owner_id", "owner"), ("label_ids", "tags"), ("email", "email")]
)
def test_something_odd_is_not_taken_for_empty(key: str, name: str, value: Any) -> None:
    raw = {**RAW, key: value}
    assert mapper().contact(raw, {}).fields.get(name, "unknown") is not None
    assert len(mapper().digest(raw)) == 16


@pytest.mark.parametrize("value", [{}, [[]], {"a": "x"}, True, [None], ["x"]])
@pytest.mark.parametrize("key", ["email", "contact_emails", "phone_numbers"])
def test_it_is_said_which_key_of_a_contact_no_one_can_read(key: str, value: Any) -> None:
    person = mapper().contact({**RAW, key: value}, {})
    assert person.illegible == (key,)
    assert key != "phone_numbers" or "mobile_phone" not in person.fields
