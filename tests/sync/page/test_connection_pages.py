"""What the pages say of a connection, and what a user can do with it."""

import json
import re
from collections.abc import Callable
from dataclasses import replace

import pytest

from state import approvals, pauses
from state.activity import RunActivity, note_activity
from state.file import StateFile
from state.lock import hold_connection
from sync.config.model import Config
from sync.engine.approval import user_name
from sync.output.proposal import Example, Proposal
from sync.output.report import Cost
from sync.page.overview import PAGE
from tests.sync.page.client import Visitor
from tests.sync.page.state_files import BEGUN_MS, EMAIL, LEFT, NOW_MS, RIGHT, RUN, change, stored

COUNTS = {"read": 12, "created": 4321, "updated": 3, "deleted": 0}
PLAN = Proposal(
    connection="sales", run="20260302T120000-plan00", kind="first", guarded="", streams={"contacts": {RIGHT: COUNTS}},
    merged=7, overwritten={LEFT: 2}, conflicts=1, failures=1, unmapped=0, left_out={"it has no address": 5},
    owed={RIGHT: {"birthday": 9}}, fields_created={RIGHT: ["contact.birthday"]},
    cost={RIGHT: Cost(calls=99, share_of_day=0.01, seconds=61.0)},
    examples=(Example("create", RIGHT, EMAIL, "city", None, "Oslo"),),
)  # fmt: skip


def ask(config: Config, plan: Proposal = PLAN) -> None:
    with change(config) as transaction:
        text = json.dumps(plan.to_json())
        approvals.ask_for_approval(transaction, 1, "first", plan.run, text, BEGUN_MS)


def numbers(visitor: Visitor, path: str = "/") -> dict[str, str]:
    """Return the numbers of a connection by their titles."""
    return dict(re.findall(r"<dt>([^<]+)</dt><dd>(?:<a [^>]*>)?([\d,]+)", visitor.get(path).text))


def test_each_number_leads_to_its_list(visitor: Visitor, config: Config) -> None:
    with change(config) as transaction:
        transaction.execute(
            "INSERT INTO person (connection, side, id, email, name) VALUES (1, 'left', '9', 'out@example.com', 'out')"
        )
        transaction.execute("INSERT INTO held VALUES (1, 'city', 1, 'contacts', ?, ?)", (BEGUN_MS, RUN))
        transaction.execute("INSERT INTO parked VALUES (1, 'left', 1, ?, 0)", (BEGUN_MS,))
        transaction.execute("UPDATE conflict SET resolution = 'left'")
        transaction.execute(
            "INSERT INTO hint VALUES ('sales', 'contacts', ?, '1', '', 0, NULL, ?, 1)", (LEFT, BEGUN_MS)
        )
    shown = numbers(visitor)
    assert shown == {
        "In sync": "0", "Waiting": "2", "Left out": "1", "Parked": "1", "Failing": "1", "In conflict": "0",
        "Frozen fights": "0", "Held": "1", "Deleted on one side": "0",
    }  # fmt: skip
    for kind, who, count in (
        ("left-out", "out@example.com", 1),
        ("parked", EMAIL, 1),
        ("held", EMAIL, 1),
        ("waiting", EMAIL, 2),
    ):
        page = visitor.get(f"/connections/sales/contacts/{kind}").document
        assert page.text.count(f" {who} contacts") == count
    assert "Failing" in visitor.get("/connections/sales").document.text


def test_a_pair_that_agrees_is_in_sync_and_listed(visitor: Visitor, config: Config) -> None:
    assert numbers(visitor)["In sync"] == "0"  # its only pair is in conflict
    with change(config) as transaction:
        transaction.execute("DELETE FROM conflict")
    assert numbers(visitor)["In sync"] == "1"
    page = visitor.get("/connections/sales/contacts/in-sync").document
    assert EMAIL in page.text
    answer = visitor.send("/people", {"who": page.field("who")})
    assert EMAIL in visitor.get(answer.header("location")).document.text
    with change(config) as transaction:
        transaction.execute("UPDATE link SET gone = 'left'")
    assert (numbers(visitor)["In sync"], numbers(visitor)["Deleted on one side"]) == ("0", "1")
    assert "deleted on the left" in visitor.get("/connections/sales/contacts/deleted").document.text


@pytest.mark.parametrize("path", ["/connections/none", "/connections/sales/contacts/none", "/connections/sales/plan"])
def test_what_is_not_there_is_not_found_and_the_navigation_stays(visitor: Visitor, path: str) -> None:
    answer = visitor.get(path)
    assert answer.status == 404
    assert {"/conflicts", "/failures", "/runs"} <= set(answer.document.addresses)


def test_the_first_page_shows_many_connections_as_rows_by_fifty_and_finds_them_by_name(visitor: Visitor) -> None:
    config = visitor.state.config
    sales = config.connections["sales"]
    names = ["sales", *(f"client-{number}" for number in range(2 * PAGE))]
    visitor.state.config = config.model_copy(update={"connections": {name: copied(sales, name) for name in names}})
    found, path = [], "/"
    while path:
        page = visitor.get(path).document
        here = [one["href"] for one in page.attributes("a") if re.fullmatch(r"/connections/[^/]+", one["href"])]
        assert len(here) <= PAGE
        found += here
        path = next((one["href"] for one in page.attributes("a") if one.get("rel") == "next"), "")
    assert found == [f"/connections/{name}" for name in names]
    page = visitor.get("/?name=LES").document
    assert "1 connection with “LES” in the name" in page.text
    assert "1 failing" in page.text
    assert "No connection has such a name" in visitor.get("/?name=other").document.text


def copied(connection: object, name: str) -> object:
    found = connection.model_copy()  # type: ignore[attr-defined] # a Connection
    found._name = name
    return found


def test_a_paused_connection_says_so_and_who_paused_it(visitor: Visitor, config: Config) -> None:
    answer = visitor.send("/connections/sales/pause", {})
    assert answer.header("location") == "/connections/sales?done=paused"
    assert f"Paused by {user_name()}, on the status page" in visitor.get(answer.header("location")).document.text
    assert "paused" in visitor.get("/").document.text
    assert visitor.send("/connections/sales/run", {}).status == 422
    assert visitor.state.started == []
    assert visitor.send("/connections/sales/resume", {}).status == 303
    assert stored(config, "SELECT * FROM pause") == []
    assert visitor.state.started == ["sales"]


@pytest.mark.parametrize(("starts", "done"), [(True, "The run starts now"), (False, "A run is under way already")])
def test_run_now_wakes_the_daemon(visitor: Visitor, starts: bool, done: str) -> None:
    visitor.state.starts = starts
    answer = visitor.send("/connections/sales/run", {})
    assert done in visitor.get(answer.header("location")).document.text
    assert visitor.state.started == ["sales"]


def test_a_plan_that_waits_is_shown_in_full_and_approved_by_a_named_user(visitor: Visitor, config: Config) -> None:
    ask(config)
    assert "waits for your approval" in visitor.get("/").document.text
    page = visitor.get("/connections/sales/plan").document
    for text in (
        "The first run of sales would do this", "4,321", "7 contacts merged", "2 values overwritten by the policy",
        "5 contacts left out: it has no address", "birthday (9)", "contact.birthday", "99 calls", "1.00% of a day",
        "can start workflows", f"{EMAIL}: city Oslo",
    ):  # fmt: skip
        assert text in page.text, text
    answer = visitor.send("/connections/sales/approve", {"run": page.field("run")})
    assert "Approved. The run starts now." in visitor.get(answer.header("location")).document.text
    assert stored(config, "SELECT approved_by FROM approval") == [{"approved_by": f"{user_name()}, on the status page"}]
    assert visitor.state.started == ["sales"]


def test_another_plan_than_the_one_that_was_shown_is_not_approved(visitor: Visitor, config: Config) -> None:
    ask(config)
    run = visitor.get("/connections/sales/plan").document.field("run")
    ask(config, replace(PLAN, run="20260303T120000-other0"))
    assert visitor.send("/connections/sales/approve", {"run": run}).status == 404
    assert visitor.send("/connections/sales/approve", {}).status == 422
    assert stored(config, "SELECT approved_by FROM approval") == [{"approved_by": None}]


@pytest.mark.parametrize("action", ["run", "pause", "resume", "approve"])
def test_an_action_needs_the_form_of_its_session(visitor: Visitor, config: Config, action: str) -> None:
    ask(config)
    assert visitor.send(f"/connections/sales/{action}", {"run": PLAN.run, "form": "forged"}).status == 403
    assert visitor.send(f"/connections/sales/{action}", {"run": PLAN.run}, origin="https://evil.example").status == 403
    assert stored(config, "SELECT approved_by FROM approval") == [{"approved_by": None}]
    assert stored(config, "SELECT * FROM pause") == []


def test_the_name_of_a_token_is_who_decides(
    visitor: Visitor, configured: Callable[[str], Config], config: Config
) -> None:
    with change(config) as transaction:
        pauses.resume(transaction, "sales")
    secret = "a-token-of-invented-letters"
    visitor.state.config = configured(f'tokens = {{ ann = "{secret}", bob = "{secret}-2" }}')
    assert visitor.get("/").status == 303
    assert visitor.send("/login", {"token": f"{secret}-2"}, "/login").status == 303
    visitor.send("/connections/sales/pause", {})
    assert stored(config, "SELECT paused_by FROM pause") == [{"paused_by": "bob, on the status page"}]
    program = visitor.other()
    body = {"side": "left"}
    assert program.post("/api/conflicts/1/resolve", body, authorization=f"Bearer {secret}").status == 200
    (line,) = stored(config, "SELECT new FROM history WHERE rule = 'settled'")
    assert "by ann, on the API of the status page" in line["new"]


def test_a_run_under_way_shows_its_step_its_pace_and_what_is_left(visitor: Visitor, config: Config) -> None:
    with change(config) as transaction:
        activity = RunActivity("sales", RUN, "writing", 500, 2000, NOW_MS - 60_000, NOW_MS - 50_000, NOW_MS)
        note_activity(transaction, activity)
    assert "Writing: 500" not in visitor.get("/").document.text  # no process holds the connection
    state = StateFile.open(config.state.path)
    with hold_connection(state, "sales", NOW_MS):
        page = visitor.get("/").document
    state.close()
    assert "Writing : 500 of 2,000, 10.0 a second, about 2 min 30 s left" in page.text.replace("Writing:", "Writing :")
    assert page.attributes("progress") == [{"max": "2000", "value": "500", "aria-label": "writing of sales"}]
    assert "running" in page.text


@pytest.mark.parametrize("path", ["/", "/connections/sales", "/connections/sales?done=paused"])
def test_the_state_refreshes_itself_without_a_script(visitor: Visitor, path: str) -> None:
    answer = visitor.get(path)
    (refresh,) = [one for one in answer.document.attributes("meta") if one.get("http-equiv") == "refresh"]
    assert refresh["content"] in ("15", "15; url=/connections/sales")
    assert "script" not in answer.header("content-security-policy")
    assert "refresh" not in visitor.get("/conflicts").text


def test_programs_run_pause_resume_and_approve_as_users_do(visitor: Visitor, config: Config) -> None:
    ask(config)
    assert visitor.post("/api/connections/sales/pause").json["paused"] is True
    (pause,) = stored(config, "SELECT paused_by FROM pause")
    assert pause == {"paused_by": f"{user_name()}, on the API of the status page"}
    assert visitor.post("/api/connections/sales/run").status == 422
    assert visitor.post("/api/connections/sales/resume").json["paused"] is False
    assert visitor.post("/api/connections/sales/run").json == {"connection": "sales", "started": True}
    assert visitor.post("/api/connections/sales/approve", {}).status == 422
    assert visitor.post("/api/connections/sales/approve", {"run": "another"}).status == 404
    assert visitor.post("/api/connections/sales/approve", {"run": PLAN.run}).json["approved"] is True
    assert visitor.state.started == ["sales", "sales"]
    assert visitor.post("/api/connections/none/run").status == 404
