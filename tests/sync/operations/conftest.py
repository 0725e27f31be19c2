from pathlib import Path

import pytest

from sync.config.model import Config, parse
from tests.sync.config_text import GOOD


@pytest.fixture
def config(tmp_path: Path) -> Config:
    return parse(GOOD, tmp_path / "config.toml")
