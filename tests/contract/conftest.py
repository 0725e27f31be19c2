from collections.abc import Iterator

import pytest

from tests.contract.message_subject import MessageSubject, Post
from tests.contract.subject import Place, Subject
from tests.contract.subjects import MESSAGE_SUBJECTS, SUBJECTS


@pytest.fixture(params=SUBJECTS, ids=lambda subject: subject.name)
def subject(request: pytest.FixtureRequest) -> Subject:
    chosen: Subject = request.param
    return chosen


@pytest.fixture
def place(subject: Subject) -> Iterator[Place]:
    with subject.running() as place:
        yield place


@pytest.fixture(params=[each for each in SUBJECTS if each.priced], ids=lambda subject: subject.name)
def typical_subject(request: pytest.FixtureRequest) -> Subject:
    chosen: Subject = request.param
    return chosen


@pytest.fixture
def typical(typical_subject: Subject) -> Iterator[Place]:
    """Return a place at each system, as it is documented; for what the other ways to answer have no part in."""
    with typical_subject.running() as place:
        yield place


@pytest.fixture(params=[each for each in SUBJECTS if each.deletes], ids=lambda subject: subject.name)
def deleting(request: pytest.FixtureRequest) -> Iterator[Place]:
    """Return a place at each system whose API deletes contacts."""
    with request.param.running() as place:
        yield place


@pytest.fixture(params=[each for each in SUBJECTS if not each.deletes], ids=lambda subject: subject.name)
def keeping(request: pytest.FixtureRequest) -> Iterator[Place]:
    """Return a place at each system whose API deletes no contacts."""
    with request.param.running() as place:
        yield place


@pytest.fixture(params=MESSAGE_SUBJECTS, ids=lambda subject: subject.name)
def message_subject(request: pytest.FixtureRequest) -> MessageSubject:
    chosen: MessageSubject = request.param
    return chosen


@pytest.fixture
def post(message_subject: MessageSubject) -> Iterator[Post]:
    with message_subject.running() as post:
        yield post


@pytest.fixture(params=[each for each in MESSAGE_SUBJECTS if each.priced], ids=lambda subject: subject.name)
def typical_post(request: pytest.FixtureRequest) -> Iterator[Post]:
    """Return a post at each system, as it is documented."""
    with request.param.running() as post:
        yield post
