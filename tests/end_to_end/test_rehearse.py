"""`sync rehearse` predicts what the first real run does, and leaves nothing at the accounts or on the disk."""

import json
import tempfile
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from connectors.growthhub.sandbox.rehearsal import CopiedGrowthHub
from connectors.sandbox.base import Call, Fault
from sync.config.model import load
from sync.engine.options import RunOptions
from sync.engine.runner import run_connections
from sync.errors import Interrupted
from sync.output.progress import SilentProgress
from sync.rehearsal import rehearse
from tests.end_to_end.population import Population
from tests.end_to_end.world import Hub, World, is_write
from tests.thorough import THOROUGH

EARLIER = timedelta(seconds=1.5)
"""A time that lies before the horizon, and after the run before."""


@pytest.fixture(autouse=True)
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the folder of temporary files, which has nothing else in it."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


def predicted(world: World, newest: int | None = None) -> dict[str, Any]:
    """Return what is predicted for the next run, under the clock of the world."""
    world.clock.skip(2)
    world.write_config()
    (found,) = rehearse(load(world.config_path), [], newest, SilentProgress(), world.clock)
    assert found.errors == []
    return found.to_json()


def counts(stream: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in stream.items() if key != "window"}


def assert_predicts_the_next_run(world: World, **options: Any) -> dict[str, Any]:
    found = predicted(world)
    run = world.run(**options).to_json()
    assert counts(found["first_run"]) == counts(run["streams"]["contacts"])
    assert found["fields_created"] == run["fields_created"]
    assert found["owed"] == run.get("owed", {})
    calls = {name: one["reads"] + one["writes"] for name, one in run["requests"].items()}
    assert {name: one["calls"] for name, one in found["cost"].items()} == calls
    return found


def populated(world: World, seed: int, count: int = 40) -> None:
    population = Population(world, seed)
    population.add(count)
    population.edit(count // 4)


CONFIGS: Mapping[str, dict[str, str]] = {
    "defaults": {},
    "left wins": {"conflicts": '"left"'},
    "a person decides": {"conflicts": '"manual"'},
    "one way": {"direction": '"left_to_right"'},
    "created at the right alone": {"create": '"right"'},
    "only some": {"only": '{ left = { tags = ["VIP"] } }'},
    "tags for what is created": {"create_tags": '["via-sync"]'},
    "conditions that bind": {
        "only": '{ left = { bind = true, any = [ { field = "tags", has = "VIP" }, { field = "city", exists = true } ]'
        " } }"
    },
    "fields of the user's own": {
        "fields": '{ score = { gg = "custom3", gh = "contact.score", type = "number" },'
        ' title = { direction = "none" } }'
    },
    "a condition on a place that no list shows": {
        "fields": '{ sex = { gg = "custom4", gh = "gender", direction = "right_to_left" } }',
        "only": '{ right = { all = [ { field = "sex", in = "female" } ] } }',
    },
    "stage as tags": {"fields": '{ stage = { as = "tags" }, email = { conflicts = "right" } }'},
}


@pytest.mark.parametrize("config", CONFIGS)
@pytest.mark.parametrize("seed", [1, 2] if THOROUGH else [1])
def test_a_rehearsal_predicts_the_first_run_of_an_untouched_world(world: World, config: str, seed: int) -> None:
    world.contacts = CONFIGS[config]
    world.gh.add_field("Score", "NUMERICAL")
    populated(world, seed)
    world.gg.add(first_name="Sam", email="sam@example.com", custom3="1,200")
    world.gh.add(firstName="Kim", email="kim@example.com", gender="female")
    world.gh.add(firstName="Lou", email="lou@example.com", gender="male")
    found = assert_predicts_the_next_run(world)
    assert found["rests"]
    assert [run["fields"] for run in found["later_runs"]][-1] == {}


def test_of_a_location_with_few_scopes_the_same_is_predicted(world: World) -> None:
    world.gh.quirks.scopes_missing = frozenset({"users.readonly", "locations/customFields.readonly"})
    populated(world, 3)
    assert_predicts_the_next_run(world)


def test_owners_are_predicted_where_both_show_their_users(world: World) -> None:
    world.gh.add_user("dev@example.com")
    populated(world, 4)
    assert_predicts_the_next_run(world)


def test_what_the_guard_would_stop_is_said_and_shown_all_the_same(world: World) -> None:
    world.contacts = {"conflicts": '"left"', "max_changed": "0.1"}
    for number in range(30):
        world.gg.add(first_name="Ann", email=f"p{number}@example.com", city="Rome")
        world.gh.add(firstName="Ann", email=f"p{number}@example.com", city="Oslo")
    found = predicted(world)
    assert "--unguarded" in found["guarded"]
    run = world.run(unguarded=True).to_json()
    assert counts(found["first_run"]) == counts(run["streams"]["contacts"])
    assert found["settled"]["count"] == 30
    assert len(found["settled"]["examples"]) == 5


def test_after_the_first_run_the_rehearsal_knows_what_is_linked(world: World) -> None:
    populated(world, 5)
    world.run()
    before = world.tables_of_state("allowance")
    assert counts(predicted(world)["first_run"])["gh"]["created"] == 0
    assert world.tables_of_state("allowance") == before
    Population(world, 6).edit(10)
    assert_predicts_the_next_run(world)


def test_conflicts_failures_and_contacts_without_a_partner_are_shown_with_examples(live_world: World) -> None:
    live_world.contacts = {"create": '"none"', "conflicts": '"manual"'}
    live_world.gg.add(first_name="Ann", email="ann@example.com", city="Rome")
    live_world.gh.add(firstName="Ann", email="ann@example.com", city="Oslo")
    live_world.gg.add(first_name="Bob", email="bob@example.com")
    ended = live_world.sync("rehearse")
    assert ended.code == 1
    assert 'ann@example.com: city: gg "Rome", gh "Oslo"' in ended.out
    assert "the third run would write nothing" in ended.out
    assert "Nothing was written to any account" in ended.out


def test_neither_account_is_written_and_nothing_is_left_on_the_disk(live_world: World, temporary: Path) -> None:
    populated(live_world, 7)
    with live_world.calls() as calls:
        assert live_world.sync("rehearse").code in {0, 1}
    assert not [call for call in (*calls.gg, *calls.gh) if is_write(call)]
    assert not live_world.state_path.exists()
    assert list(temporary.iterdir()) == []
    assert sorted(path.name for path in live_world.folder.iterdir()) == ["config.toml", "temporary"]


def test_an_account_that_does_not_answer_ends_it_with_the_reason_and_nothing_is_left(
    live_world: World, temporary: Path
) -> None:
    live_world.gg.add(first_name="Ann", email="ann@example.com")
    live_world.gh.faults.append(Fault("status", path="/contacts/search", status=401))
    ended = live_world.sync("rehearse", "--json")
    (found,) = ended.document["connections"]
    assert (ended.code, len(found["errors"])) == (3, 1)
    assert list(temporary.iterdir()) == []


def test_after_an_interruption_nothing_is_left(
    live_world: World, temporary: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    populated(live_world, 8)

    def interrupt(*_: object) -> None:
        assert list(temporary.iterdir()) != []
        raise Interrupted(2)

    monkeypatch.setattr("sync.rehearsal.rehearsal.LaterRun.of", interrupt)
    assert live_world.sync("rehearse").code == 130
    assert list(temporary.iterdir()) == []


def test_of_the_newest_contacts_the_partners_are_read_by_id(world: World) -> None:
    for number in range(12):
        world.gg.add(first_name="Ann", email=f"p{number}@example.com")
        world.clock.skip(2)
    world.run()
    world.gh.edit(world.links()[str(world.gg.people()[0]["id"])], city="Oslo")
    found = predicted(world, 3)
    assert (found["read"], found["people"]) == ({"gg": 3, "gh": 3}, 3)
    first = counts(found["first_run"])
    assert (first["gg"]["updated"], first["gg"]["created"], first["gh"]["created"], first["failed"]) == (1, 0, 0, 0)


def test_the_newest_are_found_also_where_all_of_them_are_old(world: World) -> None:
    now = world.clock.now()
    for days in (4000, 300, 30, 3):
        world.gg.add(at=now - timedelta(days=days), email=f"d{days}@example.com")
    found = predicted(world, 2)
    assert counts(found["first_run"])["gh"]["created"] == 2
    assert found["read"] == {"gg": 2, "gh": 0}


def test_a_field_that_does_not_come_to_rest_is_named(live_world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    live_world.gg.add(first_name="Ann", email="ann@example.com", city="Rome")
    handle, changes = CopiedGrowthHub.handle, iter(range(1000))

    def moving(server: CopiedGrowthHub, call: Call) -> Any:
        if call.path == "/contacts/search":
            for record_id in list(server._records):
                server.edit(record_id, city=f"City {next(changes)}", dateUpdated=server.server_now() - EARLIER)
        return handle(server, call)

    monkeypatch.setattr(CopiedGrowthHub, "handle", moving)
    ended = live_world.sync("rehearse")
    assert ended.code == 1
    assert "does not come to rest" in ended.out
    assert "fields that do not come to rest: city" in ended.out


def test_messages_are_not_rehearsed_and_that_is_said(world: World) -> None:
    world.tables = '[connections.sales.messages]\nas = "note"\n'
    world.gg.add_message(world.gg.add(first_name="Ann", email="ann@example.com"), rendered_copy="Hello")
    assert predicted(world)["not_rehearsed"] == ["messages: only contacts are copied"]


def test_an_unknown_connection_is_refused_before_any_call(live_world: World) -> None:
    with live_world.calls() as calls:
        ended = live_world.sync("rehearse", "--json", "--connection", "other")
    assert (ended.code, calls.counts) == (2, (0, 0))
    assert "other" in json.loads(ended.out)["error"]


def test_connections_that_share_an_account_are_rehearsed_together_as_one_run_runs_them(world: World) -> None:
    with Hub(now=world.clock.now, location_id="second") as second:
        world.tables = (
            f'[accounts.gh2]\nconnector = "growthhub"\ntoken = "{second.token}"\nlocation_id = "second"\n'
            f'base_url = "{second.url}"\n'
            '[connections.more]\nleft = "gg"\nright = "gh2"\nsettle = "0s"\nlookback = "0s"\n'
        )
        world.gg.add(first_name="Ann", email="ann@example.com")
        world.gh.add(firstName="Bob", email="bob@example.com")
        second.add(firstName="Cid", email="cid@example.com")
        world.clock.skip(2)
        world.write_config()
        config = load(world.config_path)
        found = rehearse(config, [], None, SilentProgress(), world.clock)
        reports = run_connections(config, RunOptions(), SilentProgress(), None, world.clock)
    assert [one.name for one in found] == ["sales", "more"]
    for one, report in zip(found, reports, strict=True):
        assert counts(one.contacts.to_json()) == counts(report.streams["contacts"].to_json())
