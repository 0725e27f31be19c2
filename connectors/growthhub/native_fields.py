"""The fields of the user's own that lie in native properties of a contact (R47)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

from connectors.fields import MappedField
from connectors.growthhub.places import NATIVE, NEVER_EMPTY, NOT_IN_ROWS, MappedPlace, native_place


@dataclass(frozen=True, slots=True)
class NativeFields:
    """The native place of each mapped field that names one. `unfit` are those with a type that it does not hold."""

    places: Mapping[str, MappedPlace]
    unfit: frozenset[str]

    @classmethod
    def of(cls, mapped: Mapping[str, MappedField]) -> Self:
        """Return the mapped fields with a native property as their place."""
        found = {name: native_place(one.place, one.type) for name, one in mapped.items() if one.place in NATIVE}
        places = {name: place for name, place in found.items() if place is not None}
        return cls(places, frozenset(found.keys() - places.keys()))

    @property
    def names(self) -> frozenset[str]:
        """Return the fields that name a native property, those included that it does not hold."""
        return self.unfit | self.places.keys()

    @property
    def read_only(self) -> frozenset[str]:
        """Return the fields that the server alone sets."""
        return frozenset(name for name, one in self.places.items() if not one.place.writable)

    @property
    def never_empty(self) -> frozenset[str]:
        """Return the fields that cannot be emptied."""
        return frozenset(name for name, one in self.places.items() if one.place.key in NEVER_EMPTY)

    @property
    def unlisted(self) -> frozenset[str]:
        """Return the fields that rows of a list do not show."""
        return frozenset(name for name, one in self.places.items() if one.place.key in NOT_IN_ROWS)
