"""The threads of a daemon in the config file (R51)."""

from pathlib import Path

import pytest

from sync.config.model import parse
from sync.errors import ConfigError
from tests.sync.config_text import GOOD


def test_a_daemon_has_sixteen_threads_and_half_of_them_for_long_runs() -> None:
    engine = parse(GOOD, Path("config.toml")).engine
    assert (engine.threads, engine.bulk) == (16, 8)
    engine = parse(f"{GOOD}\n[engine]\nthreads = 4\nbulk = 3\n", Path("config.toml")).engine
    assert (engine.threads, engine.bulk) == (4, 3)


@pytest.mark.parametrize(
    "lines", ["threads = 1", "threads = 8\nbulk = 8", "bulk = 0", 'threads = "many"', "workers = 3"]
)
def test_short_runs_always_have_threads_of_their_own(lines: str) -> None:
    with pytest.raises(ConfigError) as refused:
        parse(f"{GOOD}\n[engine]\n{lines}\n", Path("config.toml"))
    assert "engine" in str(refused.value)
