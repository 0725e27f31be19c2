"""Long lists, long values, a state that can't be read: no page is long, and none takes long."""

import json
import sqlite3

import pytest

from state import queries
from state.conflicts import Conflict, Conflicts
from state.database import Database
from state.failures import Failure, Failures
from state.links import Link, Links, LinkSide
from sync.config.model import Config
from sync.page.pages import PAGE
from sync.page.read_only_state import looking
from tests.sync.page.client import Visitor
from tests.sync.page.state_files import BEGUN_MS, EMAIL, RIGHT, RUN, change


def many(config: Config, number: int) -> None:
    with change(config) as transaction:
        for at in range(2, number + 2):
            Links(transaction, 1, "contacts").save_link(
                transaction, Link(LinkSide(str(at), "[]"), LinkSide(f"hub-{at}", "[]"), 1), RUN
            )
            values = (json.dumps(f"left {at}"), json.dumps(f"right {at}"))
            Conflicts(transaction, 1, "contacts").put_conflict(
                transaction, Conflict(at, "city", f"p{at}@example.com", *values, None, None, BEGUN_MS, RUN)
            )
            Failures(transaction, 1, "contacts").put_failure(
                transaction, Failure("left", f"f{at}", RIGHT, f"f{at}@example.com", "create", "no"), BEGUN_MS
            )


def walked(visitor: Visitor, path: str) -> list[str]:
    """Return the heading of every entry of a list, page by page, by the links that lead on."""
    found = []
    while path:
        page = visitor.get(path).document
        ids = [one["id"] for one in page.attributes("h2") if "id" in one]
        assert len(ids) <= PAGE
        found += ids
        path = next((one["href"] for one in page.attributes("a") if one.get("rel") == "next"), "")
    return found


def test_long_lists_are_shown_page_by_page_and_nothing_is_missed(visitor: Visitor, config: Config) -> None:
    many(config, 2 * PAGE)
    conflicts, failures = walked(visitor, "/conflicts"), walked(visitor, "/failures")
    assert conflicts == [f"conflict-{number}" for number in range(1, 2 * PAGE + 2)]
    assert failures == [f"failure-{number}" for number in range(1, 2 * PAGE + 2)]
    page = visitor.get(f"/conflicts?after={PAGE}").document
    assert page.field("after") == str(PAGE)
    answer = visitor.send(f"/conflicts/{PAGE + 1}/resolve", {"side": "left", "after": str(PAGE)})
    assert answer.header("location") == f"/conflicts?settled={PAGE + 1}&after={PAGE}"


def test_an_unreadable_state_is_an_error_without_details(visitor: Visitor, config: Config) -> None:
    config.state.path.rename(config.state.path.with_name("away"))
    for path in ("/", "/conflicts", "/api/status", "/metrics"):
        answer = visitor.get(path)
        assert (answer.status, answer.header("retry-after")) == (503, "5")
    assert visitor.get("/readyz").status == 503
    assert visitor.get("/healthz").status == 200
    assert not config.state.path.exists()
    config.state.path.write_bytes(b"something else entirely, and long enough for SQLite to look at" * 20)
    assert visitor.get("/").status == visitor.get("/readyz").status == 503


def test_a_query_that_takes_too_long_is_interrupted(config: Config) -> None:
    endless = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n"
    with looking(config, 0.05) as db, pytest.raises(sqlite3.OperationalError, match="interrupted"):
        db.execute(endless).fetchone()


def test_reading_changes_nothing_and_creates_nothing(config: Config) -> None:
    with looking(config) as db, pytest.raises(sqlite3.OperationalError, match="readonly"):
        db.execute("DELETE FROM conflict")


def test_every_list_is_found_by_an_index(config: Config) -> None:
    with looking(config) as db:
        asked: list[str] = []
        db.set_trace_callback(asked.append)
        queries.open_counts(db, 1)
        queries.count_open_conflicts(db)
        queries.count_open_failures(db)
        queries.runs_before(db, RUN, 9)
        assert len(asked) > 6
        found = set(asked)
        asked.clear()
        queries.open_conflicts(db, 0, 50)
        queries.open_failures(db, 0, 50)
        lists = set(asked)
        db.set_trace_callback(None)
        assert all("INDEX" in step for query in found for step in plan_of(db, query)), found
        assert not [step for query in lists for step in plan_of(db, query) if "TEMP" in step]


def plan_of(db: Database, query: str) -> list[str]:
    """Return the steps of a query that read a table."""
    steps = [row["detail"] for row in db.execute(f"EXPLAIN QUERY PLAN {query}")]
    return [step for step in steps if step.startswith(("SCAN", "SEARCH")) and "PRIMARY KEY" not in step]


def test_a_value_of_any_length_makes_no_long_list(visitor: Visitor, config: Config) -> None:
    long, tags = "x" * 1_000_000, [f"tag {number}" for number in range(100_000)]
    with change(config) as transaction:
        values = (json.dumps(long), json.dumps(tags), long)
        transaction.execute("UPDATE conflict SET left_value = ?, right_value = ?, who = ?", (*values[:2], EMAIL))
        transaction.execute("UPDATE failure SET reason = ?", (long,))
        transaction.execute("UPDATE history SET old = ?, new = ? WHERE field <> '*'", values[:2])
    for path in ("/conflicts", "/failures", f"/runs/{RUN}", "/history/1/person", "/failures/1/person"):
        assert len(visitor.get(path).body) < 50_000, path
    text = visitor.get("/conflicts").document.text
    assert "and 99,900 more" in text
    assert "x" * 400 + "…" in text
    assert "x" * 90_000 in visitor.get("/conflicts/1").document.text


@pytest.mark.parametrize("number", [2**63, 10**40])
def test_a_number_too_large_for_the_state_is_not_found(visitor: Visitor, number: int) -> None:
    for path in (f"/conflicts/{number}", f"/failures/{number}/person", f"/api/conflicts/{number}"):
        assert visitor.get(path).status == 404
    assert visitor.send(f"/failures/{number}/retry", {}).status == 404
    assert visitor.post(f"/api/failures/{number}/retry").status == 404
