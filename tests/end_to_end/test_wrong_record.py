"""An answer about another record than was asked for: nothing is written on its strength, and the others go on."""

import json
import re
from dataclasses import replace

import pytest

from connectors.sandbox.base import Call, SandboxResponse
from tests.end_to_end.changed_answers import crossed, rewrite
from tests.end_to_end.message_world import Office, minutes
from tests.end_to_end.world import World


@pytest.fixture
def pairs(world: World) -> World:
    """Ana, Bob and Cy on both sides, linked."""
    for name in ("ana", "bob", "cy"):
        world.gg.add(first_name=name.title(), email=f"{name}@example.com", city="Oslo", at=minutes(-60))
    assert world.run().exit_code == 0
    return world


def _left(world: World, name: str) -> str:
    return next(str(each["id"]) for each in world.gg.people() if each["email"] == f"{name}@example.com")


def _writes_to(calls: list[Call], record_id: str) -> list[Call]:
    return [call for call in calls if call.method in {"PUT", "POST", "DELETE", "PATCH"} and record_id in call.path]


@pytest.mark.parametrize("system", ["gh", "gg"])
def test_nothing_is_written_where_the_answer_shows_another_contact(pairs: World, system: str) -> None:
    """GET of Ana's record is answered with Bob's, at either system: Bob keeps his values, Cy gets hers."""
    left = {name: _left(pairs, name) for name in ("ana", "bob", "cy")}
    right = {name: pairs.links()[record_id] for name, record_id in left.items()}
    if system == "gh":
        rewrite(pairs.gh, crossed("GET", f"/contacts/{right['ana']}", lambda: pairs.gh.person(right["bob"])))
        for name in ("ana", "cy"):
            pairs.gg.edit(left[name], city="Rome")
    else:
        rewrite(pairs.gg, crossed("GET", f"/contacts/{left['ana']}", lambda: pairs.gg.person(left["bob"])))
        for name in ("ana", "cy"):
            pairs.gh.edit(right[name], city="Rome")
    with pairs.calls() as calls:
        report = pairs.run()
    server, ids = (pairs.gh, right) if system == "gh" else (pairs.gg, left)
    assert report.exit_code == 1
    assert server.person(ids["bob"])["city"] == "Oslo"
    assert server.person(ids["ana"])["city"] == "Oslo"
    assert server.person(ids["cy"])["city"] == "Rome"
    assert _writes_to([*calls.gg, *calls.gh], ids["bob"]) == []
    (failure,) = pairs.rows("SELECT who, reason FROM failure")
    assert failure["who"] == "ana@example.com"
    assert "was answered with" in failure["reason"]
    assert ids["bob"] in failure["reason"]


def test_a_crossed_answer_that_passes_is_asked_again_and_harms_no_contact(pairs: World) -> None:
    """One wrong answer, once: the second one is right, and the value is carried by the same run."""
    ana, bob = _left(pairs, "ana"), pairs.links()[_left(pairs, "bob")]
    path, wrong = f"/contacts/{pairs.links()[ana]}", [True]

    def change(call: Call, body: object) -> object:
        if call.method == "GET" and call.path.endswith(path) and wrong.pop():
            return {"contact": pairs.gh.person(bob)}
        return body

    wrong[:0] = [False] * 10
    rewrite(pairs.gh, change)
    pairs.gg.edit(ana, city="Rome")
    assert pairs.run().exit_code == 0
    assert pairs.at_right(ana)["city"] == "Rome"
    assert pairs.gh.person(bob)["city"] == "Oslo"


def test_the_answer_to_an_update_that_shows_another_contact_is_not_mistaken_for_it(pairs: World) -> None:
    """PUT of Ana is answered with Bob's record: what Ana shows is read, and Bob is linked to himself alone."""
    ana, bob = _left(pairs, "ana"), pairs.links()[_left(pairs, "bob")]
    rewrite(pairs.gh, crossed("PUT", f"/contacts/{pairs.links()[ana]}", lambda: pairs.gh.person(bob)))
    links = pairs.links()
    pairs.gg.edit(ana, city="Rome")
    assert pairs.run().exit_code == 0
    assert pairs.links() == links
    assert pairs.at_right(ana)["city"] == "Rome"
    assert pairs.gh.person(bob)["city"] == "Oslo"
    with pairs.calls() as calls:
        assert pairs.run().exit_code == 0
    assert calls.writes == []


@pytest.mark.parametrize("system", ["gh", "gg"])
def test_a_create_that_is_answered_with_another_contact_creates_no_contact_twice(pairs: World, system: str) -> None:
    """The record in the answer is of a contact that is linked: what was made is looked for, and found."""
    left = _left(pairs, "bob")
    if system == "gh":
        rewrite(pairs.gh, crossed("POST", "/contacts/", lambda: pairs.gh.person(pairs.links()[left])))
        pairs.gg.add(first_name="Dee", email="dee@example.com")
    else:
        rewrite(pairs.gg, crossed("POST", "/contacts", lambda: pairs.gg.person(left)))
        pairs.gh.add(firstName="Dee", email="dee@example.com")
    for _ in range(3):
        report = pairs.run(skip=120)
    assert report.exit_code == 0
    assert len(pairs.links()) == 4
    for server in (pairs.gg, pairs.gh):
        assert [each["email"] for each in server.people()].count("dee@example.com") == 1


def test_a_merge_is_followed_where_the_old_id_shows_the_survivor(pairs: World) -> None:
    """GrowthHub answers the id of a merged contact with the record that it was merged into, which bears its e-mail."""
    ana = _left(pairs, "ana")
    old = pairs.links()[ana]
    kept = pairs.gh.add(firstName="Ana", email="ana.new@example.com")
    pairs.gh.merge(kept, old)
    pairs.gh.edit(kept, email="ana@example.com")
    rewrite(pairs.gh, crossed("GET", f"/contacts/{old}", lambda: pairs.gh.person(kept)))
    report = pairs.run(whole=True)
    assert report.exit_code == 0
    assert pairs.links()[ana] == kept
    assert len(pairs.gg.people()) == len(pairs.gh.people()) == 3


def test_deletions_are_not_carried_where_the_old_id_shows_a_stranger(pairs: World) -> None:
    """A cache that shows Bob for Ana, and a list without Ana: Ana's counterpart is not deleted for it."""
    pairs.contacts["deletes"] = '"propagate"'
    ana, bob = _left(pairs, "ana"), pairs.links()[_left(pairs, "bob")]
    old = pairs.links()[ana]
    rewrite(pairs.gh, crossed("GET", f"/contacts/{old}", lambda: pairs.gh.person(bob)))
    pairs.gh.remove(old)
    report = pairs.run(whole=True)
    assert report.exit_code == 1
    assert pairs.gg.person(ana)["email"] == "ana@example.com"
    assert [row["record_id"] for row in pairs.rows("SELECT record_id FROM failure")] == [old]


def test_a_message_that_is_answered_with_another_message_is_a_failure_of_its_own(office: Office) -> None:
    """An edit is believed only when the message itself shows it: the copy of the wrong one is not written over."""
    world = office.world
    ana, _ = office.person("ana")
    first, second = office.write(ana, "first"), office.write(ana, "second")
    assert world.run().exit_code == 0
    rewrite(world.gg, crossed("GET", f"/messages/{first}", lambda: world.gg.message(second), "message"))
    world.gg.edit_message(first, rendered_copy="first, edited")
    report = world.run()
    assert report.exit_code == 1
    shown = office.notes(world.links()[ana])
    assert sum("second" in note for note in shown) == 1
    assert sum("first" in note for note in shown) == 1
    (failure,) = world.rows("SELECT who, reason FROM failure WHERE stream = 'messages'")
    assert failure["who"] == "ana@example.com"
    assert failure["reason"].startswith(f"message {first}: ")


@pytest.mark.parametrize("system", ["gh", "gg"])
def test_two_creates_that_are_answered_with_the_same_record_end_no_run_and_make_no_contact_twice(
    pairs: World, system: str
) -> None:
    """No contact knows which create made the record: neither contact is linked to it unseen, and both are looked
    for.
    """
    pairs.options["settle"] = '"60s"'
    server = pairs.gh if system == "gh" else pairs.gg
    names = ("dee", "eve")
    for name in names:
        if system == "gh":
            pairs.gg.add(first_name=name.title(), email=f"{name}@example.com")
        else:
            pairs.gh.add(firstName=name.title(), email=f"{name}@example.com")
    handle = server.handle
    shown: list[SandboxResponse] = []

    def same(call: Call) -> SandboxResponse:
        served = handle(call)
        if call.method == "POST" and re.search(r"/contacts/?$", call.path):
            shown.append(served)
            body, first = (json.loads(json.dumps(each.body)) for each in (served, shown[0]))
            body["contact"]["id"] = first["contact"]["id"]
            return replace(served, body=body)
        return served

    server.handle = same  # type: ignore[method-assign] # both answers show the first id
    report = pairs.run(skip=62)
    assert len(shown) == 2
    assert report.errors == []
    for _ in range(3):
        report = pairs.run(skip=120)
    assert report.exit_code == 0
    assert len(pairs.links()) == 5
    for left_id, right_id in pairs.links().items():
        assert pairs.gg.person(left_id)["email"] == pairs.gh.person(right_id)["email"]
    for each in (pairs.gg, pairs.gh):
        emails = [one["email"] for one in each.people()]
        assert [emails.count(f"{name}@example.com") for name in names] == [1, 1]


@pytest.mark.parametrize("is_bare", [True, False])
def test_a_create_without_an_e_mail_that_is_answered_with_a_stranger_is_not_mistaken_for_it(
    world: World, is_bare: bool
) -> None:
    """The record in the answer is linked to no contact: what it shows proves that it is another contact."""
    world.contacts["direction"] = '"left_to_right"'
    world.options["settle"] = '"60s"'
    stranger = world.gh.add(firstName="Zoe", phone="+12125550199")
    world.gg.add(first_name="Dee", last_name="Example", mobile_phone="+12125550123", at=minutes(-30))
    shown = {"id": stranger} if is_bare else world.gh.person(stranger)
    rewrite(world.gh, crossed("POST", "/contacts/", lambda: shown))
    world.run(skip=62)
    assert stranger not in world.links().values()
    for _ in range(3):
        report = world.run(skip=120)
    assert report.exit_code == 0
    (right,) = world.links().values()
    assert world.gh.person(right)["firstName"] == "Dee"
    assert world.gh.person(stranger)["firstName"] == "Zoe"
    assert len(world.gh.people()) == 2


def test_a_create_that_the_server_takes_for_a_change_of_an_older_record_is_a_first_meeting(world: World) -> None:
    """What else the older record shows was typed by contacts: it is met as such, and never counted as made by a run."""
    left = world.gg.add(first_name="Dee", email="dee@example.com", title="CEO", at=minutes(-30))
    assert world.gh.people() == []
    handle = world.gh.handle

    def upserting(call: Call) -> SandboxResponse:
        if call.method != "POST" or not re.search(r"/contacts/?$", call.path):
            return handle(call)
        world.gh.handle = handle  # type: ignore[method-assign]  # it does so once
        old = "2026-01-02T03:04:05.000Z"
        older = world.gh.add(firstName="Dee", email="dee@example.com", city="Oslo", dateAdded=old, dateUpdated=old)
        return SandboxResponse(200, {"contact": world.gh.person(older)})

    world.gh.handle = upserting  # type: ignore[method-assign]  # a server that upserts
    report = world.run()
    assert report.exit_code == 0
    assert report.streams["contacts"].accounts["gh"].created == 0
    (right,) = world.links().values()
    assert world.gg.person(left)["city"] == "Oslo"
    assert world.gh.custom(right, "contact.job_title") == "CEO"
    assert world.rows("SELECT * FROM intent") == []
