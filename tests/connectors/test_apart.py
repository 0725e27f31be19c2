"""R42, without a server: whatever single value is refused, the rest is written, with a bounded number of calls."""

from collections.abc import Mapping
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.apart import CALLS, CORE, PATIENCE, Apart
from connectors.connector import Answer, Raw
from connectors.contact import FIELDS, Fields, Value
from connectors.errors import AuthError, RecordRefused

NOON = datetime(2026, 11, 30, 12, tzinfo=UTC)


class Server:
    """A server that refuses a write with any of some fields in it, and names none of them."""

    def __init__(self, refused: frozenset[str], status: int = 400) -> None:
        self.refused, self.status = refused, status
        self.holds: dict[str, Value] = {}
        self.calls = self.made = 0

    def write(self, changes: Fields) -> Answer:
        self.calls += 1
        if not self.refused.isdisjoint(changes):
            raise RecordRefused("gh", "it answered 400: no", status=self.status)
        self.holds |= changes
        return Answer({"id": "1", **self.holds}, NOON)

    def make(self, changes: Fields) -> Answer:
        answer = self.write(changes)
        self.made += 1
        return answer

    def rewrite(self, _raw: Raw, changes: Fields) -> Answer:
        return self.write(changes)


changes = st.dictionaries(st.sampled_from(FIELDS), st.just("x"), min_size=2)


@given(changes, st.data())
def test_an_update_without_one_value_goes_through(sent: Mapping[str, str], data: st.DataObject) -> None:
    bad = data.draw(st.sampled_from(sorted(sent)))
    server = Server(frozenset({bad}))
    answer = Apart().update(server.write, sent)
    assert answer.rejected.keys() == {bad} == answer.refused
    assert server.holds.keys() == sent.keys() - {bad}
    assert server.calls <= CALLS + 3


@given(changes, st.sets(st.sampled_from(FIELDS)))
def test_nothing_that_is_refused_is_taken_for_written_and_calls_are_bounded(
    sent: Mapping[str, str], bad: set[str]
) -> None:
    server = Server(frozenset(bad))
    try:
        answer = Apart().update(server.write, sent)
    except RecordRefused:
        assert not bad.isdisjoint(sent)
    else:
        assert sent.keys() - answer.rejected.keys() <= server.holds.keys()
        assert bad & sent.keys() <= answer.rejected.keys()
    assert server.calls <= CALLS + 4


@given(changes, st.data())
def test_somebody_is_made_once_without_one_value(sent: Mapping[str, str], data: st.DataObject) -> None:
    person = {"first_name": "Ann", "last_name": "Ames", **sent}
    bad = data.draw(st.sampled_from(sorted((person.keys() - CORE) | {"phone"} & person.keys() or {"city"})))
    server = Server(frozenset({bad}))
    answer = Apart().create(server.make, server.rewrite, person)
    assert server.made == 1
    assert answer.rejected.keys() == {bad} & person.keys()
    assert server.holds.keys() == person.keys() - {bad}
    assert server.calls <= CALLS + 8


def test_nobody_is_made_without_the_word_that_they_may_not_be_contacted() -> None:
    server = Server(frozenset({"do_not_contact"}))
    with pytest.raises(RecordRefused):
        Apart().create(server.make, server.rewrite, {"first_name": "Ann", "email": "x", "do_not_contact": "yes"})
    assert server.made == 0


def test_a_server_that_takes_nothing_is_soon_asked_once_only() -> None:
    server, apart = Server(frozenset(FIELDS)), Apart()
    for _ in range(PATIENCE):
        with pytest.raises(RecordRefused):
            apart.update(server.write, {"city": "x", "title": "y"})
    before = server.calls
    with pytest.raises(RecordRefused):
        apart.update(server.write, {"city": "x", "title": "y"})
    assert server.calls == before + 1


@pytest.mark.parametrize("status", [413, 429])
def test_other_refusals_are_not_taken_apart(status: int) -> None:
    server = Server(frozenset({"city"}), status)
    with pytest.raises(RecordRefused):
        Apart().update(server.write, {"city": "x", "title": "y"})
    assert server.calls == 1


def test_an_error_of_the_account_is_raised_as_it_is() -> None:
    def write(_changes: Fields) -> Answer:
        raise AuthError("gh", "it answered 401")

    with pytest.raises(AuthError):
        Apart().update(write, {"city": "x", "title": "y"})


def test_nobody_is_made_without_their_address_on_a_guess() -> None:
    server = Server(frozenset({"email"}))
    with pytest.raises(RecordRefused):
        Apart().create(server.make, server.rewrite, {"first_name": "Ann", "email": "x", "city": "y"})
    assert server.made == 0
