"""The limits of a server: kept by ourselves, obeyed when it names one, and counted."""

from collections.abc import Mapping
from datetime import timedelta
from email.utils import format_datetime

import pytest

from connectors.errors import AllowanceSpent, TransientError
from connectors.faults import Fault
from connectors.sandbox import RateLimit
from tests.contract.operations import ALL, READING, Operation
from tests.contract.people import BRIEF, NAMED
from tests.contract.subject import Place

everything = pytest.mark.parametrize("operation", ALL.values(), ids=ALL.keys())


@everything
@pytest.mark.parametrize("form", ["seconds", "date", "none"])
def test_a_429_is_obeyed_and_nothing_is_lost_or_done_twice(place: Place, operation: Operation, form: str) -> None:
    place.prepare()
    raw = place.got(place.add(BRIEF))
    people, began, wait = len(place.ids()), place.clock.now(), timedelta(seconds=37 if form != "none" else 0)
    date = format_datetime(place.sandbox.server_now() + wait, usegmt=True)
    headers = {"seconds": {"Retry-After": "37"}, "date": {"Retry-After": date}}.get(form, {})
    place.sandbox.faults.append(Fault("status", status=429, headers=headers))
    traffic = place.account.traffic
    throttled, retries = traffic.throttled, traffic.retries
    operation(place.account, raw)
    assert place.clock.now() - began >= wait
    assert place.clock.now() > began
    assert (traffic.throttled, traffic.retries) == (throttled + 1, retries + 1)
    assert len(place.ids()) == people + (operation is ALL["create"])


@everything
def test_a_server_that_never_stops_throttling_is_transient_and_nothing_was_done(
    place: Place, operation: Operation
) -> None:
    place.prepare()
    record_id = place.add(BRIEF)
    raw, people = place.got(record_id), len(place.ids())
    place.sandbox.faults.append(Fault("status", status=429, times=None, headers={"Retry-After": "5"}))
    with pytest.raises(TransientError):
        operation(place.account, raw)
    place.sandbox.faults.clear()
    assert len(place.ids()) == people
    assert place.account.digest(place.got(record_id)) == place.account.digest(raw)


def test_the_limit_that_the_answers_show_is_kept_by_all_connections_together(place: Place) -> None:
    record_id = place.add(BRIEF)
    place.account.get(record_id)
    place.settle()
    place.sandbox.rate = RateLimit(5, 10.0)
    place.account.get(record_id)
    began = place.clock.now()
    other = place.connect()
    for number in range(24):
        (other if number % 3 else place.account).get(record_id)
    assert place.sandbox.throttled == 0
    assert place.clock.now() - began >= timedelta(seconds=30)


def test_calls_of_others_that_use_up_the_limit_only_make_it_slower(place: Place) -> None:
    record_id = place.add(BRIEF)
    place.sandbox.rate = RateLimit(5, 10.0)
    for _ in range(6):
        place.sandbox.foreign_calls(3)
        place.account.get(record_id)
    assert place.account.traffic.throttled == place.sandbox.throttled <= 6


@pytest.mark.parametrize("operation", [*READING.values(), ALL["create"]], ids=[*READING, "create"])
def test_a_daily_allowance_that_ran_out_says_until_when_and_makes_no_call(place: Place, operation: Operation) -> None:
    place.prepare()
    raw = place.got(place.add(BRIEF))
    place.sandbox.rate = RateLimit(100, 10.0, daily=1)
    place.got(place.account.contact(raw, {}).id)
    calls, people = len(place.sandbox.calls), len(place.ids())
    with pytest.raises(AllowanceSpent) as spent:
        operation(place.account, raw)
    midnight = place.clock.now().replace(hour=0, minute=0, second=0) + timedelta(days=1)
    assert spent.value.until is not None
    assert abs(spent.value.until - midnight) <= timedelta(seconds=2)
    assert (len(place.sandbox.calls), len(place.ids())) == (calls, people)


def test_every_call_is_counted_as_what_it_is(place: Place) -> None:
    place.prepare()
    raw = place.got(place.add(BRIEF))
    account = place.connect()
    calls = len(place.sandbox.calls)
    place.sandbox.faults.append(Fault("status", status=503))
    place.sandbox.faults.append(Fault("status", status=429, headers={"Retry-After": "1"}))
    account.get(account.contact(raw, {}).id)
    assert (account.traffic.reads, account.traffic.writes) == (1, 0)
    assert (account.traffic.retries, account.traffic.throttled) == (2, 1)
    account.create(NAMED, None)
    account.update(raw, {}, {"city": "Rome"}, None)
    traffic = account.traffic
    assert traffic.writes >= 2
    assert traffic.reads + traffic.writes + traffic.retries == len(place.sandbox.calls) - calls
