"""Several accounts in a hub or a circle come to rest: no doubles, no two values that chase each other."""

import pytest

from tests.simulation.soak import lead_network
from tests.simulation.topology import SHAPES
from tests.thorough import THOROUGH

SEEDS = range(40) if THOROUGH else range(3, 4)


@pytest.mark.parametrize("shape", SHAPES if THOROUGH else ("hub", "listed-hub", "bulk-hub", "bulk-listed"))
@pytest.mark.parametrize("seed", SEEDS)
def test_several_accounts_lose_no_edit_double_no_contact_and_come_to_rest(shape: str, seed: int) -> None:
    """The triangle is among the kept seeds (tests.simulation.test_seeds)."""
    assert lead_network(seed, shape) == []
