"""Lists that are broken in one place: it is named and asked for again, and all the rest is carried (R42, R43)."""

from typing import Any

import pytest

from connectors.sandbox.base import Call, SandboxResponse
from tests.end_to_end.changed_answers import rewrite
from tests.end_to_end.message_world import Office, minutes
from tests.end_to_end.world import World

COUNT = 12
NO_IDS: tuple[Any, ...] = (0, -1, "0", "", False, True, 1.5, {}, ["x"], "a/b", "\xe9")
"""What no record can have as its id."""


@pytest.fixture
def people(world: World) -> World:
    """Contacts at both sides who are not at the other one yet, each of another minute."""
    for number in range(COUNT):
        world.gg.add(first_name=f"L{number}", email=f"l{number}@example.com", at=minutes(-60 + number))
    for number in range(COUNT):
        world.clock.skip(60)
        world.gh.add(firstName=f"R{number}", email=f"r{number}@example.com")
    return world


def _rows(body: Any) -> list[Any] | None:
    rows = body.get("contacts") if isinstance(body, dict) else None
    return rows if isinstance(rows, list) else None


def _at_both(world: World) -> set[str]:
    left, right = ({str(each["email"]) for each in server.people()} for server in (world.gg, world.gh))
    return left & right


def _emails(*, but: str = "") -> set[str]:
    return {f"{side}{number}@example.com" for side in "lr" for number in range(COUNT)} - {but}


@pytest.mark.parametrize(
    "row", [None, 5, "x", {}, {"id": None}, [], *({"id": each, "firstName": "X", "first_name": "X"} for each in NO_IDS)]
)
@pytest.mark.parametrize(("system", "email"), [("gh", "r4@example.com"), ("gg", "l4@example.com")])
def test_a_row_that_is_no_record_is_listed_and_the_others_are_carried(
    people: World, system: str, email: str, row: Any
) -> None:
    """As soon as the list shows the record again, it is carried and the failure is closed."""
    is_broken = [True]

    def change(_call: Call, body: Any) -> Any:
        rows = _rows(body)
        if rows is None or not is_broken[0]:
            return body
        return {**body, "contacts": [row if each.get("email") == email else each for each in rows]}

    rewrite(people.gh if system == "gh" else people.gg, change)
    report = people.run(skip=60)
    assert report.errors == []
    assert report.exit_code == 1
    assert _at_both(people) == _emails(but=email)
    (failure,) = people.rows("SELECT operation, reason FROM failure")
    assert failure["operation"] == "window"
    assert "no records" in failure["reason"]
    assert people.run(skip=60).exit_code == 1
    is_broken[0] = False
    assert people.run(skip=60).exit_code == 0
    assert _at_both(people) == _emails()
    assert people.rows("SELECT * FROM failure") == []


@pytest.mark.parametrize(("system", "email"), [("gh", "r4@example.com"), ("gg", "l4@example.com")])
@pytest.mark.parametrize("second", ["", "9@example.com"])
def test_a_record_at_which_the_server_fails_is_named_by_its_place_and_the_others_are_carried(
    people: World, system: str, email: str, second: str
) -> None:
    """Each page that holds the record is answered 500, whatever else it holds; so is one with another record."""
    bad = {email, f"{email[0]}{second}"}

    def change(_call: Call, body: Any) -> Any:
        fails = any(isinstance(each, dict) and each.get("email") in bad for each in _rows(body) or ())
        return SandboxResponse(500, {"message": "Internal server error"}) if fails else body

    rewrite(people.gh if system == "gh" else people.gg, change)
    report = people.run(skip=60)
    assert report.errors == []
    assert report.exit_code == 1
    assert _at_both(people) == _emails() - bad
    failures = people.rows("SELECT reason FROM failure")
    broken = len(bad & _emails())  # parts of a window overlap by a millisecond: one record may lie in two of them
    assert broken <= len(failures) <= 2 * broken
    assert all("500" in each["reason"] for each in failures)


@pytest.mark.parametrize(("system", "email"), [("gh", "r4@example.com"), ("gg", "l4@example.com")])
def test_a_record_that_is_too_large_to_be_answered_is_named_and_the_others_are_carried(
    people: World, system: str, email: str
) -> None:
    """Each answer that holds the record is 413, in a list and by id."""

    def change(_call: Call, body: Any) -> Any:
        shown = body.get("contact") if isinstance(body, dict) else None
        rows = [*(_rows(body) or ()), shown]
        is_too_large = any(isinstance(each, dict) and each.get("email") == email for each in rows)
        return SandboxResponse(413, {"message": "too large"}) if is_too_large else body

    rewrite(people.gh if system == "gh" else people.gg, change)
    report = people.run(skip=60)
    assert report.errors == []
    assert report.exit_code == 1
    assert _at_both(people) == _emails(but=email)
    failures = people.rows("SELECT reason FROM failure")
    assert 1 <= len(failures) <= 2
    assert all("413" in each["reason"] for each in failures)


@pytest.mark.parametrize("system", ["gh", "gg"])
def test_a_linked_record_that_became_too_large_is_named_and_the_others_are_carried(people: World, system: str) -> None:
    """Its next edit waits: it is carried as soon as the record can be answered again. Another edit is carried now."""
    assert people.run(skip=60).exit_code == 0
    server, beyond = (people.gh, people.gg) if system == "gh" else (people.gg, people.gh)
    first_name = "first_name" if system == "gh" else "firstName"
    is_large = [True]
    large, other = (str(each["id"]) for each in list(server.people())[:2])
    for record_id in (large, other):
        people.clock.skip(60)
        if system == "gh":
            people.gh.edit(record_id, firstName="New")
        else:
            people.gg.edit(record_id, first_name="New")

    def change(_call: Call, body: Any) -> Any:
        shown = body.get("contact") if isinstance(body, dict) else None
        rows = [*(_rows(body) or ()), shown]
        is_too_large = any(isinstance(each, dict) and str(each.get("id")) == large for each in rows)
        is_too_large = is_too_large and is_large[0]
        return SandboxResponse(413, {"message": "too large"}) if is_too_large else body

    rewrite(server, change)
    report = people.run(skip=60)
    assert report.errors == []
    assert report.exit_code == 1
    assert people.rows("SELECT reason FROM failure")
    assert sum(each[first_name] == "New" for each in beyond.people()) == 1
    is_large[0] = False
    assert people.run(skip=60).exit_code == 0
    assert sum(each[first_name] == "New" for each in beyond.people()) == 2
    assert people.rows("SELECT * FROM failure") == []


@pytest.mark.parametrize("system", ["gh", "gg"])
def test_a_server_that_fails_at_every_page_is_down_and_no_contact_is_listed(people: World, system: str) -> None:
    """Each question is answered 500: that is no record's fault."""
    rewrite(people.gh if system == "gh" else people.gg, lambda _call, _body: SandboxResponse(500, {"message": "no"}))
    report = people.run(skip=60)
    assert report.exit_code == 3
    assert people.rows("SELECT * FROM failure") == []


@pytest.mark.parametrize("system", ["gh", "gg"])
def test_a_total_that_is_one_too_many_for_good_is_put_up_with_and_said(people: World, system: str) -> None:
    """Two readings show the same: every contact is carried, and the next run has nothing to do."""

    def change(_call: Call, body: Any) -> Any:
        if _rows(body) is None:
            return body
        if "total" in body:
            return {**body, "total": body["total"] + 1}
        shown = len(body["contacts"])
        pagination = body.get("pagination") or {"page": 1, "per_page": 200, "total_pages": 1, "total_entries": shown}
        return {**body, "pagination": {**pagination, "total_entries": pagination["total_entries"] + 1}}

    rewrite(people.gh if system == "gh" else people.gg, change)
    report = people.run(skip=60)
    assert report.errors == []
    assert report.exit_code == 0
    assert _at_both(people) == _emails()
    with people.calls() as calls:
        assert people.run(skip=60).exit_code == 0
    assert calls.writes == []


def _messages(office: Office) -> World:
    world = office.world
    left, right = office.person("ana")
    office.write(left, "at growthgenius")
    for number in range(4):
        world.clock.skip(3600)
        world.gh.add_message(right, text=f"number {number}")
    return world


def test_a_row_of_the_export_that_is_no_message_is_listed_and_the_others_are_carried(office: Office) -> None:
    """One of four messages is null in the export: three are carried, and the fourth as soon as it shows again."""
    world = _messages(office)
    is_broken = [True]

    def change(call: Call, body: Any) -> Any:
        if not call.path.endswith("/messages/export") or not is_broken[0]:
            return body
        rows = [None if each.get("body") == "number 2" else each for each in body["messages"]]
        return {**body, "messages": rows}

    rewrite(world.gh, change)
    report = world.run(skip=60)
    assert report.errors == []
    assert report.exit_code == 1
    (left,) = world.links()
    assert {text for text in office.letters(left) if "number" in text} == {"number 0", "number 1", "number 3"}
    is_broken[0] = False
    assert world.run(skip=60).exit_code == 0
    assert "number 2" in office.letters(left)


@pytest.mark.parametrize(
    ("system", "key", "value"),
    [
        *((system, "id", each) for system in ("gg", "gh") for each in NO_IDS),
        # A message without a contact is left out.
        *(
            (system, key, each)
            for system, key in (("gg", "contact_id"), ("gh", "contactId"))
            for each in NO_IDS
            if each != ""
        ),
    ],
)
def test_a_message_with_an_id_that_none_can_have_is_listed_and_carried_once_it_has_one(
    office: Office, system: str, key: str, value: Any
) -> None:
    """Nothing is carried under the wrong id, and nothing is lost: the time of the row is read again."""
    world = office.world
    left, right = office.person("ana")
    assert world.run(skip=60).exit_code == 0
    text = "the message"
    if system == "gg":
        office.write(left, text)
    else:
        world.gh.add_message(right, text=text)
    is_broken = [True]

    def change(call: Call, body: Any) -> Any:
        if not call.path.endswith(("/messages/export", "/integrations/v1/messages")) or not is_broken[0]:
            return body
        rows = [{**each, key: value} if text in each.values() else each for each in body["messages"]]
        return {**body, "messages": rows}

    def copies() -> int:
        shown = office.notes(right) if system == "gg" else office.letters(left)
        return sum(text in each for each in shown)

    rewrite(world.gg if system == "gg" else world.gh, change)
    report = world.run(skip=60)
    assert (report.errors, report.exit_code, copies()) == ([], 1, 0)
    is_broken[0] = False
    assert (world.run(skip=60).exit_code, copies()) == (0, 1)
    assert world.rows("SELECT * FROM failure") == []


def test_a_total_of_the_export_that_is_one_too_many_is_put_up_with(office: Office) -> None:
    """Two looks show the same: all messages are carried, without an error."""
    world = _messages(office)

    def change(call: Call, body: Any) -> Any:
        return {**body, "total": body["total"] + 1} if call.path.endswith("/messages/export") else body

    rewrite(world.gh, change)
    report = world.run(skip=60)
    assert report.errors == []
    assert report.exit_code == 0
    (left,) = world.links()
    assert sum("number" in text for text in office.letters(left)) == 4
