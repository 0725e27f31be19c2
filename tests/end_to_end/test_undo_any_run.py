"""R26: whatever users did and a run made of it, undoing it brings back what both sides showed before."""

from collections.abc import Iterable

import pytest

from connectors.contact import PHONE_SLOTS, SET_FIELDS, Value, same
from connectors.growthgenius.sandbox.server import Behaviour
from sync.output.report import Comparison, RunReport
from tests.end_to_end.comparison import shown
from tests.end_to_end.population import Population
from tests.end_to_end.world import World
from tests.thorough import THOROUGH

SEEDS = 60 if THOROUGH else 3
NUMBERS = frozenset({"phone", *PHONE_SLOTS})
MAY_BE_NAMED = NUMBERS | {"country"}
"""What may be left alone though no user touched it: GrowthHub can't empty a country, and numbers move up (R16)."""

Shown = dict[tuple[str, str], dict[str, Value]]
Field = tuple[str, str, str]


def settled_world(world: World, seed: int) -> Population:
    """Fill a world with contacts, and let it come to rest."""
    world.contacts["max_changed"] = "1.0"
    world.gg.behaviour = Behaviour(page_size=7)
    people = Population(world, seed)
    people.add(24)
    for _ in range(3):
        world.run(skip=5)
    return people


def differing(one: Shown, other: Shown) -> set[Field]:
    """Return account, id and field of everything that two moments show differently of the same contacts.

    What is dirt or absent at a moment shows nothing: it is no change, and what was last agreed on comes back there.
    """
    return {
        (*record, name)
        for record in one.keys() & other.keys()
        for name in one[record].keys() & other[record].keys()
        if not same(name, one[record][name], other[record][name])
    }


def named(report: RunReport) -> set[Field]:
    return {(one.account, one.id, one.field) for one in report.left_alone}


def with_numbers(fields: Iterable[Field]) -> set[Field]:
    """Return the fields, with any number of a record all of them: emptying one moves another into view (R16)."""
    return {
        (account, record_id, each)
        for account, record_id, name in fields
        for each in (NUMBERS if name in NUMBERS else {name})
    }


def written(world: World, run: RunReport) -> set[Field]:
    rows = world.rows("SELECT account, record_id, field FROM history WHERE run = ? AND rule <> 'refused'", run.run)
    return {(row["account"], row["record_id"], row["field"]) for row in rows}


def on_both_sides(world: World, fields: Iterable[Field]) -> set[Field]:
    """Return the fields, and the same fields of the records that these are linked to."""
    left_of = {right: left for left, right in world.links().items()}
    other = {"gg": ("gh", world.links()), "gh": ("gg", left_of)}
    return {
        each
        for account, record_id, name in fields
        for each in ((account, record_id, name), (other[account][0], other[account][1][record_id], name))
    }


def verified(world: World) -> Comparison:
    found = world.run(dry_run=True, unguarded=True, whole=True, compared=True).comparison
    assert found is not None
    return found


@pytest.mark.parametrize("seed", range(SEEDS))
def test_both_sides_show_what_they_showed_before_and_runs_after_it_are_quiet(world: World, seed: int) -> None:
    people = settled_world(world, seed)
    people.edit(25)
    world.clock.skip(5)
    before = shown(world)
    bad = world.run()
    assert written(world, bad)
    report = world.run(undoes=bad.run)
    assert report.errors == []
    after = shown(world)
    lost = differing(before, after)
    assert lost <= with_numbers(named(report))
    assert {name for _, _, name in named(report)} <= MAY_BE_NAMED
    quiet = world.tables_of_state("allowance", "run", "holder", "cursor")["history"]
    with world.calls() as calls:
        world.run()
    assert calls.writes == []
    assert world.tables_of_state("allowance")["history"] == quiet
    assert shown(world) == after
    held = {(one["who"], one["field"]) for one in verified(world).held}
    assert len(held) == len(world.rows("SELECT * FROM held"))


@pytest.mark.parametrize("seed", range(SEEDS))
def test_what_was_edited_since_stays_and_is_named_and_is_synced(world: World, seed: int) -> None:
    people = settled_world(world, 100 + seed)
    people.edit(25)
    world.clock.skip(5)
    before = shown(world)
    bad = world.run()
    ran = shown(world)
    people.edit(12)
    world.clock.skip(5)
    edited = shown(world)
    report = world.run(undoes=bad.run)
    after = shown(world)
    touched = with_numbers(on_both_sides(world, differing(ran, edited)))
    for account, record_id, name in written(world, bad) & {(*record, name) for record in ran for name in ran[record]}:
        if name in SET_FIELDS or (account, record_id) not in before:
            continue
        field, record = (account, record_id, name), (account, record_id)
        if field in touched and name not in NUMBERS:
            assert same(name, after[record].get(name), edited[record].get(name)), field
            was_undone = same(name, edited[record].get(name), before[record].get(name))
            assert was_undone or field in named(report), field
        elif field not in with_numbers(named(report)) | touched and name in before[record]:
            assert same(name, after[record].get(name), before[record].get(name)), field
    assert differing(edited, after) <= with_numbers(written(world, bad))
    for _ in range(2):
        world.run()
    with world.calls() as calls:
        world.run()
    assert calls.writes == []
    still_held = {(row["link"], row["field"]) for row in world.rows("SELECT * FROM held")}
    assert len(still_held) == len(verified(world).held)


@pytest.mark.parametrize("seed", range((SEEDS + 1) // 2))
def test_what_a_first_run_filled_is_emptied_and_what_it_created_is_gone(world: World, seed: int) -> None:
    world.contacts["max_changed"] = "1.0"
    Population(world, 200 + seed).add(24)
    world.clock.skip(5)
    names = {"gg": {str(each["id"]) for each in world.gg.people()}, "gh": {each["id"] for each in world.gh.people()}}
    first = world.run()
    report = world.run(undoes=first.run, created=True)
    assert report.errors == []
    assert {name for _, _, name in named(report)} <= MAY_BE_NAMED
    assert {str(each["id"]) for each in world.gg.people()} == names["gg"]
    assert {each["id"] for each in world.gh.people()} == names["gh"]
    with world.calls() as calls:
        world.run()
        world.run(whole=True)
    assert calls.writes == []
