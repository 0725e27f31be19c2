"""Swapped sides give the mirrored result: tests of this folder run again, with GrowthHub at the left (R30).

`make test SWAPPED=1` runs all of them that way, and so does THOROUGH=1. `make test` runs the files of SUBSET: they hold
what names a side (policies, decisions of users, plan, comparison, translations) and what one side alone has (markers,
tags). A process of its own is needed, since the tests read the variable once.
"""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.end_to_end.mirror import SWAPPED
from tests.end_to_end.world import ROOT
from tests.thorough import THOROUGH

HERE = Path(__file__).parent
PYTEST = (sys.executable, "-m", "pytest", "-q", "-p", "no:xdist", "-p", "no:cacheprovider")
SUBSET = {"test_conflicts": "", "test_source_ids": "", "test_convergence": "left or right", "test_message_plan": ""}
"""What runs each time, by file: the tests that its expression of pytest chooses."""


@pytest.mark.skipif(SWAPPED, reason="this process runs the tests with swapped sides already")
@pytest.mark.parametrize("name", sorted(one.stem for one in HERE.glob("test_*.py")) if THOROUGH else SUBSET)
def test_swapped_sides_give_the_mirrored_result(name: str) -> None:
    if name == Path(__file__).stem:
        pytest.skip("it would run itself")
    done = subprocess.run(  # noqa: S603 - our own tests
        [*PYTEST, str(HERE / f"{name}.py"), *([] if THOROUGH else ["-k", SUBSET[name]])],
        cwd=ROOT, env={**os.environ, "SWAPPED": "1", "THOROUGH": ""}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout
