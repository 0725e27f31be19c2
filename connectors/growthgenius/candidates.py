"""Find contacts at GrowthGenius that may be the one that was just sent: it has no look-up, and shows no source id.

Rules kept here:
- contacts of the last minutes are read once per run, and compared here (R20);
- after a create that may have been carried out, the search is asked as well, and what cannot be read proves nothing.
"""

import threading
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Final

from connectors.contact import PHONE_SLOTS, Fields, alike
from connectors.errors import OutcomeUnknown, RecordError
from connectors.growthgenius.client import GrowthGeniusClient
from connectors.growthgenius.envelope import identity
from connectors.growthgenius.mapping import ContactReader
from connectors.growthgenius.read_windows import GrowthGeniusWindowReader
from connectors.health import refuse_to_tell
from connectors.records import Raw, UnreadableRow, Window
from connectors.values import email, instant, phone
from connectors.values.text import unaccented

LATE: Final = timedelta(minutes=5)
RECENT: Final = timedelta(minutes=15)


class GrowthGeniusCandidates:
    """The contacts of one account that were created lately. `reader` reads windows, `now` is the server's time."""

    def __init__(
        self,
        client: GrowthGeniusClient,
        mapping: ContactReader,
        reader: Callable[[], GrowthGeniusWindowReader],
        now: Callable[[], datetime],
    ) -> None:
        self._client = client
        self._mapping = mapping
        self._reader = reader
        self._now = now
        self._recent: list[Raw] | None = None
        self._lock = threading.Lock()

    def forget(self) -> None:
        """Read the last minutes again before their next use: for a new run."""
        self._recent = None

    def find(self, sent: Fields, since: datetime | None) -> Sequence[Raw]:
        """Return the contacts created lately that show the e-mail, a number or the full name of what was sent.

        For a contact without e-mail and number any value will do: the caller compares more closely. After a create that
        may have been carried out (`since`), those without name, address and number follow, and a list with an
        unreadable part is no proof that there is no such contact.
        """
        unread: list[UnreadableRow] = []
        if since is None:
            with self._lock:
                if self._recent is None:
                    self._recent = self._changed_since(self._now() - RECENT, [])
                candidates = self._recent
        else:
            candidates = [raw for raw in self._changed_since(since - LATE, unread) if _not_older(raw, since - LATE)]
        found = [raw for raw in candidates if self._resembles(raw, sent)]
        found = found or ([] if since is None else [*self._searched(sent, since - LATE)])
        if not found:
            refuse_to_tell(self._client.account, unread)
        if since is None:
            return found
        return [*found, *(raw for raw in candidates if self._is_nameless(raw, sent) and raw not in found)]

    def refuse_double(self, sent: Fields, start: datetime) -> None:
        """Raise OutcomeUnknown where a refused create seems to have created the contact.

        A name alone proves nothing.
        """
        keys = {name: sent[name] for name in ("email", "phone", *PHONE_SLOTS) if sent.get(name)}
        if not keys:
            return
        unread: list[UnreadableRow] = []
        recent = [raw for raw in self._changed_since(start - LATE, unread) if _not_older(raw, start)]
        for raw in (*recent, *self._searched(keys, start)):
            if self._resembles(raw, keys):
                message = f"a create was refused, and contact {identity(raw)} has its address or number since"
                raise OutcomeUnknown(self._client.account, message)
        if unread:
            message = f"a create was refused, and what it may have made cannot be read: {unread[0].reason}"
            raise OutcomeUnknown(self._client.account, message)

    def _searched(self, sent: Fields, earliest: datetime) -> Sequence[Raw]:
        """Ask the search as well before a create is repeated. A server without a search says nothing."""
        address = sent.get("email")
        try:
            found = self._client.search(address) if isinstance(address, str) else []
        except RecordError:
            return []
        return [raw for raw in found if _not_older(raw, earliest) and self._resembles(raw, sent)]

    def _changed_since(self, start: datetime, unread: list[UnreadableRow]) -> list[Raw]:
        found: dict[str, Raw] = {}
        for user in self._client.user_ids:
            for page in self._reader().read(user, Window(start)):
                found |= {identity(raw): raw for raw in page.records}
                unread += page.unread
        return list(found.values())

    def _resembles(self, raw: Raw, sent: Fields) -> bool:
        shown = self._mapping.without_owner().contact(raw, {})
        if _same_email(shown.fields, sent) or _full_name(sent) == _full_name(shown.fields) != "":
            return True
        if not any(sent.get(name) for name in ("email", "phone", *PHONE_SLOTS)):
            return _shows_any(shown.fields, sent)
        numbers = {phone.key(number) for number in shown.phones}
        wanted = (sent.get(name) for name in ("phone", *PHONE_SLOTS))
        return any(phone.key(number) in numbers for number in wanted if isinstance(number, str))

    def _is_nameless(self, raw: Raw, sent: Fields) -> bool:
        """Say whether a record shows a sent value, but no name, address or number: a user may have removed them."""
        shown = self._mapping.without_owner().contact(raw, {})
        is_named = _full_name(shown.fields) or shown.emails or shown.fields.get("email") or shown.phones
        return not is_named and _shows_any(shown.fields, sent)


def _not_older(raw: Raw, start: datetime) -> bool:
    created = instant.parse(raw.get("created_at"))
    return created is None or created >= start


def _same_email(shown: Fields, sent: Fields) -> bool:
    one, other = shown.get("email"), sent.get("email")
    return isinstance(one, str) and isinstance(other, str) and email.key(one) == email.key(other)


def _shows_any(shown: Fields, sent: Fields) -> bool:
    return any(value and alike(name, value, sent[name]) for name, value in shown.items() if name in sent)


def _full_name(fields: Fields) -> str:
    names = (fields.get("first_name"), fields.get("last_name"))
    return unaccented(" ".join(name for name in names if isinstance(name, str)).casefold())
