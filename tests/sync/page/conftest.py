import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from sync.config.model import Config, parse
from tests.sync.config_text import GOOD
from tests.sync.page.client import State, Visitor
from tests.sync.page.state_files import fill

TOKEN = "a-token-of-invented-letters"


@pytest.fixture
def configured(tmp_path: Path) -> Callable[[str], Config]:
    """Return a config with some lines under `[status_page]`."""

    def parsed(lines: str) -> Config:
        return parse(f"{GOOD}\n[status_page]\n{lines}\n", tmp_path / "config.toml")

    return parsed


@pytest.fixture(scope="session")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A state file with one of everything, to be copied."""
    found = parse(GOOD, tmp_path_factory.mktemp("filled") / "config.toml")
    fill(found)
    return found.state.path


@pytest.fixture
def config(configured: Callable[[str], Config], filled: Path) -> Config:
    """A config with nothing said about the page, and a state with one of everything."""
    found = configured("")
    shutil.copy(filled, found.state.path)
    return found


@pytest.fixture
def visitor(config: Config) -> Iterator[Visitor]:
    """A visitor on this machine, where no token is required."""
    one = Visitor(State(config))
    yield one
    one.runner.close()


@pytest.fixture
def stranger(config: Config, configured: Callable[[str], Config]) -> Iterator[Visitor]:
    """A visitor of a page that requires a token, without the token."""
    one = Visitor(State(configured(f'listen = "0.0.0.0:8787"\ntoken = "{TOKEN}"')))
    yield one
    one.runner.close()
