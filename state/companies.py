"""Cache what a system knows about companies, by domain, since a look-up may cost money: for 30 days.

Rules kept here: negative answers are cached for 30 days too; an answer is stored durably before it is used.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from state.database import Database, Transaction

SPAN_MS = 30 * 86_400_000
"""How long a look-up is not charged for again, in milliseconds: 30 days."""


@dataclass(frozen=True, slots=True)
class CachedCompany:
    """The fields that an account knows of a company, None where it knows no such company."""

    found: Mapping[str, Any] | None


class CompanyCache:
    """The answers of one account."""

    def __init__(self, db: Database, account: str) -> None:
        self._db = db
        self._account = account

    def cached(self, domain: str, now_ms: int) -> CachedCompany | None:
        """Return the answer of the last 30 days, None where the domain must be looked up."""
        row = self._db.execute(
            "SELECT found FROM company WHERE account = ? AND domain = ? AND asked_ms > ?",
            (self._account, domain, now_ms - SPAN_MS),
        ).fetchone()
        if row is None:
            return None
        return CachedCompany(None if row["found"] is None else json.loads(row["found"]))

    def store_answers(
        self, transaction: Transaction, answers: Iterable[tuple[str, CachedCompany]], now_ms: int
    ) -> None:
        """Store answers that were received now, by domain."""
        transaction.executemany(
            "INSERT OR REPLACE INTO company VALUES (?, ?, ?, ?)",
            [
                (self._account, domain, None if answer.found is None else json.dumps(dict(answer.found)), now_ms)
                for domain, answer in answers
            ],
        )

    def drop_expired(self, transaction: Transaction, now_ms: int) -> None:
        """Delete answers that are older than 30 days."""
        transaction.execute(
            "DELETE FROM company WHERE account = ? AND asked_ms <= ?", (self._account, now_ms - SPAN_MS)
        )

    def count_questions(self, now_ms: int) -> int:
        """Return how many look-ups were made in the last 30 days: each of them may be charged."""
        query = "SELECT count(*) FROM company WHERE account = ? AND asked_ms > ?"
        return int(self._db.execute(query, (self._account, now_ms - SPAN_MS)).fetchone()[0])
