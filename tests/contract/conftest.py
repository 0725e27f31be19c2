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
