"""A page is read around only while the server answers a plain read; the calls are counted exactly (R42)."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest

from connectors.errors import AnswerTooLarge, PageCrashed, PageTimedOut, ServerTrouble
from connectors.health import AGAIN, MOST, Health
from connectors.records import Page, UnreadableRow, Window
from connectors.sandbox.base import Call, Sandbox, SandboxResponse
from connectors.sandbox.faults import Fault
from tests.connectors.clocks import FakeClock
from tests.connectors.growthgenius.account import EPOCH, EVERYTHING
from tests.connectors.growthgenius.account import World as GeniusWorld
from tests.connectors.growthhub.world import EXPORT, ProbedSandbox
from tests.connectors.growthhub.world import World as HubWorld
from tests.end_to_end.changed_answers import rewrite

PATIENCE = 20.0
NOW = FakeClock().now()
CRASH = PageCrashed("a", "500")


class Probe:
    def __init__(self) -> None:
        self.calls = 0
        self.error: AnswerTooLarge | None = None

    def __call__(self) -> Any:
        self.calls += 1
        if self.error is not None:
            raise self.error
        return NOW


@pytest.fixture
def probe() -> Probe:
    return Probe()


@pytest.fixture
def health(probe: Probe) -> Health:
    health = Health("a", probe)
    health.begin()
    return health


def test_the_first_page_that_fails_is_requested_again_after_one_plain_read(health: Health, probe: Probe) -> None:
    assert health.failed(CRASH)
    assert [health.failed(CRASH) for _ in range(AGAIN - 2)] == [False] * (AGAIN - 2)
    assert probe.calls == 1
    assert health.served_at == NOW


def test_failures_with_answers_in_between_cost_no_other_plain_read(health: Health, probe: Probe) -> None:
    for _ in range(3 * AGAIN):
        health.failed(CRASH)
        health.answered(NOW, rows=1)
    assert probe.calls == 1


def test_failures_in_a_row_cost_a_plain_read_again(health: Health, probe: Probe) -> None:
    for _ in range(2 * AGAIN):
        health.failed(CRASH)
    assert probe.calls == 3


def test_a_plain_read_that_fails_as_well_is_the_servers_trouble(health: Health, probe: Probe) -> None:
    probe.error = AnswerTooLarge("a", "413")
    with pytest.raises(ServerTrouble, match="a plain read too"):
        health.failed(CRASH)


def test_a_page_that_came_too_late_is_made_smaller_and_not_requested_again(health: Health, probe: Probe) -> None:
    assert not health.failed(PageTimedOut("a", "late"))
    assert probe.calls == 1


def test_an_answer_that_is_too_large_needs_no_plain_read_but_where_it_is_the_smallest(
    health: Health, probe: Probe
) -> None:
    assert not health.failed(AnswerTooLarge("a", "413"))
    assert probe.calls == 0
    assert not health.failed(AnswerTooLarge("a", "413"), smallest=True)
    assert probe.calls == 1


def test_a_server_that_shows_no_record_and_fails_again_and_again_is_in_trouble(health: Health) -> None:
    for _ in range(MOST - 1):
        health.failed(CRASH)
    with pytest.raises(ServerTrouble, match="each list that is not empty"):
        health.failed(CRASH)


def test_a_server_that_has_shown_a_record_goes_on_when_the_tries_are_spent(health: Health) -> None:
    health.answered(NOW, rows=1)
    for _ in range(MOST):
        health.failed(CRASH)
    assert health.is_spent
    health.begin()
    assert not health.is_spent


Read = Callable[[], list[Page]]


@pytest.fixture
def hub() -> Iterator[HubWorld]:
    clock = FakeClock()
    with ProbedSandbox(now=clock.now) as sandbox:
        running = HubWorld(sandbox, clock)
        yield running
        running.close()


def _people(hub: HubWorld, number: int) -> Read:
    first = hub.clock.now() - timedelta(hours=number)
    for n in range(number):
        hub.sandbox.add(firstName=f"Ann {n}", dateAdded=first + timedelta(hours=n))
    return lambda: list(hub.hub.read_window(Window(EPOCH)))


def _export(hub: HubWorld, number: int) -> Read:
    person = hub.sandbox.add(firstName="Ann")
    for n in range(number):
        hub.clock.pass_by(3600)
        hub.sandbox.add_message(person, text=f"Ann {n}")
    hub.clock.pass_by(3600)
    return lambda: list(hub.hub.message_store.export.read(Window(EPOCH), {}))


def _genius(world: GeniusWorld, number: int) -> Read:
    first = world.clock.now() - timedelta(hours=number)
    for n in range(number):
        world.sandbox.add(at=first + timedelta(hours=n), first_name=f"Ann {n}")
    return lambda: list(world.account.read_window(EVERYTHING))


COUNTED = {
    (500, "/contacts/search"): 13,  # the page twice, the first contact twice, the last contact until the patience ends
    (503, "/contacts/search"): 10,
    (500, EXPORT): 11,  # the page twice, an empty second until the patience ends
    (503, EXPORT): 10,
}
LISTS = ("contacts of GrowthHub", "messages of GrowthHub", "contacts of GrowthGenius")


@pytest.fixture(params=LISTS)
def account(
    request: pytest.FixtureRequest, hub: HubWorld
) -> Iterator[tuple[Sandbox, FakeClock, Callable[[int], Read]]]:
    if request.param == "contacts of GrowthGenius":
        with GeniusWorld() as world:
            yield world.sandbox, world.clock, lambda number: _genius(world, number)
    elif request.param == "contacts of GrowthHub":
        yield hub.sandbox, hub.clock, lambda number: _people(hub, number)
    else:
        yield hub.sandbox, hub.clock, lambda number: _export(hub, number)


Account = tuple[Sandbox, FakeClock, Callable[[int], Read]]


def _names(pages: list[Page]) -> set[str]:
    rows = [raw for page in pages for raw in page.records]
    return {str(raw.get("firstName") or raw.get("body") or raw.get("first_name")) for raw in rows}


def _unread(pages: list[Page]) -> list[UnreadableRow]:
    return [each for page in pages for each in page.unread]


def _fail_at(sandbox: Sandbox, names: set[str], *, always: bool = False) -> None:
    """Let each list that shows one of these be answered 500."""

    def change(_call: Call, body: Any) -> Any:
        rows = [row for key in ("contacts", "messages") if isinstance(body, dict) for row in body.get(key) or ()]
        shown = {str(each.get("firstName") or each.get("body") or each.get("first_name")) for each in rows}
        return SandboxResponse(500, {"message": "no"}) if shown & names or (rows and always) else body

    rewrite(sandbox, change)


@pytest.mark.parametrize("status", [500, 503])
def test_a_server_that_is_down_ends_a_reading_within_one_patience(account: Account, status: int) -> None:
    sandbox, clock, made = account
    read = made(30)
    sandbox.faults.append(Fault("status", status=status, times=None))
    sandbox.calls.clear()
    began = clock.passed
    with pytest.raises(ServerTrouble):
        read()
    assert clock.passed - began <= PATIENCE
    calls = COUNTED.get((sandbox.faults[0].status, sandbox.calls[0].path))
    assert len(sandbox.calls) == calls if calls else len(sandbox.calls) <= 20  # one wire draws its waits by chance


def test_a_server_that_goes_down_in_the_middle_ends_a_reading_within_one_patience(account: Account) -> None:
    """It answers, fails at one record, and is down from the next call on."""
    sandbox, clock, made = account
    read = made(30)
    _fail_at(sandbox, {"Ann 7"})
    sandbox.faults.append(Fault("status", skip=8, times=None))
    sandbox.calls.clear()
    began = clock.passed
    with pytest.raises(ServerTrouble):
        read()
    assert clock.passed - began <= PATIENCE + 1
    assert len(sandbox.calls) <= 8 + AGAIN + 15


def test_a_server_that_is_down_for_a_moment_loses_nothing(account: Account) -> None:
    """The page that failed is asked for once more, whole, after the plain read."""
    sandbox, _, made = account
    read = made(30)
    sandbox.faults.append(Fault("status", times=4))
    sandbox.calls.clear()
    pages = read()
    assert _names(pages) == {f"Ann {n}" for n in range(30)}
    assert _unread(pages) == []
    assert len(sandbox.calls) <= 4 + 3


@pytest.mark.parametrize("bad", [{"Ann 7"}, {"Ann 0"}, {"Ann 29"}, {"Ann 3", "Ann 4", "Ann 17", "Ann 28"}])
def test_records_at_which_the_server_fails_are_named_and_all_others_shown(account: Account, bad: set[str]) -> None:
    sandbox, clock, made = account
    read = made(30)
    _fail_at(sandbox, bad)
    sandbox.calls.clear()
    began = clock.passed
    pages = read()
    assert _names(pages) == {f"Ann {n}" for n in range(30)} - bad
    assert len(bad) <= len(_unread(pages)) <= 3 * len(bad)
    assert all(each.within is not None and each.within.end is not None for each in _unread(pages))
    assert len(sandbox.calls) <= 150 * len(bad)
    assert clock.passed - began <= PATIENCE


def test_a_server_that_fails_at_all_that_it_holds_ends_the_reading(
    account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only empty lists are answered: nothing is listed, and no bound of the calls is passed."""
    sandbox, _, made = account
    monkeypatch.setattr("connectors.health.MOST", 60)
    read = made(30)
    _fail_at(sandbox, set(), always=True)
    sandbox.calls.clear()
    with pytest.raises(ServerTrouble):
        read()
    assert len(sandbox.calls) <= 3 * 60


def test_a_server_that_fails_at_nearly_all_records_ends_with_them_named(
    account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    """More fail than are looked for one by one: what is left is named in larger parts, and the stream goes on."""
    sandbox, _, made = account
    monkeypatch.setattr("connectors.health.MOST", 100)
    read = made(120)
    _fail_at(sandbox, {f"Ann {n}" for n in range(120)} - {"Ann 0", "Ann 119"})
    sandbox.calls.clear()
    pages = read()
    assert _names(pages) <= {"Ann 0", "Ann 119"}
    assert _names(pages)
    assert len(_unread(pages)) >= 1
    assert len(sandbox.calls) <= 4 * 100
