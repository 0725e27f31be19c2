"""A mapping and a writer of an Apollo team without a server: stages, users, lists and custom fields are given."""

from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

from connectors.apollo.custom_fields import ApolloCustomFields
from connectors.apollo.directory import Directory
from connectors.apollo.mapping import ApolloMapper
from connectors.fields import MappedField
from connectors.source_id import NO_ACCOUNT

if TYPE_CHECKING:
    from connectors.apollo.client import ApolloClient

STAGES = {"s1": "Cold", "s2": "Do Not Contact"}
USERS = {"u1": "ann@example.com", "u2": "bob@example.com"}
LISTS = {"l1": "Looms", "l2": "vip"}
FIELDS = {"f1": ("source_id", "string"), "f2": ("Industry", "string"), "f3": ("Renewal", "date")}


class MemoryCache:
    """A cache that lasts as long as the test."""

    def __init__(self) -> None:
        self.kept: dict[str, Any] = {}

    def get(self, key: str) -> Any:
        return self.kept.get(key)

    def put(self, key: str, value: Any) -> None:
        self.kept[key] = value

    def forget(self, key: str) -> None:
        self.kept.pop(key, None)


def directory_of(names: dict[str, str]) -> Directory:
    """Return a directory of these names by id."""
    return Directory(MemoryCache(), "names", lambda: [(key, name, True) for key, name in names.items()])


def mapping_of(region: str = "US", mapped: dict[str, MappedField] | None = None) -> ApolloMapper:
    """Return the mapping of a team with the stages, users, lists and custom fields above."""
    rows = [
        {"id": f"contact.{key}", "modality": "contact", "label": label, "type": kind}
        for key, (label, kind) in FIELDS.items()
    ]
    client = cast("ApolloClient", SimpleNamespace(account="ap", list_fields=lambda: rows))
    fields = ApolloCustomFields(client, MemoryCache(), mapped or {})
    stages, users, lists = map(directory_of, (STAGES, USERS, LISTS))
    return ApolloMapper(region, stages, users, lists, fields, NO_ACCOUNT)
