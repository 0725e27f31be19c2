"""Lists that are limited to a part, many conflicts settled at once, folded runs, and a run as a CSV file."""

import csv
import io
import json

from state.conflicts import Conflict, Conflicts
from state.history import History, HistoryEntry, begin_run, end_run
from state.links import Link, Links, LinkSide
from sync.config.model import Config
from sync.engine.approval import user_name
from sync.page.pages import PAGE
from tests.sync.page.client import Answer, Visitor
from tests.sync.page.state_files import BEGUN_MS, EMAIL, LEFT, RIGHT, RUN, change, report, stored

FIGHT = "it went back and forth 4 times"


def dispute(config: Config) -> None:
    """Add a conflict about a title of which no time is known, one about a title that is newer on the left, a fight."""
    with change(config) as transaction:
        found = (("title", None, None, None), ("title", BEGUN_MS, BEGUN_MS - 1, None), ("city", None, None, FIGHT))
        for at, (field, left_ms, right_ms, reason) in enumerate(found, 2):
            sides = (LinkSide(str(at), "[]"), LinkSide(f"hub-{at}", "[]"))
            Links(transaction, 1, "contacts").save_link(transaction, Link(*sides, 1), RUN)
            values = (json.dumps(f"left {at}"), json.dumps(f"right {at}"))
            Conflicts(transaction, 1, "contacts").put_conflict(
                transaction,
                Conflict(at, field, f"p{at}@example.com", *values, left_ms, right_ms, BEGUN_MS, RUN, reason=reason),
            )


def settle(visitor: Visitor, fields: dict[str, str]) -> tuple[Answer, Answer]:
    """Ask for the totals and agree; return both answers."""
    asked = visitor.send("/conflicts/settle", fields)
    agreed = asked.document.field("agreed") if 'name="agreed"' in asked.text else ""
    return asked, visitor.send("/conflicts/settle", fields | {"agreed": agreed})


def resolutions(config: Config) -> list[str | None]:
    return [one["resolution"] for one in stored(config, "SELECT resolution FROM conflict ORDER BY id")]


def test_conflicts_are_shown_by_field_by_kind_and_by_connection(visitor: Visitor, config: Config) -> None:
    dispute(config)
    shown = {
        query: [one["id"] for one in visitor.get(f"/conflicts?{query}").document.attributes("h2") if "id" in one]
        for query in ("field=title", "kind=fights", "connection=sales", "connection=other", "field=city&kind=fights")
    }
    assert shown == {
        "field=title": ["conflict-2", "conflict-3"], "kind=fights": ["conflict-4"],
        "connection=sales": [f"conflict-{number}" for number in range(1, 5)], "connection=other": [],
        "field=city&kind=fights": ["conflict-4"],
    }  # fmt: skip
    assert FIGHT in visitor.get("/conflicts?kind=fights").document.text
    answer = visitor.send("/conflicts/2/resolve", {"side": "left", "field": "title"}, "/conflicts?field=title")
    assert answer.header("location") == "/conflicts?settled=2&field=title"


def test_many_conflicts_are_settled_after_their_totals_were_shown(visitor: Visitor, config: Config) -> None:
    dispute(config)
    asked, done = settle(visitor, {"field": "title", "side": "newest"})
    assert "Settle 1 conflict with the value that was edited last?" in asked.document.text
    assert "1 conflict would stay open" in asked.document.text
    assert done.header("location") == "/conflicts?many=1"
    assert resolutions(config) == [None, None, "left", None]
    _, done = settle(visitor, {"kind": "fights", "side": "right"})
    assert resolutions(config) == [None, None, "left", "right"]
    assert "1 conflict settled" in visitor.get(done.header("location")).document.text


def test_totals_that_changed_meanwhile_are_shown_again(visitor: Visitor, config: Config) -> None:
    agreed = visitor.send("/conflicts/settle", {"side": "left"}).document.field("agreed")
    dispute(config)
    answer = visitor.send("/conflicts/settle", {"side": "left", "agreed": agreed})
    assert "Settle 4 conflicts with the left value?" in answer.document.text
    assert resolutions(config) == [None] * 4
    assert visitor.send("/conflicts/settle", {"side": "up"}).status == 422


def test_settled_conflicts_are_listed_with_who_settled_them(visitor: Visitor, config: Config) -> None:
    dispute(config)
    visitor.send("/conflicts/1/resolve", {"value": "Lund"})
    settle(visitor, {"field": "title", "side": "right"})
    text = visitor.get("/conflicts/settled").document.text
    assert f"{EMAIL} just now" in text
    assert f'city: "Lund", by {user_name()}, on the status page' in text
    assert text.count("title: right, by") == 2
    assert text.index("title: right") < text.index("city:")


def test_runs_that_changed_nothing_are_folded_and_can_be_shown(visitor: Visitor, config: Config) -> None:
    with change(config) as transaction:
        for number in range(3 * PAGE):
            run, at = f"idle-{number:03}", BEGUN_MS + 1000 + number
            begin_run(transaction, run, 1, at)
            end_run(transaction, run, at, "ok", json.dumps(report(run=run, status="ok", streams={})))
    page = visitor.get("/runs").document
    assert f"{3 * PAGE} runs changed nothing" in page.text
    assert f"/runs/{RUN}" in page.addresses
    assert "rel" not in str([one for one in page.attributes("a") if one.get("rel") == "next"])
    every, path = [], "/runs?idle=1"
    while path:
        page = visitor.get(path).document
        every += [address for address in page.addresses if address.startswith("/runs/")]
        path = next((one["href"] for one in page.attributes("a") if one.get("rel") == "next"), "")
    assert len(every) == len(set(every)) == 3 * PAGE + 1
    assert "There is no run yet" in visitor.get("/runs?connection=other").document.text
    assert f"/runs/{RUN}" in visitor.get("/runs?connection=sales").document.addresses


def test_what_a_run_wrote_is_shown_by_field_and_account(visitor: Visitor) -> None:
    page = visitor.get(f"/runs/{RUN}?field=city").document
    assert "city Turku →to Oslo" in page.text
    assert "created" not in page.text.partition("What it wrote")[2].partition("Undo this run")[0]
    assert "Turku" not in visitor.get(f"/runs/{RUN}?account={RIGHT}").document.text


def test_a_run_is_downloaded_as_csv_without_formulas(visitor: Visitor, config: Config) -> None:
    evil = "=HYPERLINK(0)"
    with change(config) as transaction:
        lines = [
            HistoryEntry(1, LEFT, "1", "first_name", None, json.dumps(evil), "carried"),
            HistoryEntry(1, LEFT, "1", "phone", None, json.dumps("+13035550142"), "carried"),
        ]
        History(transaction, 1, "contacts").add_entries(transaction, lines * 700, RUN, BEGUN_MS)
    answer = visitor.get(f"/runs/{RUN}/changes.csv")
    assert answer.header("content-type").startswith("text/csv")
    assert answer.header("content-disposition") == f'attachment; filename="growthsync-{RUN}.csv"'
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    assert len(rows) == 2 + 2 * 700
    assert {row["new"] for row in rows[2:]} == {f"'{evil}", "+13035550142"}
    assert rows[1] | {"at": ""} == {
        "at": "", "run": RUN, "who": EMAIL, "account": LEFT, "stream": "contacts", "record": "1", "field": "city",
        "old": "Turku", "new": "Oslo", "rule": "carried", "source": f"{RIGHT}:hub-1",
    }  # fmt: skip
    assert len(list(csv.reader(io.StringIO(visitor.get(f"/runs/{RUN}/changes.csv?field=city").text)))) == 2
    assert visitor.get("/runs/none/changes.csv").status == 404
