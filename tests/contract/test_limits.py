"""The limits of a server: kept by ourselves, obeyed when it names one, and counted."""

from datetime import timedelta
from email.utils import format_datetime

import pytest

from connectors.errors import AllowanceSpent, TransientError
from connectors.sandbox.base import RateLimit
from connectors.sandbox.faults import Fault
from tests.contract.operations import ALL, READING, Operation, a_contact, naming, possible
from tests.contract.sample_contacts import BRIEF, NAMED
from tests.contract.subject import Place

SECOND = timedelta(seconds=1)


@pytest.mark.parametrize("form", ["seconds", "date", "none"])
def test_a_429_is_obeyed_and_nothing_is_lost_or_done_twice(typical: Place, form: str) -> None:
    raw = a_contact(typical)
    wait = timedelta(seconds=0 if form == "none" else 37)
    traffic = typical.account.call_counts
    for name, operation in possible(typical).items():
        with naming(typical, name):
            raw = typical.got(typical.account.to_contact(raw, {}).id)
            people, began = len(typical.ids()), typical.clock.now()
            throttled, retries = traffic.throttled, traffic.retries
            date = format_datetime(typical.sandbox.server_now() + wait, usegmt=True)
            headers = {"seconds": {"Retry-After": "37"}, "date": {"Retry-After": date}}.get(form, {})
            typical.sandbox.faults.append(Fault("status", status=429, headers=headers))
            operation(typical.account, raw)
            assert typical.clock.now() - began > wait - SECOND
            assert typical.clock.now() > began
            assert (traffic.throttled, traffic.retries) == (throttled + 1, retries + 1)
            assert len(typical.ids()) == people + (name == "create") - (name == "delete")


def test_a_server_that_never_stops_throttling_is_transient_and_nothing_was_done(typical: Place) -> None:
    raw = a_contact(typical)
    people = len(typical.ids())
    for name, operation in possible(typical).items():
        with naming(typical, name):
            typical.sandbox.faults.append(Fault("status", status=429, times=None, headers={"Retry-After": "5"}))
            with pytest.raises(TransientError):
                operation(typical.account, raw)
    assert len(typical.ids()) == people
    assert typical.account.digest(typical.got(typical.account.to_contact(raw, {}).id)) == typical.account.digest(raw)


def test_the_limit_that_the_answers_show_is_kept_by_all_connections_together(typical: Place) -> None:
    record_id = typical.add(BRIEF)
    typical.account.read_record(record_id)
    typical.settle()
    typical.sandbox.rate = RateLimit(5, 10.0)
    typical.account.read_record(record_id)
    began = typical.clock.now()
    other = typical.connect()
    for number in range(24):
        (other if number % 3 else typical.account).read_record(record_id)
    assert typical.sandbox.throttled == 0
    assert typical.clock.now() - began >= timedelta(seconds=30)


def test_calls_of_others_that_use_up_the_limit_only_make_it_slower(typical: Place) -> None:
    record_id = typical.add(BRIEF)
    typical.sandbox.rate = RateLimit(5, 10.0)
    for _ in range(6):
        typical.sandbox.foreign_calls(3)
        typical.account.read_record(record_id)
    assert typical.account.call_counts.throttled == typical.sandbox.throttled <= 6


@pytest.mark.parametrize("operation", [*READING.values(), ALL["create"]], ids=[*READING, "create"])
def test_a_daily_allowance_that_ran_out_says_until_when_and_makes_no_call(typical: Place, operation: Operation) -> None:
    raw = a_contact(typical)
    typical.sandbox.rate = RateLimit(100, 10.0, daily=1)
    renewed_at = typical.renewed_at()
    typical.got(typical.account.to_contact(raw, {}).id)
    calls, people = len(typical.sandbox.calls), len(typical.ids())
    with pytest.raises(AllowanceSpent) as spent:
        operation(typical.account, raw)
    assert spent.value.until is not None
    assert abs(spent.value.until - renewed_at) <= timedelta(seconds=2)
    assert (len(typical.sandbox.calls), len(typical.ids())) == (calls, people)


def test_every_call_is_counted_as_what_it_is(typical: Place) -> None:
    raw = a_contact(typical)
    account = typical.connect()
    calls = len(typical.sandbox.calls)
    typical.sandbox.faults.append(Fault("status", status=503))
    typical.sandbox.faults.append(Fault("status", status=429, headers={"Retry-After": "1"}))
    account.read_record(account.to_contact(raw, {}).id)
    assert (account.call_counts.reads, account.call_counts.writes) == (1, 0)
    assert (account.call_counts.retries, account.call_counts.throttled) == (2, 1)
    account.create_contact(typical.whole(NAMED), None)
    account.update_contact(raw, {}, {"city": "Rome"}, None)
    traffic = account.call_counts
    assert traffic.writes >= 2
    assert traffic.reads + traffic.writes + traffic.retries == len(typical.sandbox.calls) - calls
