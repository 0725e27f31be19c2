"""A search through lives: what users, servers and runs do, and when, is Hypothesis' to choose and to shrink."""

import tempfile
from pathlib import Path

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from tests.simulation.verdict import verdict
from tests.simulation.world import DAY, Universe
from tests.thorough import THOROUGH


class Life(RuleBasedStateMachine):
    """One universe from its beginning to the verdict at its end."""

    def __init__(self) -> None:
        super().__init__()
        self._folder = tempfile.TemporaryDirectory()
        self._universe: Universe | None = None

    @property
    def universe(self) -> Universe:
        assert self._universe is not None
        return self._universe

    @initialize(seed=st.integers(0, 2**32 - 1), people=st.integers(1, 8))
    def begin(self, seed: int, people: int) -> None:
        self._universe = Universe(seed, Path(self._folder.name)).__enter__()
        self.universe.crowd.add(people)

    @rule(deeds=st.integers(1, 8))
    def people_do_something(self, deeds: int) -> None:
        self.universe.people(deeds)

    @rule()
    def things_go_wrong_from_now_on(self) -> None:
        self.universe.trouble()

    @rule()
    def things_go_well_from_now_on(self) -> None:
        for server in self.universe.servers:
            server.faults = []

    @rule(whole=st.booleans())
    def a_run(self, *, whole: bool) -> None:
        self.universe.run(whole=whole)

    @rule(seconds=st.sampled_from((0.001, 1.0, 60.0, 4000.0, DAY)))
    def time_passes(self, seconds: float) -> None:
        self.universe.clock.skip(seconds)

    def teardown(self) -> None:
        if self._universe is None:
            return
        with self._folder, self._universe:
            self.universe.calm()
            assert verdict(self.universe) == []


TestLife = Life.TestCase
TestLife.settings = settings(
    max_examples=100 if THOROUGH else 6,
    stateful_step_count=20,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    derandomize=True,
)
