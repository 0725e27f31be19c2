"""What the pages show, and what is decided on them."""

import json
import re
import time
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from state.failures import Failure, Failures
from sync.config.model import Config
from sync.page.overview import verdict
from tests.sync.page.client import Answer, Visitor
from tests.sync.page.state_files import BEGUN_MS, EMAIL, LEFT, LOST, PHONE, RIGHT, RUN, change, stored

ABOUT_ADA = ("/conflicts/settled", "/conflicts", "/conflicts/1", "/conflicts/1/person", "/runs", f"/runs/{RUN}")
OF_SALES = (
    "/connections/sales",
    "/connections/sales/fields",
    "/connections/sales/contacts/in-sync",
    "/connections/sales/contacts/left-out",
)
OTHERS = ("/failures", "/failures/1/person", "/history/1/person", "/history/2/person", "/people")
EVERY_PAGE = ("/", *OF_SALES, *ABOUT_ADA, *OTHERS)


def search(visitor: Visitor, who: str) -> Answer:
    found = visitor.send("/people", {"who": who})
    return visitor.get(found.header("location")) if found.status == 303 else found


def test_the_overview_shows_the_state_of_each_connection_and_what_is_open(visitor: Visitor) -> None:
    page = visitor.get("/").document
    waiting = "1 conflict and 1 failure wait for you"
    for text in (waiting, "needs a decision", "Contacts", "Messages", "growthgenius 12"):
        assert text in page.text
    assert re.search(r"Last run just now|Last run \d+ min ago", page.text)
    assert "Next run not planned" in page.text
    assert len(page.attributes("table")) == 2


def test_a_run_that_hangs_is_shown_first(visitor: Visitor) -> None:
    visitor.state.hanging = ("sales/contacts",)
    assert "a run hangs" in visitor.get("/").document.text
    visitor.state.hanging = ("other/contacts",)
    assert "a run hangs" not in visitor.get("/").document.text


def test_with_an_empty_state_the_pages_say_so(visitor: Visitor, config: Config) -> None:
    with change(config) as transaction:
        for table in ("conflict", "failure", "run", "history", "tally"):
            transaction.execute(f"DELETE FROM {table}")
    assert "Nothing waits for you" in visitor.get("/").document.text
    assert "not run yet" in visitor.get("/").document.text
    assert "No conflicts are open." in visitor.get("/conflicts").document.text
    assert "No failures are open." in visitor.get("/failures").document.text
    assert "There is no run yet." in visitor.get("/runs").document.text


@pytest.mark.parametrize(
    ("status", "word"),
    [
        ({"last_run": None}, "not run yet"),
        ({"last_run": {"status": None}}, "running"),
        ({"last_run": {"status": "ok"}}, "in sync"),
        ({"last_run": {"status": "ok"}, "failures": 1}, "needs a decision"),
        ({"last_run": {"status": "failed"}, "failures": 1}, "last run failed"),
        ({"last_run": {"status": "guarded"}}, "stopped by the guard"),
        ({"last_run": {"status": "interrupted"}}, "interrupted"),
        ({"last_run": {"status": "ok"}, "delayed": "it answered 503"}, "delayed"),
    ],
)
def test_the_state_of_a_connection_is_its_most_important_problem(status: dict[str, Any], word: str) -> None:
    found = verdict({"conflicts": 0, "failures": 0} | status)
    assert found.word == word
    assert found.sign


def test_a_conflict_shows_both_values_side_by_side_with_their_times(visitor: Visitor) -> None:
    for path in ("/conflicts", "/conflicts/1"):
        page = visitor.get(path).document
        assert re.search(rf"city of {EMAIL}.*{LEFT} left Oslo changed.*{RIGHT} right Bergen changed.*newer", page.text)
        assert [one["value"] for one in page.attributes("input") if one["name"] == "side"] == ["left", "right"]


@pytest.mark.parametrize(
    ("fields", "resolution"),
    [
        ({"side": "left"}, "left"),
        ({"side": "right"}, "right"),
        ({"value": "Lund"}, 'value:"Lund"'),
        ({"value": ""}, "value:null"),
    ],
)
def test_a_decision_on_the_page_equals_that_of_the_command(
    visitor: Visitor, config: Config, fields: dict[str, str], resolution: str
) -> None:
    answer = visitor.send("/conflicts/1/resolve", fields, "/conflicts/1")
    assert (answer.status, answer.header("location")) == (303, "/conflicts?settled=1")
    assert stored(config, "SELECT resolution FROM conflict") == [{"resolution": resolution}]
    page = visitor.get(answer.header("location")).document
    assert "Conflict 1 is settled. The next run writes it." in page.text
    assert "No conflicts are open" in page.text


def test_an_invalid_value_is_an_error_and_stays_in_the_input(visitor: Visitor, config: Config) -> None:
    with change(config) as transaction:
        transaction.execute("UPDATE conflict SET field = 'country'")
    answer = visitor.send("/conflicts/1/resolve", {"value": "Atlantis"}, "/conflicts/1")
    assert answer.status == 422
    assert "is not a valid country" in answer.document.text
    assert answer.document.field("value") == "Atlantis"
    assert visitor.send("/conflicts/1/resolve", {"side": "up"}).status == 422
    assert stored(config, "SELECT resolution FROM conflict") == [{"resolution": None}]


def test_a_failure_is_retried_or_dismissed_with_a_reason(visitor: Visitor, config: Config) -> None:
    page = visitor.get("/failures").document
    assert f"{LOST} sales · contacts · create at growthhub never answered 1 attempt" in page.text
    assert visitor.send("/failures/1/retry", {}).header("location") == "/failures?retried=1"
    assert stored(config, "SELECT due_ms FROM failure") == [{"due_ms": 0}]
    assert visitor.send("/failures/1/dismiss", {"why": "  "}).status == 422
    assert visitor.send("/failures/1/dismiss", {"why": "a test record"}).header("location") == "/failures?dismissed=1"
    assert stored(config, "SELECT dismissed FROM failure") == [{"dismissed": "a test record"}]
    assert "removed from the list" in visitor.get("/failures?dismissed=1").document.text


def test_all_failures_are_retried_at_once(visitor: Visitor, config: Config) -> None:
    with change(config) as transaction:
        Failures(transaction, 1, "contacts").put_failure(
            transaction, Failure("left", "8", RIGHT, "b@example.com", "create", "no"), BEGUN_MS
        )
    assert "Retry all 2" in visitor.get("/failures").document.text
    assert visitor.send("/failures/retry", {}).header("location") == "/failures?all=1"
    assert stored(config, "SELECT DISTINCT due_ms FROM failure") == [{"due_ms": 0}]


@pytest.mark.parametrize("who", [EMAIL, "ADA@example.com", "(303) 555-0142", f"{LEFT}:1", f"{RIGHT}:hub-1"])
def test_a_search_finds_what_explain_finds(visitor: Visitor, who: str) -> None:
    page = search(visitor, who).document
    assert EMAIL in page.text
    assert "city Turku →to Oslo" in page.text
    assert f"run {RUN}" in page.text
    assert "linked" in page.text


def test_a_contact_is_found_by_a_part_of_its_name_and_the_address_does_not_name_it(visitor: Visitor) -> None:
    answer = visitor.send("/people", {"who": " AD "})
    assert re.fullmatch(r"/people/[A-Za-z0-9_-]{22}", answer.header("location"))
    page = visitor.get(answer.header("location")).document
    assert f"{EMAIL} sales · {LEFT}" in page.text
    answer = visitor.send("/people", {"who": page.field("who")})
    assert "city Turku →to Oslo" in visitor.get(answer.header("location")).document.text
    assert visitor.send("/people", {"who": "a"}).status == visitor.send("/people", {"who": "%d"}).status == 422


def test_an_unknown_contact_and_nonsense_are_reported(visitor: Visitor) -> None:
    assert "No contact matches" in search(visitor, "missing@example.com").document.text
    answer = search(visitor, "nonsense")
    assert answer.status == 422
    assert "neither an e-mail address" in answer.document.text
    assert answer.document.field("who") == "nonsense"
    assert visitor.get("/people/forgotten-handle").status == 404


def test_a_contact_is_shown_by_the_number_of_a_conflict_failure_or_history_line(visitor: Visitor) -> None:
    for path in ("/conflicts/1/person", "/history/1/person", "/history/2/person"):
        assert EMAIL in visitor.get(path).document.text
    assert f"{LEFT}:7" in visitor.get("/failures/1/person").document.text


def test_a_run_is_shown_with_all_that_it_wrote(visitor: Visitor) -> None:
    listed = visitor.get("/runs").document
    assert f"/runs/{RUN}" in listed.addresses
    assert "3 updated at growthhub" in listed.text
    page = visitor.get(f"/runs/{RUN}").document
    assert "contacts growthgenius 12 1 3 0" in page.text
    assert "city Turku →to Oslo" in page.text
    assert f"sync undo {RUN}" in page.text


def test_a_run_that_has_not_ended_is_shown_as_one(visitor: Visitor, config: Config) -> None:
    with change(config) as transaction:
        transaction.execute("UPDATE run SET finished_ms = NULL, status = NULL, report = NULL")
    assert "not ended" in visitor.get("/runs").document.text
    assert "not ended" in visitor.get(f"/runs/{RUN}").document.text


@pytest.mark.parametrize(
    "path", ["/conflicts/9", "/conflicts/9/person", "/failures/9/person", "/runs/x", "/history/9/person"]
)
def test_a_missing_entry_is_not_found(visitor: Visitor, path: str) -> None:
    assert visitor.get(path).status == 404
    assert "Not found" in visitor.get(path).document.text


@pytest.mark.parametrize("path", ["/conflicts/9/resolve", "/failures/9/retry", "/failures/9/dismiss"])
def test_a_missing_entry_cannot_be_decided(visitor: Visitor, path: str) -> None:
    assert visitor.send(path, {"side": "left", "why": "because"}).status == 404


@pytest.mark.parametrize("after", ["x", "-1", "1e3", "9" * 30, "٣", ""])
def test_an_invalid_page_number_is_the_first_page(visitor: Visitor, after: str) -> None:
    assert EMAIL in visitor.get(f"/conflicts?after={quote(after)}").document.text


NASTY = st.sampled_from(
    [
        "<script>alert(1)</script>",
        '"><img src=x onerror=alert(1)>',
        "'\"<&>",
        "</textarea><b>",
        "javascript:alert(1)",
        "{{ 7*7 }}",
    ]
)
texts = NASTY | st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0\r\n"), min_size=1, max_size=30)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=15)
@given(city=texts, who=texts, reason=texts)
def test_typed_markup_is_shown_as_text(visitor: Visitor, city: str, who: str, reason: str) -> None:
    with change(visitor.state.config) as transaction:
        shadow = json.dumps([who, city])
        transaction.execute("UPDATE conflict SET who = ?, left_value = ?", (who, json.dumps(city)))
        transaction.execute("UPDATE failure SET who = ?, reason = ?", (who, reason))
        transaction.execute("UPDATE history SET new = ? WHERE field = 'city'", (json.dumps(city),))
        transaction.execute("UPDATE person SET email = ?", (who,))
        transaction.execute("UPDATE link SET left_shadow = ?, right_shadow = ?", (shadow, shadow))
    for path in EVERY_PAGE:
        page = visitor.get(path).document
        assert not {tag for tag, _ in page.tags} & {"script", "iframe", "textarea", "object"}
        assert len(page.attributes("img")) == 1
        assert not [one for _, one in page.tags if any(name.startswith("on") for name in one)]
        assert all(re.fullmatch(r"[/#][A-Za-z0-9/?=&._-]*", address) for address in page.addresses)
    assert squeezed(city) in visitor.get("/conflicts/1").document.text
    assert squeezed(reason) in visitor.get("/failures").document.text
    assert squeezed(who) in visitor.get("/failures").document.text


def squeezed(text: str) -> str:
    return re.sub(r"\s+", " ", text).strip()


def test_no_url_holds_personal_data(visitor: Visitor) -> None:
    result = (EMAIL, PHONE, PHONE[2:], LOST, "ada", "Oslo", "hub-1", "Ada")
    addresses = [address for path in EVERY_PAGE for address in visitor.get(path).document.addresses]
    sent = [("/people", {"who": who}) for who in (EMAIL, PHONE, f"{LEFT}:1")]
    sent += [("/conflicts/1/resolve", {"value": "Oslo"}), ("/failures/1/dismiss", {"why": EMAIL})]
    addresses += [visitor.send(path, fields).header("location") for path, fields in sent]
    assert len(addresses) > 50
    assert all(addresses)
    assert not [address for address in addresses for word in result if word in address]


@pytest.mark.parametrize("path", EVERY_PAGE)
def test_a_page_can_be_used_without_a_mouse_and_without_eyes(visitor: Visitor, path: str) -> None:
    page = visitor.get(path).document
    names = [tag for tag, _ in page.tags]
    assert (names.count("main"), names.count("h1"), names.count("footer")) == (1, 1, 1)
    assert page.attributes("html")[0]["lang"] == "en"
    assert page.attributes("a")[0] == {"class": "skip", "href": "#main"}
    assert page.attributes("main")[0]["id"] == "main"
    ids = [one["id"] for _, one in page.tags if "id" in one]
    assert len(ids) == len(set(ids))
    labelled = {one["for"] for one in page.attributes("label")}
    typed = [one for one in page.attributes("input") if one.get("type") != "hidden"]
    assert {one["id"] for one in [*typed, *page.attributes("select")]} == labelled
    referred = [
        name
        for _, one in page.tags
        for name in f"{one.get('aria-labelledby', '')} {one.get('aria-describedby', '')}".split()
    ]
    assert set(referred) <= set(ids)
    assert all(one.get("alt") is not None for one in page.attributes("img"))
    assert not [one for _, one in page.tags if int(one.get("tabindex", "0")) > 0]


def test_times_are_readable_for_users_and_programs(visitor: Visitor) -> None:
    for one in visitor.get("/conflicts").document.attributes("time"):
        assert datetime.fromisoformat(one["datetime"]).tzinfo is not None
        assert datetime.fromisoformat(one["datetime"]) <= datetime.now(UTC)


def test_times_are_shown_in_the_zone_of_the_machine_with_the_offset_and_in_utc_as_title(
    visitor: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TZ", "Asia/Kolkata")
    time.tzset()
    try:
        page = visitor.get("/conflicts").document
    finally:
        monkeypatch.undo()
        time.tzset()
    assert re.search(r"\d\d:\d\d:\d\d \+05:30", page.text)
    assert all(one["title"].endswith("Z") and one["title"] == one["datetime"] for one in page.attributes("time"))
