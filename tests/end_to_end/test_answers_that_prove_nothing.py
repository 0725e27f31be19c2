"""R43: an answer of success that is an error covers no window; what changed in it is carried by the next run."""

from typing import Any

import pytest

from connectors.sandbox.faults import Fault
from tests.end_to_end.world import World

NOTHING: dict[str, Any] = {
    "an error beside an empty list": {"contacts": [], "total": 0, "error": "the index is down"},
    "errors beside an empty list": {"contacts": [], "total": 0, "errors": ["shard 3 failed"]},
    "no success": {"contacts": [], "total": 0, "success": False},
    "the status of an error": {"contacts": [], "total": 0, "statusCode": 503, "message": "unavailable"},
    "null": None,
    "null in place of the list": {"contacts": None, "total": 0},
    "no list": {"total": 0},
}


@pytest.mark.parametrize("side", ["left", "right"])
@pytest.mark.parametrize("body", NOTHING.values(), ids=NOTHING)
def test_an_empty_answer_that_is_an_error_hides_no_edit(world: World, body: Any, side: str) -> None:
    ann = world.gg.add(first_name="Ann", email="ann@example.com")
    assert world.run().exit_code == 0
    sandbox = world.gg if side == "left" else world.gh
    fault = Fault("status", path="/contacts", status=200, body=body, times=None)
    sandbox.faults.append(fault)
    world.gg.edit(ann, city="Oslo")
    world.gh.edit(world.links()[ann], state="Viken")
    assert world.run().exit_code == 3
    sandbox.faults.remove(fault)
    assert world.run(skip=60).exit_code == 0
    assert world.at_right(ann)["city"] == "Oslo"
    assert world.gg.person(ann)["state"] == "Viken"


def test_a_search_without_its_total_hides_no_edit(world: World) -> None:
    ann = world.gg.add(first_name="Ann", email="ann@example.com")
    assert world.run().exit_code == 0
    world.gh.quirks.total = False
    world.gh.edit(world.links()[ann], city="Oslo")
    assert world.run().exit_code == 3
    world.gh.quirks.total = True
    assert world.run(skip=60).exit_code == 0
    assert world.gg.person(ann)["city"] == "Oslo"
