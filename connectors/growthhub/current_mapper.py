"""The mapper of a location for the places that are known now. It is built again when the custom fields change."""

from collections.abc import Callable, Collection, Mapping
from typing import Any

from connectors.fields import Compute, Place
from connectors.growthhub.custom_fields import CustomFields
from connectors.growthhub.location import LocationUsers
from connectors.growthhub.mapping import Mapper
from connectors.growthhub.native_fields import NativeFields
from connectors.growthhub.places import MappedPlace
from connectors.growthhub.tag_groups import TagGroups
from connectors.growthhub.wire_record import NATIVE, NO_PLACES
from connectors.source_id import SourceAccount


class CurrentMapper:
    """Builds the mapper of one location. `rebuilt` is called after each time that it was built."""

    def __init__(
        self,
        country: str,
        custom_fields: CustomFields,
        native: NativeFields,
        groups: TagGroups,
        directory: LocationUsers,
        *,
        channels: Collection[str],
        sources: SourceAccount,
        compute: Compute,
        rebuilt: Callable[[], None],
    ) -> None:
        self._country = country
        self._custom_fields = custom_fields
        self._native = native
        self._groups = groups
        self._directory = directory
        self._channels = channels
        self._sources = sources
        self._compute = compute
        self._rebuilt = rebuilt
        self._mapper: tuple[Mapping[str, Any], Mapper] | None = None
        self._places: tuple[Mapping[str, Any], Mapping[str, MappedPlace], Mapping[str, Place]] | None = None

    def current(self) -> Mapper:
        """Return the mapper for the places of now."""
        places, mapper = self._custom_fields.places, self._mapper
        if mapper is None or mapper[0] is not places:
            mapper = self._mapper = places, self._built(places)
            self._rebuilt()
        return mapper[1]

    def placed(self) -> Mapping[str, MappedPlace]:
        """Return the places of the mapped fields, loading the custom fields where one of them needs that."""
        return self._placed()[1]

    def mapped_places(self) -> Mapping[str, Place]:
        """Return the same as plain places, as far as they are known without a call."""
        if self._custom_fields.has_mapped and not self._custom_fields.is_loaded:
            return {}
        return self._placed()[2]

    def _placed(self) -> tuple[Mapping[str, Any], Mapping[str, MappedPlace], Mapping[str, Place]]:
        places: Mapping[str, Any] = self._custom_fields.places if self._custom_fields.has_mapped else NO_PLACES
        known = self._places
        if known is None or known[0] is not places:
            found = {**self._native.places, **(self._custom_fields.mapped_places() if places else {})}
            known = self._places = places, found, {name: one.place for name, one in found.items()}
        return known

    def _built(self, places: Mapping[str, Any]) -> Mapper:
        return Mapper(
            self._country,
            places,
            frozenset({*NATIVE, *places, *self._groups.names}) - self._native.unfit,
            self._directory,
            self._groups,
            channels=self._channels,
            sources=self._sources,
            mapped=self.placed(),
            compute=self._compute,
        )
