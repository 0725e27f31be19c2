"""`sync forget`: not a byte of a contact is left in the state, neither account is called, and no run syncs it again."""

import json
import sqlite3
from contextlib import closing
from functools import partial
from typing import Any

import click
import pytest

from connectors.sandbox.base import Fault
from state.errors import LockHeld, StateError
from state.file import StateFile
from state.lock import hold_connection
from sync.commands.forget import forget as forget_command
from sync.config.model import load
from sync.errors import Declined, UsageError
from sync.operations import forget as forget_operation
from sync.operations.explain import explain
from sync.output.report import Comparison, RunReport
from tests.end_to_end import mirror
from tests.end_to_end.message_world import Office, minutes
from tests.end_to_end.world import World


class Teletype:
    """A stream at which a user sits."""

    @staticmethod
    def isatty() -> bool:
        return True


class Terminal:
    """As much of `sys` as a command asks to see whether it has a terminal."""

    stdin = stderr = Teletype


SECRETS = ("annika", "zorn", "2125550123", "trondheim", "quux")


def forget(world: World, who: str) -> dict[str, Any]:
    """Forget a contact; it must make no call."""
    world.write_config()
    with world.calls() as calls:
        found = forget_operation.forget(load(world.config_path), who)
    assert calls.counts == (0, 0)
    return json.loads(json.dumps(found))  # type: ignore[no-any-return]


def lift(world: World, who: str) -> int:
    return int(forget_operation.lift(load(world.config_path), who)["lifted"])


def linked(world: World) -> tuple[str, str]:
    """Put Ann in sync, with a history, and Bob beside her; return her ids, left first."""
    world.gg.add(first_name="Bob", email="bob@example.com", mobile_phone="+1 212 555 0177")
    left = world.gg.add(
        first_name="Annika",
        last_name="Zorn",
        email="annika@example.com",
        mobile_phone="+1 212 555 0123",
        city="Trondheim",
    )
    assert world.run().exit_code == 0
    world.gg.edit(left, company_name="Quux")
    assert world.run().exit_code == 0
    return left, world.links()[left]


def leftovers(world: World, *more: str) -> set[str]:
    """Return what is left of a contact in any file of the state, whatever it is part of."""
    files = [path for path in world.folder.iterdir() if path.name.startswith("sync.db")]
    assert files
    content = b"".join(path.read_bytes() for path in files).lower()
    return {secret for secret in (*SECRETS, *more) if secret.lower().encode() in content}


def left_out(report: RunReport) -> int:
    return report.streams["contacts"].left_out


def verified(world: World) -> Comparison:
    found = world.run(dry_run=True, unguarded=True, whole=True, compared=True).comparison
    assert found is not None
    return found


def test_not_a_byte_is_left_of_a_contact_that_is_forgotten(world: World) -> None:
    left, right = linked(world)
    assert leftovers(world, right) == {*SECRETS, right}
    found = forget(world, "annika@example.com")
    assert found["people"] == [{"ids": {"gg": [left], "gh": [right]}}]
    assert found["erased"] == {"link": 1, "history": 2, "person": 2, "number": 2}
    assert leftovers(world, right, f'"{left}"') == set()
    assert [row["email"] for row in world.rows("SELECT DISTINCT email FROM person")] == ["bob@example.com"]


def test_everything_that_may_be_open_about_a_contact_goes_too(world: World) -> None:
    world.contacts["conflicts"] = '"manual"'
    left, right = linked(world)
    world.gg.edit(left, city="Annika's town", title="CTO")
    world.gh.edit(right, city="Zorn's town")
    twin = world.gg.add(first_name="Annika", last_name="Zorn", email="ANNIKA@example.com")
    world.gh.faults.append(Fault("status", method="PUT", status=422, body={"message": "annika@example.com is odd"}))
    world.run()
    world.run()
    bad = world.run()
    world.gg.edit(left, company_name="Quux 2")
    carried = world.run()
    world.run(undoes=carried.run)
    assert {row["field"] for row in world.rows("SELECT field FROM held")} == {"company", "title"}
    assert bad.exit_code == 1
    found = forget(world, f"gh:{right}")
    assert found["people"] == [{"ids": {"gg": sorted([left, twin]), "gh": [right]}}]
    assert leftovers(world, right) == set()
    for table in ("conflict", "failure", "held", "intent", "trouble"):
        assert world.rows(f"SELECT * FROM {table}") == [], table


def test_an_error_that_a_run_reported_loses_the_name(world: World) -> None:
    left, right = linked(world)
    world.gg.edit(left, title="CTO")
    body = {"message": f"no answer about annika@example.com ({right})"}
    world.gh.faults.append(Fault("status", method="PUT", status=500, body=body, times=None))
    assert world.run().exit_code == 3
    world.gh.faults.clear()
    forget(world, "annika@example.com")
    assert leftovers(world, right) == set()


def test_a_failure_of_another_contact_loses_the_name_and_stays(world: World) -> None:
    one = world.gg.add(first_name="Annika", last_name="Zorn", mobile_phone="+12125550123")
    world.gg.add(
        first_name="Annika", last_name="Zorn", mobile_phone="+12125550123", city="Trondheim", company_name="Quux"
    )
    world.gh.add(firstName="Annika", lastName="Zorn", phone="+12125550123")
    world.run()
    assert len(world.rows("SELECT * FROM failure")) == 3
    forget(world, f"gg:{one}")
    failures = world.rows("SELECT * FROM failure")
    assert len(failures) == 2
    assert [row for row in failures if one in row["reason"] or one in row["blockers"]] == []
    assert "(forgotten)" in failures[0]["reason"] + failures[1]["reason"]


def test_no_run_takes_a_contact_up_again_and_neither_side_is_touched(world: World) -> None:
    left, right = linked(world)
    forget(world, "annika@example.com")
    world.gg.edit(left, city="Oslo")
    world.gh.edit(right, companyName="Beta")
    for options in ({}, {"whole": True}):
        with world.calls() as calls:
            report = world.run(**options)
        assert (report.exit_code, calls.writes, left_out(report)) == (0, [], 2)
        assert left not in world.links()
        assert leftovers(world, right) == set()
    found = verified(world)
    assert (found.agree, found.only) == (True, {"gg": [], "gh": []})
    assert len(world.gh.people()) == 2


@pytest.mark.parametrize("side", ["left", "right"])
@pytest.mark.parametrize("again", ["the address", "the number alone"])
def test_a_contact_that_comes_back_under_another_id_is_left_out_as_well(world: World, side: str, again: str) -> None:
    left, right = linked(world)
    forget(world, "annika@example.com")
    world.gg.remove(left)
    world.gh.remove(right)
    known: dict[str, Any]
    if side == "left":
        known = {"email": "Annika@Example.com"} if again == "the address" else {"work_phone": "212-555-0123"}
        world.gg.add(first_name="Annika", last_name="Zorn", **known)
    else:
        known = {"email": "Annika@Example.com"} if again == "the address" else {"phone": "+12125550123"}
        world.gh.add(firstName="Annika", lastName="Zorn", **known)
    with world.calls() as calls:
        report = world.run()
    assert (calls.writes, left_out(report)) == ([], 1)


def test_colleagues_that_share_the_number_are_carried(world: World) -> None:
    linked(world)
    forget(world, "annika@example.com")
    world.run()
    world.gg.add(first_name="Cai", last_name="Stone", work_phone="212-555-0123")
    world.gg.add(first_name="Annika", last_name="Zorn", email="another.annika@example.com", work_phone="212-555-0123")
    report = world.run()
    assert (left_out(report), report.streams["contacts"].accounts["gh"].created) == (0, 2)


def test_no_contact_is_met_that_was_forgotten_when_a_server_names_them(world: World) -> None:
    _, right = linked(world)
    forget(world, "annika@example.com")
    left = world.gg.add(first_name="Annika", last_name="Zorn", email="new@example.com", mobile_phone="+12125550123")
    world.run()
    assert world.links().get(left) != right


def test_lifting_ends_it_and_a_run_that_reads_everything_takes_them_up(world: World) -> None:
    left, right = linked(world)
    forget(world, "annika@example.com")
    assert lift(world, "missing@example.com") == 0
    assert lift(world, "+12125550123") == 1
    assert world.rows("SELECT * FROM forgotten") == []
    assert lift(world, "annika@example.com") == 0
    report = world.run(whole=True)
    assert (report.exit_code, left_out(report)) == (0, 0)
    assert world.links()[left] == right
    world.gg.edit(left, city="Oslo")
    world.run()
    assert world.gh.person(right)["city"] == "Oslo"


@pytest.mark.parametrize("whole", [False, True])
@pytest.mark.parametrize("side", ["left", "right"])
@pytest.mark.parametrize("changes", ["an e-mail", "all that identifies"])
def test_a_contact_that_is_taken_up_again_is_linked_as_before_and_not_created_twice(
    world: World, side: str, changes: str, *, whole: bool
) -> None:
    left, right = linked(world)
    world.gh.edit(right, custom={"contact.growthgenius_id": None})
    forget(world, "annika@example.com")
    assert lift(world, "annika@example.com") == 1
    others: dict[str, Any] = {} if changes == "an e-mail" else {"first_name": "Else", "last_name": "Worth"}
    if side == "left":
        world.gg.edit(left, email="new@example.com", mobile_phone=None, **others)
    else:
        names: dict[str, Any] = {"firstName": "Else", "lastName": "Worth"} if others else {}
        world.gh.edit(right, email="new@example.com", phone=None, **names)
    world.run(whole=whole)
    world.run(whole=whole)
    assert (len(world.gg.people()), len(world.gh.people())) == (2, 2)
    assert world.links()[left] == right
    assert world.rows("SELECT * FROM lifted") == []


def test_a_contact_that_is_taken_up_again_and_was_deleted_on_the_other_side_is_created_there(world: World) -> None:
    left, right = linked(world)
    forget(world, "annika@example.com")
    world.gh.remove(right)
    assert lift(world, "annika@example.com") == 1
    world.gg.edit(left, city="Oslo")
    world.run()
    assert world.run().exit_code == 0
    assert len(world.gh.people()) == 2
    assert world.at_right(left)["city"] == "Oslo"
    assert world.rows("SELECT * FROM lifted") == []


def test_the_other_side_is_read_in_full_once_for_all_that_are_lifted_and_not_again_once_their_records_are_gone(
    world: World,
) -> None:
    people = [world.gg.add(first_name=f"P{number}", email=f"p{number}@example.com") for number in range(4)]
    assert world.run().exit_code == 0
    readings = []
    for lifted in (people[:1], people[1:]):
        for left in lifted:
            world.gh.remove(world.links()[left])
            forget(world, f"gg:{left}")
            lift(world, f"gg:{left}")
        world.contacts["create"] = '"none"'
        for left in lifted:
            world.gg.edit(left, city="Oslo")
        with world.calls() as calls:
            world.run()
        readings.append(len(calls.to("POST", "/contacts/search")))
        assert world.rows("SELECT * FROM lifted") == []
    assert readings[0] == readings[1]
    for left in people:
        world.gg.edit(left, city="Rome")
    with world.calls() as calls:
        world.run()
    assert len(calls.to("POST", "/contacts/search")) < readings[1]


def test_a_lifted_contact_is_linked_again_although_its_address_alone_would_be_ambiguous(world: World) -> None:
    left, right = linked(world)
    world.contacts["conflicts"] = '"left"'
    world.gh.edit(right, custom={"contact.growthgenius_id": None})
    forget(world, "annika@example.com")
    lift(world, "annika@example.com")
    world.gh.edit(right, email="other@example.com", phone=None)
    world.gg.edit(
        left, first_name="Else", last_name="Worth", email="new@example.com; other@example.com", mobile_phone=None
    )
    assert world.run().exit_code == 0
    assert world.links()[left] == right
    assert (len(world.gg.people()), len(world.gh.people())) == (2, 2)
    assert world.rows("SELECT * FROM lifted") == []


def test_a_contact_that_is_met_in_the_usual_way_after_lifting_needs_no_hashes_any_more(world: World) -> None:
    left, right = linked(world)
    forget(world, "annika@example.com")
    lift(world, "annika@example.com")
    assert world.run(whole=True).exit_code == 0
    assert world.links()[left] == right
    assert world.rows("SELECT * FROM lifted") == []


def test_a_run_that_is_cut_off_keeps_what_identifies_a_contact_that_is_synced_again(world: World) -> None:
    left, right = linked(world)
    forget(world, "annika@example.com")
    lift(world, "annika@example.com")
    world.gg.edit(left, email="new@example.com", city="Oslo")
    world.gh.faults.append(Fault("status", path="/contacts/", times=None, status=503))
    world.run()
    assert world.rows("SELECT * FROM lifted")
    world.gh.faults.clear()
    world.run()
    assert world.links()[left] == right
    assert len(world.gh.people()) == 2


@pytest.mark.parametrize(("answer", "arguments", "erased"), [("n", (), False), ("y", (), True), ("", ("--yes",), True)])
def test_on_a_terminal_forgetting_asks_first(
    world: World, monkeypatch: pytest.MonkeyPatch, answer: str, arguments: tuple[str, ...], *, erased: bool
) -> None:
    left, right = linked(world)
    asked: list[str] = []

    def confirm(text: str, **_: object) -> bool:
        asked.append(text)
        return answer == "y"

    monkeypatch.setattr("sync.commands.forget.sys", Terminal)
    monkeypatch.setattr("sync.commands.forget.click.confirm", confirm)
    config = ("--config", str(world.config_path))
    called = partial(forget_command.main, ["annika@example.com", *arguments, *config], standalone_mode=False)
    if answer == "n":
        with pytest.raises(click.Abort) as caught:
            called()
        assert isinstance(caught.value.__cause__, Declined)  # the command line ends it as an interruption
    else:
        called()
    assert bool(world.rows("SELECT * FROM forgotten")) == erased
    assert len(asked) == (not arguments)
    assert all(f"gg:{left}" in text and f"gh:{right}" in text for text in asked)


@pytest.mark.parametrize("who", ["gg", "gh", "annika@example.com", "(212) 555-0123"])
def test_lifting_works_by_any_identifier(world: World, who: str) -> None:
    ids = dict(zip(("gg", "gh"), linked(world), strict=True))
    forget(world, "annika@example.com")
    typed = f"{who}:{ids[who]}" if who in ids else who
    assert explain(load(world.config_path), typed, None) == {"people": [], "forgotten": True}
    assert lift(world, typed) == 1
    assert explain(load(world.config_path), typed, None) == {"people": [], "forgotten": False}


@mirror.one_way
def test_a_number_of_several_contacts_erases_no_contact(world: World) -> None:
    linked(world)
    cai = world.gg.add(first_name="Cai", email="cai@example.com", work_phone="+12125550123")
    world.run()
    before = world.tables_of_state("holder")
    with pytest.raises(UsageError, match=rf"matches several contacts; erase one of them.*gg:{cai}"):
        forget(world, "+12125550123")
    assert world.tables_of_state("holder") == before


def test_a_stranger_is_not_forgotten(world: World) -> None:
    assert forget(world, "missing@example.com") == {"people": [], "erased": {}, "forgotten": False}
    assert not world.state_path.exists()
    linked(world)
    assert forget(world, "missing@example.com")["forgotten"] is False
    assert world.rows("SELECT * FROM forgotten") == []


def test_hashes_are_salted(world: World, tmp_path_factory: pytest.TempPathFactory) -> None:
    linked(world)
    forget(world, "annika@example.com")
    first = {row["digest"] for row in world.rows("SELECT digest FROM forgotten")}
    lift(world, "annika@example.com")
    world.run(whole=True)
    forget(world, "annika@example.com")
    assert {row["digest"] for row in world.rows("SELECT digest FROM forgotten")} == first
    with closing(sqlite3.connect(world.state_path)) as db:
        db.execute("DELETE FROM salt")
        db.execute("DELETE FROM forgotten")
        db.commit()
    world.run(whole=True)
    forget(world, "annika@example.com")
    assert {row["digest"] for row in world.rows("SELECT digest FROM forgotten")}.isdisjoint(first)


def test_a_run_that_goes_on_is_not_disturbed(world: World) -> None:
    linked(world)
    state = StateFile.open(world.state_path)
    try:
        with hold_connection(state, "sales", 0), pytest.raises(LockHeld):
            forget(world, "annika@example.com")
    finally:
        state.close()
    assert "annika" in leftovers(world)


def test_while_a_reader_uses_the_file_it_is_said_that_bytes_may_be_left_and_the_next_try_finishes(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, right = linked(world)
    monkeypatch.setattr("state.file.BUSY_SECONDS", 0)
    with closing(sqlite3.connect(world.state_path, isolation_level=None)) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT * FROM link").fetchone()
        with pytest.raises(StateError, match="another process reads the file"):
            forget(world, "annika@example.com")
        assert world.rows("SELECT * FROM link WHERE right_id = ?", right) == []
    again = forget(world, "annika@example.com")
    assert again == {"people": [], "erased": {}, "forgotten": True}
    assert leftovers(world, right) == set()


def test_the_command_says_what_it_did_not_do(live_world: World) -> None:
    world = live_world
    left, right = linked(world)
    result = world.sync("forget", "annika@example.com")
    assert result.code == 0
    lines = result.out.splitlines()
    ends = [f"gg:{left}", f"gh:{right}"], ["gg", "gh"]
    ids, accounts = (each[::-1] if mirror.SWAPPED else each for each in ends)
    assert lines[0] == f"forgotten: {', '.join(ids)}"
    assert (
        lines[2] == f"  not deleted at {' and '.join(accounts)}: the records are still there, and runs leave them out"
    )
    assert "copies of the state file still hold" in result.out
    assert world.sync("forget", "missing@example.com").code == 1
    assert world.sync("forget", "ann").code == 2
    explained = world.sync("explain", "annika@example.com")
    assert explained.code == 1
    assert "sync it again with: sync forget WHO --lift" in explained.out
    lifted = world.sync("forget", "annika@example.com", "--lift", "--json")
    assert (lifted.code, lifted.document) == (0, {"lifted": 1})
    assert world.sync("forget", "annika@example.com", "--lift").code == 1


def test_the_messages_of_a_contact_go_with_them_and_those_of_others_stay(office: Office) -> None:
    world = office.world
    (left, right), (other, _) = office.person("annika"), office.person("bob")
    text = office.write(left, "The quux is at Trondheim", at=minutes(-9))
    office.write(other, "Hello Bob", at=minutes(-8))
    world.gh.add_message(right, "SMS", "inbound", "Zorn here", at=minutes(-7))
    world.run()
    world.gg.edit_message(text, rendered_copy="The Zorn is at Trondheim")
    world.run()
    assert {"trondheim", "quux", right} <= leftovers(world, right)
    (person,) = explain(load(world.config_path), "annika@example.com", None)["people"]
    events = [one for one in person["history"] if one["stream"] == "messages"]
    result = {(one["account"], one["rule"]): one["source"] for one in events}
    assert result.keys() == {("gh", "created"), ("gg", "created"), ("gh", "carried")}
    assert result["gh", "created"] == result["gh", "carried"] == f"gg:{text}"
    forget(world, "annika@example.com")
    assert leftovers(world, right) == set()
    assert len(world.rows("SELECT * FROM message WHERE side = 'left'")) == 1
    with world.calls() as calls:
        report = world.run(whole=True)
    assert calls.writes == []
    assert report.streams["messages"].left_out > 0
    assert leftovers(world, right) == set()


def test_a_copy_that_was_erased_leaves_no_text_behind(office: Office) -> None:
    world = office.world
    world.contacts["deletes"] = '"propagate"'
    left, right = office.person("annika")
    text = office.write(left, "The quux is at Trondheim", at=minutes(-9))
    world.run()
    world.gg.remove_message(text)
    world.run(whole=True)
    assert office.notes(right) == []
    assert "trondheim" in leftovers(world)
    forget(world, f"gh:{right}")
    assert leftovers(world, right) == set()
