"""A plan is short on a terminal and whole in a file; a saved plan is carried out as it was looked at."""

import csv
import json
from pathlib import Path

import pytest

from connectors.sandbox.server import Call
from tests.end_to_end.world import World


def fill(world: World, count: int) -> list[str]:
    """Add contacts at the left, and return their ids."""
    return [world.gg.add(first_name="Ann", email=f"person{number}@example.com") for number in range(count)]


def test_a_plan_shows_twenty_records_of_each_kind_and_a_file_has_all(world: World) -> None:
    fill(world, 25)
    for number in range(3):
        world.gh.add(firstName="=cmd()", phone="+14155550100", email=f"right{number}@example.com")
    shown = world.sync("plan", "--csv", "plan.csv")
    assert shown.code == 0
    assert shown.out.count("gh: create ") == 21
    assert "gh: create 5 more; see all with: --all, or --csv FILE" in shown.out
    assert world.sync("plan", "--all").out.count("gh: create ") == 25
    path = world.folder / "plan.csv"
    assert path.stat().st_mode & 0o077 == 0
    rows = list(csv.DictReader(path.open(encoding="utf-8")))
    assert len({row["who"] for row in rows if row["account"] == "gh"}) == 25
    by_field = {row["field"]: row["new"] for row in rows if row["who"] == "right0@example.com"}
    assert by_field["first_name"] == "'=cmd()"  # no spreadsheet runs it
    assert by_field["phone"] == "+14155550100"
    assert len(world.sync("plan", "--json").run["plan"]) == len(rows)


def test_a_saved_plan_is_carried_out_as_it_was_and_what_changed_since_is_skipped_and_named(world: World) -> None:
    ids = fill(world, 5)
    assert world.run().exit_code == 0
    for each in ids[:3]:
        world.gg.edit(each, company_name="Acme")
    world.gg.add(first_name="Bo", email="bo@example.com")
    saved = world.sync("plan", "--save", "plan.jsonl")
    assert (saved.code, "sync run --plan plan.jsonl" in saved.err) == (0, True)
    assert (world.folder / "plan.jsonl").stat().st_mode & 0o077 == 0
    world.gg.edit(ids[0], company_name="Other")  # changed since
    world.gg.edit(ids[1], company_name=None)  # nothing to write any more
    world.gg.edit(ids[4], company_name="New")  # not in the plan
    world.gg.add(first_name="Cy", email="cy@example.com")  # not in the plan
    done = world.sync("run", "--plan", "plan.jsonl", "--json")
    assert done.code == 1
    assert {(one["who"], one["reason"]) for one in done.run["skipped"]} == {
        ("person0@example.com", "changed since the plan was saved"),
        ("person1@example.com", "there is nothing to write any more"),
    }
    companies = {person["email"]: person.get("companyName") for person in world.gh.people()}
    assert companies == {
        "person0@example.com": None, "person1@example.com": None, "person2@example.com": "Acme",
        "person3@example.com": None, "person4@example.com": None, "bo@example.com": None,
    }  # fmt: skip
    assert world.sync("run").code == 0  # the next run carries the rest
    companies = {person["email"]: person.get("companyName") for person in world.gh.people()}
    assert companies["person0@example.com"] == "Other"
    assert companies["person4@example.com"] == "New"
    assert "cy@example.com" in companies
    with world.calls() as calls:
        assert world.sync("run").code == 0
    assert calls.writes == []


def test_an_edit_between_the_reading_and_the_write_of_a_saved_plan_is_left_for_the_next_run(world: World) -> None:
    (ann,) = fill(world, 1)
    assert world.run().exit_code == 0
    world.gg.edit(ann, company_name="Acme", title="CTO")
    assert world.sync("plan", "--save", "plan.jsonl").code == 0
    right = world.links()[ann]

    def edit(call: Call) -> None:
        if call.method == "GET" and call.path.endswith(right):
            world.gh.before_answer = None
            world.gh.edit(right, companyName="Theirs")

    world.gh.before_answer = edit
    done = world.sync("run", "--plan", "plan.jsonl", "--json")
    world.gh.before_answer = None
    assert [one["reason"] for one in done.run["skipped"]] == ["changed since the plan was saved"]
    assert world.gh.person(right)["companyName"] == "Theirs"
    assert world.sync("run").code == 0


def test_a_saved_plan_of_a_first_run_counts_as_approved_and_passes_the_guard(world: World) -> None:
    world.options |= {"first_run": '"ask"'}
    world.contacts |= {"max_changed": "0", "conflicts": '"left"'}
    world.gg.add(first_name="Ann", company_name="Left", email="ann@example.com")
    world.gh.add(firstName="Ann", companyName="Right", email="ann@example.com")
    world.sync("plan", "--save", "plan.jsonl")
    assert world.sync("run", "--plan", "plan.jsonl").code == 0
    assert [person["companyName"] for person in world.gh.people()] == ["Left"]


def test_the_messages_of_a_saved_plan_travel_and_no_others(world: World) -> None:
    world.tables = "[connections.sales.messages]\n"
    (ann,) = fill(world, 1)
    assert world.run().exit_code == 0
    world.gg.add_message(ann, text="first")
    world.sync("plan", "--save", "plan.jsonl")
    world.gg.add_message(ann, text="second")
    done = world.sync("run", "--plan", "plan.jsonl", "--json")
    assert (done.code, done.run["streams"]["messages"]["gh"]["created"]) == (0, 1)
    assert world.sync("run", "--json").run["streams"]["messages"]["gh"]["created"] == 1


@pytest.mark.parametrize("content", ["", "{}", "not json", '{"growthsync_plan": 99}', '{"stream": "contacts"}'])
def test_a_file_that_is_no_plan_is_refused_without_a_call(world: World, tmp_path: Path, content: str) -> None:
    path = tmp_path / "wrong.jsonl"
    path.write_text(content)
    with world.calls() as calls:
        refused = world.sync("run", "--plan", str(path))
    assert (refused.code, calls.counts) == (2, (0, 0))
    assert "sync plan --save" in refused.err


def test_a_saved_plan_takes_no_window_of_its_own(world: World) -> None:
    fill(world, 1)
    world.sync("plan", "--save", "plan.jsonl")
    assert world.sync("run", "--plan", "plan.jsonl", "--since", "2d").code == 2
    first = json.loads((world.folder / "plan.jsonl").read_text().splitlines()[0])
    assert first["growthsync_plan"] == 1
