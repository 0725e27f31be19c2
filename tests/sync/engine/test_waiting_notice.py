"""The notice that an account is waited for. Time is passed in: nothing here waits for a clock."""

import threading
from pathlib import Path

from sync.config.model import parse
from sync.engine.check import check
from sync.engine.waiting_notice import AGAIN, FIRST, telling_while_waiting
from tests.connectors.clocks import FakeClock

DEAD = """
[accounts.left]
connector = "growthgenius"
api_key = "key-0001"
user_id = 1
base_url = "http://127.0.0.1:9"

[accounts.right]
connector = "growthgenius"
api_key = "key-0002"
user_id = 2
base_url = "http://127.0.0.1:9"

[connections.sales]
left = "left"
right = "right"
"""


class Silence:
    """A wait that is over as soon as it begins, so many times; then it waits for the end of the block."""

    def __init__(self, times: int) -> None:
        self.times = times
        self.asked: list[float] = []
        self.used_up = threading.Event()

    def __call__(self, ended: threading.Event, seconds: float) -> bool:
        self.asked.append(seconds)
        if len(self.asked) <= self.times:
            return False
        self.used_up.set()
        return ended.wait()


def test_a_silence_is_broken_within_three_seconds_and_then_again_and_again() -> None:
    told: list[str] = []
    silence = Silence(2)
    with telling_while_waiting("growthhub (api.example.com)", told.append, silence):
        assert silence.used_up.wait(30)
    assert silence.asked == [FIRST, AGAIN, AGAIN]
    assert FIRST < 3
    assert len(told) == 2
    assert told[0].startswith("still waiting for growthhub (api.example.com)")


def test_an_answer_in_time_is_not_talked_about() -> None:
    told: list[str] = []
    with telling_while_waiting("growthhub", told.append, Silence(0)):
        pass
    assert told == []


def test_check_tells_which_account_and_which_address_it_waits_for(tmp_path: Path) -> None:
    told: list[str] = []
    config = parse(DEAD.lstrip(), tmp_path / "config.toml")
    silences: dict[threading.Event, Silence] = {}

    def wait(ended: threading.Event, seconds: float) -> bool:
        return silences.setdefault(ended, Silence(1))(ended, seconds)

    found = check(config, False, lambda _: None, FakeClock(), tell=told.append, wait=wait)
    assert not any(finding.ok for _, _, findings in found for finding in findings)
    assert sorted(line.partition(";")[0] for line in told) == [
        "still waiting for left (127.0.0.1)", "still waiting for right (127.0.0.1)"
    ]  # fmt: skip
