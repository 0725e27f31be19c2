"""Call POST /contacts/search and check its answers.

Rules kept here: R42 (a page at which the server fails is asked for in smaller pages) and R43 (an answer without `total`
proves nothing, because this API always gives it).
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from connectors.errors import AnswerTooLarge, RecordError, RecordRefused, ServerTrouble
from connectors.growthhub.client import GrowthHubClient, is_record
from connectors.health import Health
from connectors.http.call import Reply
from connectors.records import Raw

LARGEST_PAGE = 500
SMALLER_PAGE = 100
_REFUSALS = frozenset({400, 422})


class Search:
    """POST /contacts/search of one location. Remembers how many items a page may have."""

    def __init__(self, client: GrowthHubClient) -> None:
        self.client = client
        self.page_limit = LARGEST_PAGE
        self.health = Health(client.account, self._plain_read)

    def having(self, field: str, value: str) -> list[Raw]:
        """Return the contacts with this value in a field, one page at most. Raises ServerTrouble."""
        largest = self.page_limit
        try:
            reply = self.ask({"filters": [{"field": field, "operator": "eq", "value": value}]})
        finally:
            # A large record says nothing about the size of others.
            self.page_limit = min(largest, max(self.page_limit, SMALLER_PAGE))
        # Without a total, an empty list does not prove that there is no such contact.
        self.total(reply)
        found = self.items(reply)
        # A row that is no record may be the contact.
        if len(found) < len(self.rows(reply)):
            raise ServerTrouble(self.client.account, "a look-up was answered with a row that is no record")
        return found

    def ask(self, body: Mapping[str, Any]) -> Reply:
        """Ask for one page, as large as the server allows. Raises ServerTrouble when it refuses the question."""
        while True:
            try:
                reply = self.client.search_contacts({"pageLimit": self.page_limit, **body}, once=self._is_part())
            except AnswerTooLarge as error:
                if self.health.failed(error, smallest=self.page_limit == 1):
                    continue
                if self.page_limit == 1:
                    raise
                self.page_limit //= 2
            except RecordRefused as refused:
                if self.page_limit <= SMALLER_PAGE or refused.status not in _REFUSALS:
                    raise ServerTrouble(refused.account, f"search refused: {refused.message}") from refused
                self.page_limit = SMALLER_PAGE
            except RecordError as refused:
                raise ServerTrouble(refused.account, f"search refused: {refused.message}") from refused
            else:
                self.health.answered(reply.served_at, rows=len(self.rows(reply)))
                return reply

    def _is_part(self) -> bool:
        """Say whether the next page is a part of one that failed, and can still be made smaller."""
        return self.health.is_failing and self.page_limit > 1

    def _plain_read(self) -> datetime:
        """Ask for the first or the last contact. If the server fails at both, no single record is the reason."""
        try:
            return self._end_of_list("asc", splittable=True).served_at
        except AnswerTooLarge:
            return self._end_of_list("desc", splittable=False).served_at

    def _end_of_list(self, direction: str, *, splittable: bool) -> Reply:
        sort = [{"field": "dateAdded", "direction": direction}]
        asked = {"locationId": self.client.location_id, "pageLimit": 1, "sort": sort}
        return self.client.calls.send_query("POST", "/contacts/search", json=asked, splittable=splittable)

    def total(self, reply: Reply) -> int:
        """Return how many records an answer promises in all. Raises ServerTrouble where it does not say (R43)."""
        total = reply.body.get("total") if isinstance(reply.body, Mapping) else None
        if not isinstance(total, int) or isinstance(total, bool) or total < 0:
            raise ServerTrouble(self.client.account, "search was answered without a total")
        return total

    def items(self, reply: Reply) -> list[Raw]:
        """Return the contacts of an answer. Raises ServerTrouble where it has no list of contacts."""
        return [each for each in self.rows(reply) if is_record(each)]

    def rows(self, reply: Reply) -> list[Any]:
        """Return the rows of an answer, records or not. Raises ServerTrouble where it has no list of contacts."""
        found = reply.body.get("contacts") if isinstance(reply.body, Mapping) else None
        if not isinstance(found, list):
            raise ServerTrouble(self.client.account, "search was answered without contacts")
        return found
