"""Custom fields of a location: the places of canonical fields without a native property.

Rules kept here:
- a place is found by its `fieldKey`, because renaming a field keeps the key (recorded): exact, else without case and
  punctuation. Else a field with the name that we would give it is used, so that none is created twice (P2);
- a standard field that the config places may have any type, the others have to accept plain text. A mapped field is
  found by key, id or name, and its place has to hold its type (R47). One that is there with another type is left alone,
  and no second one is created;
- the list is cached for a day. It is read again when a write was refused because of a field, when a record shows an
  unknown field, and before a field is created: a killed run may have created it, and a restored state file may be old;
- a place that cannot be created (no scope, or refused) is not tried again until the cache expires or a run owes it a
  value. Nothing fails for it (R23, R41).
"""

import threading
from collections.abc import Collection, Mapping, Sequence
from typing import Final

from connectors.connector import Cache
from connectors.errors import AuthError, OutcomeUnknown, RecordError, ServerTrouble
from connectors.fields import MappedField, find_place
from connectors.growthhub.client import GrowthHubClient
from connectors.growthhub.custom_field_keys import display_name, full_key, is_field_id, key_of, shown_field, squash
from connectors.growthhub.places import CREATED, CUSTOM, PREFIX, CustomField, MappedPlace
from connectors.growthhub.source_places import is_source_place, source_keys
from connectors.source_id import NO_ACCOUNT, SourceAccount

PLACES: Final = CUSTOM

LARGE = frozenset({"keywords", "technologies", "lists"})
TEXT_KINDS = frozenset({"TEXT", "LARGE_TEXT", "PHONE", "EMAIL"})
NUMBER_KINDS = frozenset({"NUMERICAL", "MONETORY"})
CHOICE_KINDS = frozenset({"CHECKBOX", "MULTIPLE_OPTIONS"})
OTHER_KINDS = frozenset({"DATE", "SINGLE_OPTIONS", "RADIO"})
WRITABLE_KINDS = TEXT_KINDS | NUMBER_KINDS | CHOICE_KINDS | OTHER_KINDS


_LIST = "custom_fields"
_CACHED: Final = 4
"""The values of a cached field before its options, which earlier releases did not keep."""
_REFUSED = "custom_fields_refused"


class CustomFields:
    """The places of one location, except for fields that are kept `elsewhere`.

    `configured` are the keys of standard fields that the config places, `mapped` the fields that convert by their type.
    `sources` is the account of source ids.
    """

    def __init__(
        self,
        client: GrowthHubClient,
        cache: Cache,
        configured: Mapping[str, str],
        elsewhere: frozenset[str] = frozenset(),
        *,
        mapped: Mapping[str, MappedField] | None = None,
        sources: SourceAccount = NO_ACCOUNT,
    ) -> None:
        self._client = client
        self._cache = cache
        self._configured = frozenset(configured)
        self._mapped = mapped or {}
        keys = {
            **PLACES,
            **source_keys(sources, PREFIX),
            **{name: full_key(key) for name, key in configured.items()},
            **{name: key_of(field.place) for name, field in self._mapped.items()},
        }
        self.keys = {name: key for name, key in keys.items() if name not in elsewhere}
        self._names = frozenset(self.keys)
        self._uncreatable = frozenset(name for name, each in self._mapped.items() if is_field_id(each.place))
        self.unfit: Mapping[str, CustomField] = {}
        self._places: Mapping[str, CustomField] | None = None
        self._ids: frozenset[str] = frozenset()
        self._shown_keys: dict[str, str] = {}
        self._is_current = False
        self._lock = threading.RLock()

    @property
    def places(self) -> Mapping[str, CustomField]:
        """The custom field of each canonical field (and of MARKER) that has one. Empty when they cannot be read."""
        places = self._places
        if places is None:
            with self._lock:
                # Several concurrent creates read the list once.
                places = self._places
                if places is None:
                    places = self._places = self._match(self._load())
        return places

    def learn(self, ids: Collection[str]) -> None:
        """Read the list again, once a run, when a record shows a field that is not in it: it may be the source id."""
        if self._is_current or not ids:
            return
        with self._lock:
            if not self._ids:
                self._load()
            if self._ids.issuperset(ids) or self._is_current or not self._is_readable():
                return
            self._cache.forget(_LIST)
            self._places = None

    @property
    def has_mapped(self) -> bool:
        """Say whether a mapped field may have a custom field as its place."""
        return bool(self._mapped)

    @property
    def is_loaded(self) -> bool:
        """Say whether the list is known without a call."""
        return self._places is not None or self._cache.get(_LIST) is not None

    def mapped_places(self) -> dict[str, MappedPlace]:
        """Return the place of each mapped field that has one."""
        return {
            name: MappedPlace(self._mapped[name].type, found.place, found.id)
            for name, found in self.places.items()
            if name in self._mapped
        }

    def known(self) -> frozenset[str]:
        """Return the names that have or can have a place, without a call."""
        if not self._is_readable():
            return frozenset()
        refused = self._refused()
        # Nearly always true, and called several times for each record.
        if not refused and not self.unfit and not self._uncreatable:
            return self._names
        places = self.places if self._cache.get(_LIST) is not None else {}
        barred = self._uncreatable | self.unfit.keys()
        return frozenset(
            name for name, key in self.keys.items() if name in places or (key not in refused and name not in barred)
        )

    def placed(self) -> frozenset[str]:
        """Return the names that have a place, MARKER included, without a call."""
        return frozenset(self.places) if self._cache.get(_LIST) is not None else frozenset()

    def missing(self, names: frozenset[str]) -> list[str]:
        """Return the keys that `make` would create for these names."""
        places, known = self.places, self.known()
        wanted = [name for name in self.keys if name in names and name in known and name not in places]
        return list(dict.fromkeys(self.keys[name] for name in wanted))

    def make(self, names: frozenset[str]) -> list[str]:
        """Create the places that these names lack and return their keys. Raises OutcomeUnknown, TransientError.

        Without the scope none is created, and all of them count as refused.
        """
        missing = self.missing(names)
        if missing and not self._is_current:
            self._cache.forget(_LIST)
            self._places = None
            missing = self.missing(names)
        made = []
        for key in missing:
            try:
                made += [key] if self._make_one(key) else []
            except AuthError:
                # The missing scope is the same for all fields.
                self._refuse(missing)
                break
        return made

    def reconsider(self, *, retry: bool) -> None:
        """Read the list again before its next use. With `retry`, also try again what was refused."""
        self._cache.forget(_LIST)
        if retry:
            self._cache.forget(_REFUSED)
        self.renew()

    def renew(self) -> None:
        """Read the list from the cache or the server before its next use: for a new run."""
        self._places = None
        self._is_current = False

    def forget(self) -> None:
        """Read the list from the server before its next use, and try again what was refused."""
        self._cache.forget(_LIST)
        self._cache.forget(_REFUSED)
        self._places = None

    def read(self) -> list[CustomField]:
        """Read the list from the server and cache it. Raises AuthError without the scope.

        A list with an unreadable field is an error: a field that seems to be missing would be created a second time.
        """
        raws = self._client.list_custom_fields()
        fields = [field for raw in raws if (field := shown_field(raw))]
        if len(fields) < len(raws):
            raise ServerTrouble(self._client.account, "the list of custom fields shows one without an id or a name")
        for field in fields:
            # Without its key the place would seem to be missing.
            if not field.key and self._shown_keys.get(field.id):
                raise ServerTrouble(self._client.account, f"the list shows custom field {field.id} without its key")
        self._remember(fields)
        self._is_current = True
        return fields

    def _make_one(self, key: str) -> bool:
        name = next(each for each in self.keys if self.keys[each] == key)
        kind = "LARGE_TEXT" if name in LARGE else "TEXT"
        if name in self._mapped:
            kind = CREATED.get(self._mapped[name].type, "TEXT")
        try:
            if not self._create(key, kind) and not self._create(key, kind):
                raise OutcomeUnknown(self._client.account, f"the custom field {key} was made, and is not there")
        except RecordError:
            self._refuse([key])
            return False
        return True

    def _refuse(self, keys: Collection[str]) -> None:
        self._cache.put(_REFUSED, sorted({*self._refused(), *keys}))

    def _create(self, key: str, kind: str) -> bool:
        """Create a field. Return whether it exists, also when the answer was lost or shows no field."""
        try:
            made = shown_field(self._client.create_custom_field(display_name(key), kind) or {})
        except OutcomeUnknown:
            return self._is_listed(key)
        if made is None:
            return self._is_listed(key)
        # The field may exist twice, or the answer may show another one: the list decides.
        if made.key != key:
            return self._is_listed(key)
        self._remember([*self._load(), made])
        # The answer may show something else than what was created.
        return self._has_place(key) or self._is_listed(key)

    def _is_listed(self, key: str) -> bool:
        self.read()
        return self._has_place(key)

    def _has_place(self, key: str) -> bool:
        return any(self.keys[name] == key for name in self.places)

    def _load(self) -> list[CustomField]:
        fields = self._listed()
        self._ids = frozenset(field.id for field in fields)
        self._shown_keys |= {field.id: field.key for field in fields if field.key}
        return fields

    def _listed(self) -> list[CustomField]:
        cached = self._cache.get(_LIST)
        if cached is None:
            try:
                return self.read()
            except (AuthError, RecordError):
                self._cache.put(_LIST, {"readable": False, "fields": []})
                return []
        return [CustomField(*each[:_CACHED], *map(tuple, each[_CACHED:])) for each in cached["fields"]]

    def _remember(self, fields: Sequence[CustomField]) -> None:
        rows = [[each.id, each.key, each.name, each.kind, [*each.options]] for each in fields]
        self._cache.put(_LIST, {"readable": True, "fields": rows})
        self._places = None

    def _is_readable(self) -> bool:
        cached = self._cache.get(_LIST)
        return cached is None or bool(cached["readable"])

    def _refused(self) -> frozenset[str]:
        return frozenset(self._cache.get(_REFUSED) or ())

    def _match(self, fields: Sequence[CustomField]) -> dict[str, CustomField]:
        found = {name: self._place(name, fields) for name in self.keys}
        typed = {name: field for name, field in found.items() if field is not None and name in self._mapped}
        # A value of the user's in the place of a source id would pair the wrong contacts.
        markers = {field.id for name, field in found.items() if field is not None and is_source_place(name)}
        self.unfit = {
            name: each
            for name, each in typed.items()
            if each.id in markers or not each.place.holds(self._mapped[name].type)
        }
        return {name: field for name, field in found.items() if field is not None and name not in self.unfit}

    def _place(self, name: str, fields: Sequence[CustomField]) -> CustomField | None:
        key = self.keys[name]
        if name in self._mapped:
            found = find_place([each.place for each in fields], self._mapped[name].place)
            return next((each for each in fields if found is not None and each.id == found.id), None)
        kinds = WRITABLE_KINDS if name in self._configured else TEXT_KINDS
        fit = [each for each in fields if each.kind in kinds]
        by_key = [each for each in fit if each.key == key] or [each for each in fit if squash(each.key) == squash(key)]
        by_name = (each for each in fit if squash(each.name) == squash(display_name(key)))
        return next(iter(by_key), None) or next(by_name, None)
