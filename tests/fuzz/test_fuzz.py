"""Answers changed in a few hundred ways: no crash, no hang, no send, no wrong write, and all is well afterwards."""

from pathlib import Path

import pytest

from tests.fuzz.episode import lead
from tests.thorough import THOROUGH

FOUND = (2_078_660_048, 2_078_660_138, 917_000_003, 950_000_106)
"""Seeds that broke something once."""


@pytest.mark.parametrize("seed", [*range(100 if THOROUGH else 1), *FOUND])
def test_answers_that_go_wrong_lose_nothing_and_damage_no_contact(tmp_path: Path, seed: int) -> None:
    episode = lead(seed, tmp_path)
    assert episode.wrong == []
    assert episode.answers > 0
