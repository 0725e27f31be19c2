"""Split e-mail threads: the export shows a thread as one message, which the latest reply overwrites.

Rules kept here:
- a thread of one e-mail shows everything but the text. Of several, each is read by its own id for its time, direction
  and user;
- an e-mail never changes, so these parts are cached, and a thread that is listed again costs no call. No text is
  cached;
- an e-mail that could not be delivered is not shown, and not cached before it was delivered;
- an e-mail that is gone is left out. One that the server does not show has no time: the reader of its text finds out.
"""

from collections.abc import Iterator
from typing import Any, Final

from connectors.connector import Cache
from connectors.errors import RecordGone, RecordRefused
from connectors.growthhub.message_client import MessageClient
from connectors.growthhub.message_mapping import EMAIL_ID, NOT_YET, email_ids, has_failed
from connectors.records import Raw

REMEMBERED: Final = 5000
"""The number of e-mails to cache, those listed last."""
KEPT_EVERY: Final = 200

_EMAILS: Final = "emails_of_threads"
_SHOWN: Final = ("dateAdded", "direction", "userId", "altId", "status")


class EmailThreads:
    """The threads of one location."""

    def __init__(self, client: MessageClient, cache: Cache) -> None:
        self._client = client
        self._cache = cache
        self._known: dict[str, list[Any]] = {}
        self._new = 0

    def renew(self) -> None:
        """Load the cache: for a new reading."""
        self._known = dict(self._cache.get(_EMAILS) or {})
        self._new = 0

    def messages_in(self, row: Raw) -> Iterator[Raw]:
        """Yield a row of the export, or one for each e-mail of a thread. Raises AuthError, TransientError."""
        emails = email_ids(row)
        if len(emails) > 1:
            yield from (email for each in emails if (email := self._apart(row, each)) is not None)
        else:
            yield from ({**row, EMAIL_ID: each} for each in emails)
            yield from () if emails else (row,)

    def keep(self) -> None:
        """Save what was read to the cache."""
        if self._new:
            self._known = dict(list(self._known.items())[-REMEMBERED:])
            self._cache.put(_EMAILS, self._known)
            self._new = 0

    def _apart(self, row: Raw, email_id: str) -> Raw | None:
        """Return a thread as if it were this e-mail alone, None if the e-mail is gone."""
        try:
            email = self._known.pop(email_id, None) or self._read(email_id)
        except RecordGone:
            return None
        except RecordRefused:
            return {**row, EMAIL_ID: email_id}
        record = dict(zip(_SHOWN, email, strict=True))
        if record["status"] not in NOT_YET:
            self._known[email_id] = email
        if has_failed(record) and not record["altId"]:
            return None
        if self._new >= KEPT_EVERY:
            self.keep()
        meta = {"email": {**row["meta"]["email"], "messageIds": [email_id]}}
        return {**row, **record, EMAIL_ID: email_id, "meta": meta}

    def _read(self, email_id: str) -> list[Any]:
        record = self._client.read_email(email_id)
        self._new += 1
        return [record.get(key) for key in _SHOWN]
