from collections.abc import Iterator

import pytest

from tests.contract.subject import Place, Subject
from tests.contract.subjects import SUBJECTS


@pytest.fixture(params=SUBJECTS, ids=lambda subject: subject.name)
def subject(request: pytest.FixtureRequest) -> Subject:
    chosen: Subject = request.param
    return chosen


@pytest.fixture
def place(subject: Subject) -> Iterator[Place]:
    with subject.running() as place:
        yield place


@pytest.fixture(params=[each for each in SUBJECTS if each.priced], ids=lambda subject: subject.name)
def typical(request: pytest.FixtureRequest) -> Iterator[Place]:
    """Return a place at each system, as it is documented; for what the other ways to answer have no part in."""
    with request.param.running() as place:
        yield place
