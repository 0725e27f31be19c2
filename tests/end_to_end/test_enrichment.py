"""`enrich = true`: blanks at GrowthHub filled with what GrowthGenius knows of companies, each asked for once."""

from typing import Any

import pytest

from connectors.sandbox.faults import Fault
from sync.output.progress import SilentProgress
from tests.end_to_end.world import World

ACME: dict[str, Any] = {"name": "acme", "industry": "internet &amp; software", "size_range": "11-50"}
FILLED = {"company": "acme", "website": "https://acme.example.com", "industry": "internet & software", "size": "11-50"}
EMPTY = dict.fromkeys(FILLED)


@pytest.fixture
def rich(world: World) -> World:
    """A world in which contacts are enriched, and one company is known."""
    world.contacts["enrich"] = "true"
    world.gg.companies.add("acme.example.com", **ACME)
    return world


@pytest.fixture
def notes(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The notes that runs report."""
    result: list[str] = []
    monkeypatch.setattr(SilentProgress, "note", lambda _self, text: result.append(text))
    return result


def settle(world: World) -> None:
    """Let two runs bring both sides to rest; the third writes nothing and asks for nothing."""
    world.run()
    world.run()
    asked = len(world.gg.companies.charged)
    with world.calls() as calls:
        assert world.run().exit_code == 0
    assert (calls.writes, len(world.gg.companies.charged)) == ([], asked)


def at_right(world: World, right: str) -> dict[str, Any]:
    person = world.gh.person(right)
    return {
        "company": person.get("companyName"),
        "website": person.get("website"),
        "industry": world.gh.custom(right, "contact.industry"),
        "size": world.gh.custom(right, "contact.employee_count"),
    }


def at_left(world: World, left: str) -> dict[str, Any]:
    keys = {"company": "company_name", "website": "website", "industry": "industry", "size": "employee_count"}
    return {name: world.gg.person(left)[key] for name, key in keys.items()}


def enriched(world: World) -> list[tuple[str, str]]:
    rows = world.rows("SELECT account, field, old FROM history WHERE rule = 'enriched' ORDER BY field")
    assert {row["old"] for row in rows} <= {"null"}
    return [(row["account"], row["field"]) for row in rows]


def test_blanks_are_filled_at_growthhub_and_nothing_reaches_growthgenius(rich: World) -> None:
    left = rich.gg.add(first_name="Ada", email="ada@acme.example.com")
    settle(rich)
    assert at_right(rich, rich.links()[left]) == FILLED
    assert at_left(rich, left) == EMPTY
    assert rich.gg.companies.charged == ["acme.example.com"]
    assert enriched(rich) == [("gh", name) for name in ("company", "employee_count", "industry", "website")]


def test_a_contact_created_at_growthgenius_is_filled_in_where_the_contact_came_from(rich: World) -> None:
    right = rich.gh.add(firstName="Bo", email="bo@ACME.example.com", companyName="Acme Ltd")
    settle(rich)
    assert at_right(rich, right) == {**FILLED, "company": "Acme Ltd"}
    left = {other: mine for mine, other in rich.links().items()}[right]
    assert at_left(rich, left) == {**EMPTY, "company": "Acme Ltd"}


def test_contacts_that_meet_are_filled_in_over_no_value_of_either_side(rich: World) -> None:
    left = rich.gg.add(email="ada@acme.example.com", industry="Banking")
    right = rich.gh.add(email="ada@acme.example.com", custom={"contact.employee_count": "7"})
    settle(rich)
    assert at_right(rich, right) == {**FILLED, "industry": "Banking", "size": "7"}
    assert at_left(rich, left) == {**EMPTY, "industry": "Banking", "size": "7"}


def test_every_contact_is_filled_in_when_the_key_is_set_and_each_company_is_requested_once(world: World) -> None:
    people = [world.gg.add(email=f"p{number}@acme.example.com") for number in range(12)]
    world.gg.add(email="q@nowhere.example.com")
    settle(world)
    world.contacts["enrich"] = "true"
    world.gg.companies.add("acme.example.com", **ACME)
    with world.calls() as calls:
        report = world.run()
    assert report.exit_code == 0
    assert world.gg.companies.charged == ["acme.example.com", "nowhere.example.com"]
    assert len([call for call in calls.gg if call.path.endswith("/companies/find")]) == 2
    assert all(at_right(world, world.links()[left]) == FILLED for left in people)
    settle(world)


def test_a_later_edit_of_either_side_is_synced_as_ever(rich: World) -> None:
    left = rich.gg.add(first_name="Ada", email="ada@acme.example.com")
    settle(rich)
    right = rich.links()[left]
    rich.gg.edit(left, company_name="Beta")
    rich.gh.edit(right, custom={"contact.industry": "Looms"})
    settle(rich)
    assert at_right(rich, right) == {**FILLED, "company": "Beta", "industry": "Looms"}
    assert at_left(rich, left) == {**EMPTY, "company": "Beta", "industry": "Looms"}


@pytest.mark.parametrize(
    ("fields", "asked"),
    [
        ({"email": "ada@gmail.com"}, []),
        ({"email": "ada@gmail.com", "website": "https://www.ACME.example.com/about"}, ["acme.example.com"]),
        ({"email": "ada@other.example.com", "website": "acme.example.com"}, ["acme.example.com"]),
        ({"email": "ada@acme.example.com", "website": "linkedin.com/in/ada"}, ["acme.example.com"]),
        ({"first_name": "Ada"}, []),
    ],
)
def test_the_company_is_that_of_the_website_else_of_the_address_unless_every_contact_has_those(
    rich: World, fields: dict[str, Any], asked: list[str]
) -> None:
    rich.gg.add(**fields)
    settle(rich)
    assert rich.gg.companies.charged == asked


def test_no_contact_is_looked_up_unless_the_config_says_so(world: World) -> None:
    world.gg.companies.add("acme.example.com", **ACME)
    left = world.gg.add(email="ada@acme.example.com")
    settle(world)
    assert world.gg.companies.charged == []
    assert at_right(world, world.links()[left]) == EMPTY


def test_a_plan_asks_for_nothing_and_says_how_many_look_ups_there_would_be(rich: World) -> None:
    for number in range(3):
        rich.gg.add(email=f"p{number}@acme.example.com")
    rich.gh.add(email="q@nowhere.example.com")
    plan = rich.run(dry_run=True, priced=True)
    assert plan.cost is not None
    assert plan.to_json()["cost"]["gg"]["charged"] == 2
    assert "charged" not in plan.to_json()["cost"]["gh"]
    assert rich.gg.companies.charged == []
    rich.run()
    again = rich.run(dry_run=True, priced=True)
    assert again.cost is not None
    assert "charged" not in again.to_json()["cost"]["gg"]
    assert len(rich.gg.companies.charged) == 2


def test_a_run_that_the_guard_stops_asks_for_nothing(rich: World) -> None:
    people = [rich.gg.add(email=f"p{number}@x{number}.example.com", city="Rome") for number in range(30)]
    rich.contacts["enrich"] = "false"
    settle(rich)
    rich.contacts["enrich"] = "true"
    for left in people:
        rich.gg.edit(left, city="Oslo")
    assert rich.run().exit_code == 4
    assert rich.gg.companies.charged == []
    assert rich.run(unguarded=True).exit_code == 0
    assert len(rich.gg.companies.charged) == 30


def test_filling_blanks_is_nothing_that_the_guard_stops(rich: World) -> None:
    for number in range(30):
        rich.gg.add(email=f"p{number}@acme.example.com")
    rich.contacts["enrich"] = "false"
    settle(rich)
    rich.contacts["enrich"] = "true"
    rich.gg.add(email="first@acme.example.com")
    assert rich.run(since=rich.clock.now()).exit_code == 0
    assert rich.run().exit_code == 0
    assert all(person["companyName"] == "acme" for person in rich.gh.people())


@pytest.mark.parametrize("status", [401, 402, 403, 500])
def test_trouble_with_look_ups_holds_up_no_contact_and_a_reconcile_makes_up_for_it(
    rich: World, notes: list[str], status: int
) -> None:
    rich.gg.faults.append(Fault("status", path="/companies/find", status=status, times=None))
    left = rich.gg.add(first_name="Ada", email="ada@acme.example.com")
    right = rich.gh.add(firstName="Bo", email="bo@acme.example.com")
    assert rich.run().exit_code == 0
    assert rich.links().keys() >= {left}
    assert right in rich.links().values()
    assert len([note for note in notes if "companies are not looked up now" in note]) == 1
    rich.gg.faults.clear()
    rich.run(whole=True)
    assert [at_right(rich, each) for each in (rich.links()[left], right)] == [FILLED, FILLED]
    settle(rich)


def test_a_lost_create_is_known_again_with_what_was_filled_in(rich: World) -> None:
    rich.gh.faults.append(Fault("drop_after", method="POST", path="/contacts/", times=1))
    left = rich.gg.add(first_name="Ada", email="ada@acme.example.com")
    rich.run()
    settle(rich)
    assert len(rich.gh.people()) == 1
    assert at_right(rich, rich.links()[left]) == FILLED
    assert at_left(rich, left) == EMPTY
    assert len(enriched(rich)) == 4


def test_verify_finds_no_difference_in_what_was_filled_in_nor_in_what_could_be(rich: World) -> None:
    rich.gg.add(email="ada@acme.example.com")
    settle(rich)
    rich.gg.add(email="bo@gmail.com")
    settle(rich)
    report = rich.run(dry_run=True, whole=True, compared=True)
    assert report.comparison is not None
    assert report.comparison.agree


def test_status_counts_the_look_ups_of_the_last_thirty_days(live_world: World) -> None:
    live_world.contacts["enrich"] = "true"
    live_world.gg.companies.add("acme.example.com", **ACME)
    live_world.gg.add(email="ada@acme.example.com")
    live_world.gg.add(email="bo@nowhere.example.com")
    assert live_world.sync("run").code == 0
    (connection,) = live_world.sync("status", "--json").document["connections"]
    assert connection["charged"] == 2
    assert "2 company look-ups in the last 30 days" in live_world.sync("status").out
