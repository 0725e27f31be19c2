from pathlib import Path

from state.companies import SPAN_MS, CachedCompany, CompanyCache
from state.file import StateFile


def test_positive_and_negative_answers_are_cached_for_thirty_days(tmp_path: Path) -> None:
    state = StateFile.open(tmp_path / "sync.db")
    known = CompanyCache(state.db, "gg")
    with state.atomic() as transaction:
        known.store_answers(
            transaction,
            [("acme.example.com", CachedCompany({"company": "Acmé"})), ("nowhere.example.com", CachedCompany(None))],
            1000,
        )
    assert known.cached("acme.example.com", 1000 + SPAN_MS - 1) == CachedCompany({"company": "Acmé"})
    assert known.cached("nowhere.example.com", 2000) == CachedCompany(None)
    assert known.cached("acme.example.com", 1000 + SPAN_MS) is None
    assert known.cached("other.example.com", 2000) is None
    assert CompanyCache(state.db, "other").cached("acme.example.com", 2000) is None
    state.close()


def test_look_ups_of_the_last_thirty_days_are_counted_and_older_ones_deleted(tmp_path: Path) -> None:
    state = StateFile.open(tmp_path / "sync.db")
    known = CompanyCache(state.db, "gg")
    with state.atomic() as transaction:
        known.store_answers(transaction, [("a.example.com", CachedCompany(None))], 0)
        known.store_answers(transaction, [("b.example.com", CachedCompany(None))], SPAN_MS)
        known.store_answers(transaction, [("b.example.com", CachedCompany({}))], SPAN_MS + 5)
    assert known.count_questions(SPAN_MS + 10) == 1
    assert known.count_questions(SPAN_MS - 1) == 2
    with state.atomic() as transaction:
        known.drop_expired(transaction, SPAN_MS + 10)
    assert known.count_questions(SPAN_MS - 1) == 1
    state.close()
