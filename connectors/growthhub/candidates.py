"""Find contacts of a location that may be the one that was just sent.

Rules kept here:
- the server's own look-up finds doubles by address and by number, as its rule against duplicates does (R20);
- after a lost create the search looks for the source id as well, and a contact without address and number is looked for
  among those that were added since.
"""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Final

from connectors.contact import Fields, same
from connectors.errors import RecordRefused
from connectors.growthhub.client import GrowthHubClient
from connectors.growthhub.custom_fields import CustomFields
from connectors.growthhub.mapping import Mapper
from connectors.growthhub.search import Search
from connectors.growthhub.search_reading import read_window
from connectors.growthhub.source_places import written_ids
from connectors.health import refuse_to_tell
from connectors.records import Raw, UnreadableRow, Window
from connectors.source_id import SourceAccount

CLOCK_TOLERANCE: Final = timedelta(minutes=1)
"""How far `since` may be after the creation time that the server stamped."""


class GrowthHubCandidates:
    """The contacts of one location, by what was sent."""

    def __init__(
        self,
        client: GrowthHubClient,
        search: Search,
        custom_fields: CustomFields,
        mapper: Callable[[], Mapper],
        sources: SourceAccount,
    ) -> None:
        self._client = client
        self._search = search
        self._custom_fields = custom_fields
        self._mapper = mapper
        self._sources = sources

    def find(self, sent: Fields, marker: str | None, since: datetime | None) -> Sequence[Raw]:
        """Ask the server's own look-up for duplicates. After a lost create, search as well."""
        found = {str(raw.get("id")): raw for raw in self.duplicates(sent)}
        if since is not None:
            found |= {str(raw.get("id")): raw for raw in self._marked(marker)}
            if not sent.get("email") and not sent.get("phone"):
                found |= {str(raw.get("id")): raw for raw in self._added(since)}
        return list(found.values())

    def duplicates(self, sent: Fields) -> Iterator[Raw]:
        """Yield what the server's own look-up finds for the address and for the number."""
        for field, identifier in (("email", "email"), ("phone", "number")):
            value = sent.get(field)
            if not isinstance(value, str):
                continue
            try:
                found = self._client.find_duplicate(**{identifier: value})
            except RecordRefused:
                # The look-up does not accept every value that a contact may hold, but the search does.
                yield from self._search.having(field, value)
                continue
            if found is not None:
                yield found

    def _marked(self, marker: str | None) -> Sequence[Raw]:
        if marker is None:
            return []
        places = self._custom_fields.places
        asked = [(f"customFields.{places[name].id}", each) for name, each in written_ids(places, marker, self._sources)]
        return [raw for field, each in dict.fromkeys(asked) for raw in self._search.having(field, each)]

    def _added(self, since: datetime) -> Iterator[Raw]:
        unread: list[UnreadableRow] = []
        for page in read_window(self._search, Window(since - CLOCK_TOLERANCE), by="dateAdded"):
            yield from page.records
            unread += page.unread
        refuse_to_tell(self._client.account, unread)

    def bearing(self, sent: Fields, marker: str) -> Raw | None:
        """Return the record with this source id, of those that a refused create may have created.

        A record that shows nothing of what was sent has a source id that a person typed.
        """
        mapper = self._mapper()
        candidates = (*self.duplicates(sent), *self._marked(marker))
        shown = ((raw, mapper.contact(raw, {})) for raw in candidates)
        return next((raw for raw, each in shown if each.marker == marker and _shows_any(each.fields, sent)), None)


def _shows_any(shown: Fields, sent: Fields) -> bool:
    """Say whether a record shows the name, the address or the number that was sent, where any was sent."""
    telling = [name for name in ("email", "phone", "first_name", "last_name") if sent.get(name)]
    return not telling or any(name in shown and same(name, shown[name], sent[name]) for name in telling)
