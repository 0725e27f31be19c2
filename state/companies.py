"""What is known of companies, by domain, so that nothing is asked twice that may cost: answers are good for 30 days.

Rules kept here: that there is no such company is an answer, too; each answer is durable before it is used.
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
    """What an account knew of a domain: fields, None where there is no such company."""

    found: Mapping[str, Any] | None


class CompanyCache:
    """What one account was asked."""

    def __init__(self, db: Database, account: str) -> None:
        self._db = db
        self._account = account

    def cached(self, domain: str, now_ms: int) -> CachedCompany | None:
        """Return what was answered within the span, None where the domain is to be asked for."""
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
        """Remember what was answered just now, by domain."""
        transaction.executemany(
            "INSERT OR REPLACE INTO company VALUES (?, ?, ?, ?)",
            [
                (self._account, domain, None if answer.found is None else json.dumps(dict(answer.found)), now_ms)
                for domain, answer in answers
            ],
        )

    def drop_expired(self, transaction: Transaction, now_ms: int) -> None:
        """Drop what is not good any more."""
        transaction.execute(
            "DELETE FROM company WHERE account = ? AND asked_ms <= ?", (self._account, now_ms - SPAN_MS)
        )

    def count_questions(self, now_ms: int) -> int:
        """Return how many questions were asked within the span: each of them may have been charged for."""
        query = "SELECT count(*) FROM company WHERE account = ? AND asked_ms > ?"
        return int(self._db.execute(query, (self._account, now_ms - SPAN_MS)).fetchone()[0])
