"""Custom fields of an Apollo team: the places of canonical fields that a contact has no key for, and of the source id.

Rules kept here:
- a place is found by its label, in any case, or by its id. A standard field needs one that holds text; a mapped field
  one that holds its type (R47). One that is there with another type is left alone, and no second one is created;
- a field with options is only read: Apollo wants the ids of options, which the list does not show;
- the list is cached for a day, and read again before a field is created: a killed run may have created it (P2);
- a place that cannot be created (no scope, or refused) is not tried again until the cache expires or a run owes it a
  value. Nothing fails for it (R23, R41).
"""

import threading
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from connectors.apollo.client import ApolloClient
from connectors.apollo.places import CUSTOM
from connectors.connector import Cache
from connectors.errors import AuthError, OutcomeUnknown, RecordError
from connectors.fields import FieldType, MappedField, Place
from connectors.source_id import NO_ACCOUNT, SourceAccount
from connectors.values import labels

MARKER: Final = "source_id"
"""The name of the place of the source id. It is no canonical field."""

LABELS: Final[Mapping[str, str]] = {MARKER: MARKER, **CUSTOM}
"""The label of each field's place, where the config names no other."""

KINDS: Final[Mapping[str, FieldType]] = {
    **dict.fromkeys(("string", "textarea", "text"), "text"),
    **dict.fromkeys(("picklist", "single_select"), "choice"),
    "multi_select": "choices",
    "multipicklist": "choices",
    "currency": "money",
    **{each: each for each in ("number", "date", "datetime", "boolean", "url", "email", "phone")},
}
"""The type of a place, by the type of its custom field."""
OPTIONS: Final = frozenset({"choice", "choices"})
CREATED: Final[Mapping[FieldType, str]] = {
    "number": "number", "money": "number", "date": "date", "datetime": "datetime", "boolean": "boolean",
}  # fmt: skip
"""The type of a custom field that is created for a field of a type; string for every other one."""

LONG: Final = frozenset({"address", "keywords", "technologies", "lists"})
TEXT_TYPES: Final = frozenset({"string", "textarea", "text", "url", "email", "phone"})
_PREFIX: Final = "contact."
_LIST: Final = "custom_fields"
_REFUSED: Final = "custom_fields_refused"


@dataclass(frozen=True, slots=True)
class ApolloCustomField:
    """One custom field of contacts."""

    id: str
    label: str
    kind: str

    @property
    def place(self) -> Place:
        """Return it as a place."""
        known = KINDS.get(self.kind)
        writable = known is not None and known not in OPTIONS
        return Place(self.label, self.label, known or "text", writable=writable, custom=True, kind=self.kind)


class ApolloCustomFields:
    """The places of one team. `mapped` are the fields that convert by their type, each with a label or an id."""

    def __init__(
        self, client: ApolloClient, cache: Cache, mapped: Mapping[str, MappedField], sources: SourceAccount = NO_ACCOUNT
    ) -> None:
        # Each connection of a team writes its source ids to a field of its own, named after the other account (R31).
        marker = next(iter(sources.fields), MARKER)
        self.labels = {**LABELS, MARKER: marker, **{name: field.place for name, field in mapped.items()}}
        self.mapped = mapped
        self.unfit: frozenset[str] = frozenset()
        self._placed: Mapping[str, Place] = {}
        self._client = client
        self._cache = cache
        self._places: Mapping[str, ApolloCustomField] | None = None
        self._is_current = False
        self._lock = threading.RLock()

    @property
    def places(self) -> Mapping[str, ApolloCustomField]:
        """The custom field of each canonical field (and of MARKER) that has one. Empty when they cannot be read."""
        places = self._places
        if places is None:
            with self._lock:
                places = self._places
                if places is None:
                    places = self._places = self._match(self._load())
        return places

    def known(self) -> frozenset[str]:
        """Return the names that have or can have a place, without a call."""
        if not self._is_readable():
            return frozenset()
        refused, is_listed = self._refused(), self._cache.get(_LIST) is not None
        places = self.places if is_listed and (refused or self.mapped) else {}
        return frozenset(
            name
            for name, label in self.labels.items()
            if name in places or (label not in refused and name not in self.unfit)
        )

    def mapped_places(self) -> Mapping[str, Place]:
        """Return the places of the mapped fields, as far as they are known without a call."""
        if self.mapped and self._cache.get(_LIST) is not None:
            found = {name: field.place for name, field in self.places.items() if name in self.mapped}
            if found != self._placed:
                self._placed = found
        return self._placed

    def placed(self) -> frozenset[str]:
        """Return the names that have a place, MARKER included, without a call."""
        return frozenset(self.places) if self._cache.get(_LIST) is not None else frozenset()

    def missing(self, names: frozenset[str]) -> list[str]:
        """Return the labels that `make` would create for these names."""
        places, known = self.places, self.known()
        return [self.labels[name] for name in self.labels if name in names & known and name not in places]

    def make(self, names: frozenset[str]) -> list[str]:
        """Create the places that these names lack and return their labels. Raises OutcomeUnknown, TransientError."""
        missing = self.missing(names)
        if missing and not self._is_current:
            self.forget_list()
            missing = self.missing(names)
        made = []
        for label in missing:
            try:
                made += [label] if self._make_one(label) else []
            except AuthError:
                # The missing scope is the same for all fields.
                self._refuse(missing)
                break
        return made

    def reconsider(self, *, retry: bool) -> None:
        """Read the list again before its next use. With `retry`, also try again what was refused."""
        self.forget_list()
        if retry:
            self._cache.forget(_REFUSED)

    def renew(self) -> None:
        """Read the list from the cache or the server before its next use: for a new run."""
        self._places, self._is_current = None, False

    def forget_list(self) -> None:
        """Read the list from the server before its next use."""
        self._cache.forget(_LIST)
        self._places, self._is_current = None, False

    def read(self) -> Sequence[ApolloCustomField]:
        """Read the list from the server and cache it. Raises AuthError without the scope, RecordRefused."""
        rows = [row for row in self._client.list_fields() if row.get("modality") == "contact"]
        fields = [
            ApolloCustomField(
                str(row["id"]).removeprefix(_PREFIX), str(row.get("label") or ""), str(row.get("type") or "")
            )
            for row in rows
            if row.get("id") and row.get("source", "custom") == "custom"
        ]
        self._remember(fields)
        self._is_current = True
        return fields

    def _remember(self, fields: Sequence[ApolloCustomField]) -> None:
        rows = [[each.id, each.label, each.kind] for each in fields]
        self._cache.put(_LIST, {"readable": True, "fields": rows})
        self._places = None

    def _make_one(self, label: str) -> bool:
        name = next(each for each in self.labels if self.labels[each] == label)
        kind, field_id = "textarea" if name in LONG else "string", None
        if name in self.mapped:
            kind = CREATED.get(self.mapped[name].type, "string")
        try:
            field_id = self._client.create_field(label, kind)
        except RecordError:
            self._refuse([label])
            return False
        except OutcomeUnknown:
            pass  # the list shows whether it was created
        if field_id is None:
            self.read()
        else:
            self._remember([*self._load(), ApolloCustomField(field_id, label, kind)])
        if name in self.places:
            return True
        raise OutcomeUnknown(self._client.account, f"the custom field {label} was made, and is not there")

    def _refuse(self, labels_: Collection[str]) -> None:
        self._cache.put(_REFUSED, sorted({*self._refused(), *labels_}))

    def _load(self) -> Sequence[ApolloCustomField]:
        cached = self._cache.get(_LIST)
        if cached is None:
            try:
                return self.read()
            except (AuthError, RecordError):
                self._cache.put(_LIST, {"readable": False, "fields": []})
                return []
        return [ApolloCustomField(*each) for each in cached["fields"]]

    def _is_readable(self) -> bool:
        cached = self._cache.get(_LIST)
        return cached is None or bool(cached["readable"])

    def _refused(self) -> frozenset[str]:
        return frozenset(self._cache.get(_REFUSED) or ())

    def _match(self, fields: Sequence[ApolloCustomField]) -> dict[str, ApolloCustomField]:
        by_name: dict[str, ApolloCustomField] = {}
        for field in fields:
            by_name.setdefault(labels.key(field.label), field)
            by_name.setdefault(labels.key(field.id), field)
        found = {name: by_name.get(labels.key(label)) for name, label in self.labels.items()}
        there = {name: field for name, field in found.items() if field is not None}
        fit = {name: field for name, field in there.items() if self._holds(name, field)}
        self.unfit = frozenset(there.keys() - fit.keys())
        return fit

    def _holds(self, name: str, field: ApolloCustomField) -> bool:
        if name not in self.mapped:
            return field.kind in TEXT_TYPES
        return field.place.holds(self.mapped[name].type)
