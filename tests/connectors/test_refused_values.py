"""R42, without a server: whatever single value is refused, the rest is written, with a bounded number of calls."""

from collections.abc import Mapping
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.connector import WriteResult
from connectors.contact import FIELDS, Fields, Value
from connectors.errors import AuthError, ConnectorError, DuplicateRefused, OutcomeUnknown, RecordRefused, TransientError
from connectors.records import Raw
from connectors.refused_values import CALLS, CORE, PATIENCE, RefusedValueWriter

RECORD: Raw = {"id": "1"}
NOON = datetime(2026, 11, 30, 12, tzinfo=UTC)


class Server:
    """A server that refuses a write with any of some fields in it, and names none of them."""

    def __init__(self, refused: frozenset[str], status: int = 400) -> None:
        self.refused, self.status = refused, status
        self.holds: dict[str, Value] = {}
        self.calls = self.made = 0

    def write(self, changes: Fields) -> WriteResult:
        self.calls += 1
        if not self.refused.isdisjoint(changes):
            raise RecordRefused("gh", "it answered 400: no", status=self.status)
        self.holds |= changes
        return WriteResult({"id": "1", **self.holds}, NOON)

    def make(self, changes: Fields) -> WriteResult:
        answer = self.write(changes)
        self.made += 1
        return answer

    def rewrite(self, _raw: Raw, changes: Fields) -> WriteResult:
        return self.write(changes)


changes = st.dictionaries(st.sampled_from(FIELDS), st.just("x"), min_size=2)


@given(changes, st.data())
def test_an_update_without_one_value_goes_through(sent: Mapping[str, str], data: st.DataObject) -> None:
    bad = data.draw(st.sampled_from(sorted(sent)))
    server = Server(frozenset({bad}))
    answer = RefusedValueWriter().update(server.rewrite, RECORD, sent)
    assert answer.rejected.keys() == {bad} == answer.refused
    assert server.holds.keys() == sent.keys() - {bad}
    assert server.calls <= CALLS + 3


@given(changes, st.sets(st.sampled_from(FIELDS)))
def test_nothing_that_is_refused_is_mistaken_for_written_and_calls_are_bounded(
    sent: Mapping[str, str], bad: set[str]
) -> None:
    server = Server(frozenset(bad))
    try:
        answer = RefusedValueWriter().update(server.rewrite, RECORD, sent)
    except RecordRefused:
        assert not bad.isdisjoint(sent)
    else:
        assert sent.keys() - answer.rejected.keys() <= server.holds.keys()
        assert bad & sent.keys() <= answer.rejected.keys()
    assert server.calls <= CALLS + 4


@given(changes, st.data())
def test_a_contact_is_created_once_without_one_value(sent: Mapping[str, str], data: st.DataObject) -> None:
    person = {"first_name": "Ann", "last_name": "Ames", **sent}
    bad = data.draw(st.sampled_from(sorted((person.keys() - CORE) | {"phone"} & person.keys() or {"city"})))
    server = Server(frozenset({bad}))
    answer = RefusedValueWriter().create(server.make, server.rewrite, person)
    assert server.made == 1
    assert answer.rejected.keys() == {bad} & person.keys()
    assert server.holds.keys() == person.keys() - {bad}
    assert server.calls <= CALLS + 8


def test_no_contact_is_created_without_the_word_that_they_may_not_be_contacted() -> None:
    server = Server(frozenset({"do_not_contact"}))
    with pytest.raises(RecordRefused):
        RefusedValueWriter().create(
            server.make, server.rewrite, {"first_name": "Ann", "email": "x", "do_not_contact": "yes"}
        )
    assert server.made == 0


def test_a_server_that_takes_nothing_is_soon_asked_once_only() -> None:
    server, apart = Server(frozenset(FIELDS)), RefusedValueWriter()
    for _ in range(PATIENCE):
        with pytest.raises(RecordRefused):
            apart.update(server.rewrite, RECORD, {"city": "x", "title": "y"})
    before = server.calls
    with pytest.raises(RecordRefused):
        apart.update(server.rewrite, RECORD, {"city": "x", "title": "y"})
    assert server.calls == before + 1


@pytest.mark.parametrize("status", [413, 429])
def test_other_refusals_are_not_taken_apart(status: int) -> None:
    server = Server(frozenset({"city"}), status)
    with pytest.raises(RecordRefused):
        RefusedValueWriter().update(server.rewrite, RECORD, {"city": "x", "title": "y"})
    assert server.calls == 1


def test_an_error_of_the_account_is_raised_as_it_is() -> None:
    def write(_raw: Raw, _changes: Fields) -> WriteResult:
        raise AuthError("gh", "it answered 401")

    with pytest.raises(AuthError):
        RefusedValueWriter().update(write, RECORD, {"city": "x", "title": "y"})


def test_no_contact_is_created_without_their_address_on_a_guess() -> None:
    server = Server(frozenset({"email"}))
    with pytest.raises(RecordRefused):
        RefusedValueWriter().create(server.make, server.rewrite, {"first_name": "Ann", "email": "x", "city": "y"})
    assert server.made == 0


PERSON: Fields = {"first_name": "Ann", "email": "ann@example.com", "city": "Rome", "state": "Lazio"}


def test_no_contact_is_created_without_its_tags() -> None:
    server = Server(frozenset({"city"}))
    first: list[Fields] = []

    def make(sent: Fields) -> WriteResult:
        answer = server.make(sent)
        first.append(sent)
        return answer

    RefusedValueWriter().create(make, server.rewrite, {**PERSON, "tags": ("via",)})
    (made,) = first
    assert made["tags"] == ("via",)
    refusing = Server(frozenset({"tags"}))
    with pytest.raises(RecordRefused):
        RefusedValueWriter().create(refusing.make, refusing.rewrite, {**PERSON, "phone": "x", "tags": ("via",)})
    assert refusing.made == 0


def test_a_field_that_is_kept_as_a_tag_is_never_left_out_of_a_create() -> None:
    server = Server(frozenset({"industry"}))
    with pytest.raises(RecordRefused):
        RefusedValueWriter(CORE | {"industry"}).create(server.make, server.rewrite, {**PERSON, "industry": "x"})
    assert server.made == 0


@pytest.mark.parametrize("creates", [True, False])
def test_a_success_between_bad_contacts_keeps_the_search_for_the_bad_value_on(*, creates: bool) -> None:
    apart, bad, good = RefusedValueWriter(), Server(frozenset(FIELDS)), Server(frozenset())
    for _ in range(PATIENCE + 1):
        with pytest.raises(RecordRefused):
            apart.update(bad.rewrite, RECORD, {"city": "x", "title": "y"})
        if creates:
            apart.create(good.make, good.rewrite, PERSON)
        else:
            apart.update(good.rewrite, RECORD, {"city": "x"})
    server = Server(frozenset({"city"}))
    assert apart.update(server.rewrite, RECORD, PERSON).rejected.keys() == {"city"}


@pytest.mark.parametrize("kind", [AuthError, TransientError, OutcomeUnknown])
def test_an_error_that_is_no_refusal_keeps_the_id_and_is_passed_on(kind: type[ConnectorError]) -> None:
    server = Server(frozenset({"city"}))

    def write(_raw: Raw, _changes: Fields) -> WriteResult:
        raise kind("gh", "not now")

    answer = RefusedValueWriter().create(server.make, write, PERSON)
    assert answer.raw["id"] == "1"
    assert isinstance(answer.error, kind)
    assert answer.unwritten == {"city", "state"}
    assert not answer.rejected
    assert not answer.refused


def test_a_create_that_is_a_conflict_is_sent_once() -> None:
    server = Server(frozenset({"city"}), 409)
    with pytest.raises(RecordRefused):
        RefusedValueWriter().create(server.make, server.rewrite, PERSON)
    assert server.calls == 1


def test_a_conflict_at_the_second_try_ends_a_create() -> None:
    tries = iter([400, 409, 400])
    made: list[Fields] = []

    def make(sent: Fields) -> WriteResult:
        made.append(sent)
        raise RecordRefused("gh", "no", status=next(tries))

    with pytest.raises(RecordRefused) as refused:
        RefusedValueWriter().create(make, Server(frozenset()).rewrite, {**PERSON, "phone": "x"})
    assert refused.value.status == 409
    assert len(made) == 2


def test_a_create_is_not_repeated_where_the_refused_one_is_found() -> None:
    server = Server(frozenset({"city"}))

    def found() -> None:
        raise OutcomeUnknown("gh", "it is there")

    with pytest.raises(OutcomeUnknown):
        RefusedValueWriter().create(server.make, server.rewrite, PERSON, found)
    assert server.calls == 1


@given(changes, st.sets(st.sampled_from(FIELDS)))
def test_no_field_that_a_half_has_written_is_sent_again(sent: Mapping[str, str], bad: set[str]) -> None:
    server = Server(frozenset(bad))
    written: list[str] = []

    def write(raw: Raw, part: Fields) -> WriteResult:
        assert all(raw.get(name) == server.holds[name] for name in written)
        answer = server.rewrite(raw, part)
        written.extend(part)
        return answer

    try:
        answer = RefusedValueWriter().update(write, RECORD, sent)
    except RecordRefused:
        assert written == []
    else:
        assert sorted(written) == sorted(sent.keys() - answer.rejected.keys())


@pytest.mark.parametrize("kind", [RecordRefused, DuplicateRefused])
def test_what_a_half_has_written_is_reported_when_all_later_writes_are_refused(kind: type[ConnectorError]) -> None:
    calls = 0

    def write(_raw: Raw, part: Fields) -> WriteResult:
        nonlocal calls
        calls += 1
        if calls == 2:
            return WriteResult({"id": "1", **part}, NOON)
        if calls == 1 or kind is RecordRefused:
            raise RecordRefused("gh", "no", status=400)
        raise DuplicateRefused("gh", "no", "2", "email")

    answer = RefusedValueWriter().update(write, RECORD, {"city": "x", "state": "y", "title": "z", "email": "e"})
    assert answer.rejected.keys() == {"title", "email"}
    assert (answer.raw["city"], answer.raw["state"]) == ("x", "y")


def test_a_double_that_is_refused_before_anything_is_written_is_raised() -> None:
    refusals = iter([RecordRefused("gh", "no", status=400), DuplicateRefused("gh", "no", "2", "email")])

    def write(_raw: Raw, _part: Fields) -> WriteResult:
        raise next(refusals)

    with pytest.raises(DuplicateRefused):
        RefusedValueWriter().update(write, RECORD, {"email": "x", "city": "y"})


@given(changes, st.data())
def test_the_record_is_looked_at_before_each_second_try(sent: Mapping[str, str], data: st.DataObject) -> None:
    bad = data.draw(st.sampled_from(sorted(sent)))
    server, seen = Server(frozenset({bad})), []

    def look(raw: Raw, part: Fields) -> None:
        assert raw is RECORD
        seen.append(set(part))

    RefusedValueWriter().update(server.rewrite, RECORD, sent, look)
    assert len(seen) == server.calls - 1
    assert {bad} in seen


def test_what_was_edited_between_two_tries_is_not_written() -> None:
    server = Server(frozenset({"city"}))

    def look(_raw: Raw, _part: Fields) -> None:
        raise OutcomeUnknown("gh", "it was edited")

    with pytest.raises(OutcomeUnknown):
        RefusedValueWriter().update(server.rewrite, RECORD, {"city": "x", "title": "y"}, look)
    assert server.holds == {}


@pytest.mark.parametrize("kind", [AuthError, TransientError])
def test_what_a_half_has_written_is_reported_with_the_error_that_ended_the_writes(kind: type[ConnectorError]) -> None:
    calls = 0

    def write(_raw: Raw, part: Fields) -> WriteResult:
        nonlocal calls
        calls += 1
        if calls == 1:
            raise RecordRefused("gh", "no", status=400)
        if calls == 2:
            return WriteResult({"id": "1", **part}, NOON)
        raise kind("gh", "not now")

    answer = RefusedValueWriter().update(write, RECORD, {"city": "x", "state": "y", "title": "z", "email": "e"})
    assert (answer.raw["city"], answer.raw["state"]) == ("x", "y")
    assert answer.unwritten == {"title", "email"}
    assert not answer.rejected
    assert isinstance(answer.error, kind)


def test_a_refused_create_that_cannot_be_looked_up_has_an_unknown_outcome() -> None:
    server = Server(frozenset({"city"}))

    def look_up() -> None:
        raise AuthError("gh", "bad key")

    with pytest.raises(OutcomeUnknown, match="whether it created the contact is unknown: bad key"):
        RefusedValueWriter().create(server.make, server.rewrite, {"first_name": "Ann", "city": "x"}, look_up)
    assert server.made == 0
