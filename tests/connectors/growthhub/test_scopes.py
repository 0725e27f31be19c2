import pytest

from connectors.growthhub.scopes import scope_of


@pytest.mark.parametrize(
    ("path", "reading", "writing"),
    [
        ("/contacts/", "contacts.readonly", "contacts.write"),
        ("/contacts/abc/notes", "contacts.readonly", "contacts.write"),
        ("/locations/abc", "locations.readonly", None),
        ("/locations/abc/customFields", "locations/customFields.readonly", "locations/customFields.write"),
        ("/users/search", "users.readonly", None),
        ("/oauth/token", None, None),
    ],
)
def test_each_call_has_its_scope(path: str, reading: str | None, writing: str | None) -> None:
    assert (scope_of(path, writes=False), scope_of(path, writes=True)) == (reading, writing)
