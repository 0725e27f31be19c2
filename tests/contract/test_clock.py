"""The server's own clock, as far as the account has met it (R1)."""

from datetime import timedelta

import pytest

from connectors.records import Window
from tests.contract.operations import EPOCH
from tests.contract.sample_contacts import BRIEF, NAMED
from tests.contract.subject import Place


def test_before_the_first_answer_nothing_is_known_of_the_servers_clock(typical: Place) -> None:
    typical.sandbox.clock_offset = timedelta(minutes=10)
    assert typical.connect().clock_offset() == 0.0


@pytest.mark.parametrize("ahead", [0.0, 3.0, -7.0, 600.0, -5400.0])
def test_the_offset_of_the_servers_clock_is_measured_to_a_second(typical: Place, ahead: float) -> None:
    typical.sandbox.clock_offset = timedelta(seconds=ahead)
    record_id = typical.add(BRIEF)
    for _ in range(5):
        typical.clock.pass_by(0.3)
        typical.account.read_record(record_id)
    assert abs(typical.account.clock_offset() - ahead) <= 1.0


@pytest.mark.parametrize("ahead", [timedelta(hours=3), timedelta(minutes=-20)], ids=str)
def test_every_time_that_is_reported_is_the_servers(typical: Place, ahead: timedelta) -> None:
    typical.prepare()
    typical.sandbox.clock_offset = ahead
    record_id = typical.add(BRIEF)
    assert typical.account.read_record(record_id).served_at == typical.sandbox.server_now()
    assert typical.person(record_id).updated_at == typical.sandbox.server_now()
    created = typical.account.create_contact(typical.whole(NAMED), None)
    assert created.served_at == typical.sandbox.server_now()
    assert typical.account.to_contact(created.raw, {}).created_at == typical.sandbox.server_now()
    updated = typical.account.update_contact(created.raw, {}, {"city": "Rome"}, None)
    assert updated.served_at == typical.sandbox.server_now()
    assert {page.served_at for page in typical.account.read_window(Window(EPOCH))} == {typical.sandbox.server_now()}
