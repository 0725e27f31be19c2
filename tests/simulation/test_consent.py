"""Users set stages and do-not-disturb on both sides while everything goes wrong.

No contact is contacted by mistake. Stage and do-not-contact, which are one place at GrowthGenius, cause no
ping-pong (P5).
"""

from pathlib import Path

import pytest

from tests.simulation.consent import ConsentUniverse, consent_verdict
from tests.thorough import THOROUGH


@pytest.mark.parametrize("seed", range(70 if THOROUGH else 3))
def test_no_contact_is_contacted_by_mistake_and_both_sides_come_to_rest(seed: int, tmp_path: Path) -> None:
    with ConsentUniverse(seed, tmp_path) as universe:
        universe.live()
        assert consent_verdict(universe) == []
