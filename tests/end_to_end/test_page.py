"""The status page of a live daemon, over HTTP; and that what runs did is counted, whoever ran them."""

import html
import re
from contextlib import closing

import pytest
import requests

from state import daily_counts
from state.daily_counts import DailyCount
from state.file import StateFile
from tests.end_to_end.daemons import started, until
from tests.end_to_end.world import World

TOKEN = "a-token-of-invented-letters"
FIELDS = re.compile(r'name="(form|totals)" value="([^"]*)"')
LOUD = '[log]\nlevel = "debug"\nformat = "json"\n[status_page]\nlisten = "127.0.0.1:0"\n'


def companies(world: World) -> list[str]:
    """Return the company that each side shows."""
    return [world.gg.people()[0]["company_name"], world.gh.people()[0]["companyName"]]


def disputed(world: World) -> None:
    """Let both sides change the company of a contact in sync, where only a user can tell."""
    world.contacts["conflicts"] = '"manual"'
    left = world.gg.add(first_name="Ann", last_name="Example", email="ann@example.com", company_name="Old")
    assert world.run().exit_code == 0
    world.gg.edit(left, company_name="Left")
    world.gh.edit(world.links()[left], companyName="Right")


def test_a_daemon_shows_a_conflict_and_writes_what_is_decided_there(live_world: World) -> None:
    world = live_world
    world.options["every"] = '"1s"'
    world.tables = LOUD
    disputed(world)
    with started(world) as daemon:
        url = f"http://{daemon.wait('listening', key='status_page.listen')['listen']}"
        assert requests.get(f"{url}/healthz", timeout=60).text == "ok\n"
        until(lambda: requests.get(f"{url}/readyz", timeout=60).status_code == 200)
        until(lambda: requests.get(f"{url}/api/conflicts", timeout=60).json()["conflicts"])
        with requests.Session() as browser:
            page = browser.get(f"{url}/conflicts", timeout=60).text
            form = re.search(r'name="form" value="([^"]+)"', page)
            action = re.search(r'action="(/conflicts/\d+/resolve)"', page)
            assert form is not None
            assert action is not None
            sent = {"form": form[1], "side": "right"}
            answer = browser.post(url + action[1], sent, timeout=60, headers={"Origin": url})
        assert "is settled" in answer.text
        until(lambda: companies(world) == ["Right", "Right"])
        until(lambda: "Nothing waits for you" in requests.get(url, timeout=60).text)
        updated = 'account="gg",connection="sales",operation="updated",stream="contacts"'
        until(lambda: f"growthsync_records_total{{{updated}}} 1.0" in requests.get(f"{url}/metrics", timeout=60).text)
        assert requests.get(url, timeout=60, headers={"Host": "evil.example.com"}).status_code == 421
        assert daemon.stop() == 0
    assert "example.com" not in str([line for line in daemon.lines if line.get("event") != "note"])


def test_a_reload_puts_a_token_in_force_and_closes_the_page(live_world: World) -> None:
    world = live_world
    world.tables = LOUD
    with started(world) as daemon:
        first = daemon.wait("listening", key="status_page.listen")["listen"]
        assert requests.get(f"http://{first}/api/status", timeout=60).status_code == 200
        world.tables = LOUD + f'token = "{TOKEN}"\n'
        world.write_config()
        daemon.reload()
        daemon.wait("config read again")
        assert requests.get(f"http://{first}/api/status", timeout=60).status_code == 401
        shown = {"Authorization": f"Bearer {TOKEN}"}
        assert requests.get(f"http://{first}/api/status", timeout=60, headers=shown).status_code == 200
        world.tables = LOUD.replace("127.0.0.1:0", "off")
        world.write_config()
        daemon.reload()
        daemon.wait("config read again", 2)
        with pytest.raises(requests.ConnectionError):
            requests.get(f"http://{first}/healthz", timeout=60)
        assert daemon.stop() == 0


def test_a_token_that_can_be_guessed_keeps_the_daemon_from_starting(live_world: World) -> None:
    live_world.tables = LOUD + 'token = "short"\n'
    ended = live_world.sync("daemon")
    assert ended.code == 2
    assert "status_page.token: shorter than 16 characters" in ended.err


def test_runs_are_counted_as_their_reports_say_and_a_plan_is_not(world: World) -> None:
    world.gg.add(first_name="Ann", last_name="Example", email="ann@example.com")
    reports = [world.run(), world.run()]
    world.run(dry_run=True)
    with closing(StateFile.open(world.state_path)) as state:
        found = {one for _, one in daily_counts.total_counts(state.db)}
    expected = {
        DailyCount("contacts", account, name, total)
        for account in ("gg", "gh")
        for name in ("read", "created", "updated", "deleted")
        if (total := sum(getattr(one.streams["contacts"].accounts[account], name) for one in reports))
    }
    assert expected <= found
    assert DailyCount("", "", "run ok", 2) in found
    assert DailyCount("contacts", "gh", "created", 1) in found


def test_a_user_pauses_runs_and_approves_on_the_page_and_the_daemon_follows(live_world: World) -> None:
    world = live_world
    world.options |= {"every": '"1h"', "first_run": '"ask"'}
    world.tables = LOUD
    world.gg.add(first_name="Ann", last_name="Example", email="ann@example.com")
    with started(world) as daemon, requests.Session() as browser:
        url = f"http://{daemon.wait('listening', key='status_page.listen')['listen']}"

        def send(action: str, page: str = "/connections/sales") -> str:
            shown = browser.get(url + page, timeout=60).text
            sent = dict(re.findall(r'name="(form|run)" value="([^"]+)"', shown))
            return browser.post(f"{url}/connections/sales/{action}", sent, timeout=60, headers={"Origin": url}).text

        until(lambda: "waits for your approval" in browser.get(url, timeout=60).text)
        assert world.gh.people() == []
        assert "Approved" in send("approve", "/connections/sales/plan")
        until(lambda: len(world.gh.people()) == 1)
        until(lambda: "running" not in browser.get(f"{url}/connections/sales", timeout=60).text)
        fields = send("fields", "/connections/sales/fields")
        assert "companyName" in fields
        assert "Read both accounts again" in fields
        assert "Paused" in send("pause")
        world.gg.add(first_name="Bea", last_name="Example", email="bea@example.com")
        assert "paused; resume it first" in send("run")
        assert "Resumed" in send("resume")
        until(lambda: len(world.gh.people()) == 2)
        world.gg.add(first_name="Cid", last_name="Example", email="cid@example.com")
        until(lambda: "The run starts now" in send("run"))
        until(lambda: len(world.gh.people()) == 3)
        assert daemon.stop() == 0


def test_a_run_is_undone_on_the_page_after_its_totals_were_shown(live_world: World) -> None:
    world = live_world
    world.options["every"] = '"1h"'
    world.tables = LOUD
    left = world.gg.add(first_name="Ann", last_name="Example", email="ann@example.com", company_name="Old")
    assert world.run().exit_code == 0
    world.gg.edit(left, company_name="New")
    with started(world) as daemon, requests.Session() as browser:
        url = f"http://{daemon.wait('listening', key='status_page.listen')['listen']}"
        until(lambda: companies(world) == ["New", "New"])

        def wrote() -> list[str]:
            found = browser.get(f"{url}/api/runs", timeout=60).json()["runs"]
            return [one["run"] for one in found if one["streams"].get("contacts", {}).get("gh", {}).get("updated")]

        until(wrote)
        (run,) = wrote()

        def send(action: str) -> str:
            shown = browser.get(f"{url}/runs/{run}", timeout=60).text
            found = {name: html.unescape(value) for name, value in FIELDS.findall(shown)}
            sent = {"form": found["form"], "totals": found.get("totals", "")}
            return browser.post(f"{url}/runs/{run}/{action}", sent, timeout=60, headers={"Origin": url}).text

        def page() -> str:
            return browser.get(f"{url}/runs/{run}", timeout=60).text

        assert "no totals of this page" in send("undo/write")
        send("undo")
        until(lambda: "Counting what" not in page())
        assert "It would write this" in page(), page()[page().find('id="undo"') :]
        assert companies(world) == ["New", "New"]
        assert re.search(r"1 updated", page())
        send("undo/write")
        until(lambda: "Undone by" in page())
        assert companies(world) == ["New", "Old"]
        assert daemon.stop() == 0
