"""Whautomate with any other system: both become the same, whatever its server does, and no contact is lost."""

from datetime import timedelta
from pathlib import Path
from random import Random
from typing import Final

import pytest
from urllib3 import BaseHTTPResponse

from connectors.http.request import Request
from connectors.http.transport import Transport
from connectors.sandbox.base import Call, Fault, RateLimit
from connectors.whautomate.sandbox.server import WhautomateBehaviour
from sync.config.model import load
from sync.engine.check import check
from sync.operations.explain import explain
from sync.output.progress import SilentProgress
from sync.rehearsal import rehearse
from sync.text_output.timeline import explanation_lines
from tests.end_to_end.listing_world import KINDS, ListingWorld, listing_world, writes
from tests.thorough import THOROUGH

VARIANTS: Final[dict[str, WhautomateBehaviour]] = {
    "documented": WhautomateBehaviour(),
    "W2 largest page": WhautomateBehaviour(largest_page=3),
    "W2 limit ignored": WhautomateBehaviour(limit="ignored", largest_page=4),
    "W2 limit refused": WhautomateBehaviour(limit="refused", largest_page=20),
    "W2 page ignored": WhautomateBehaviour(page="ignored"),
    "W3 data": WhautomateBehaviour(lists="data"),
    "W3 contacts": WhautomateBehaviour(lists="contacts"),
    "W3 errors with 200": WhautomateBehaviour(errors="ok"),
    "W3 errors with 200, limit refused": WhautomateBehaviour(errors="ok", limit="refused", largest_page=20),
    "W3 errors with 200, doubles refused": WhautomateBehaviour(errors="ok", doubles="refused", search="nothing"),
    "W4 oldest": WhautomateBehaviour(order="oldest", largest_page=3),
    "W4 updated": WhautomateBehaviour(order="updated", largest_page=3),
    "W4 shifting": WhautomateBehaviour(order="shifting", largest_page=3),
    "W4 repeats": WhautomateBehaviour(repeats=True, largest_page=3),
    "W5 no times": WhautomateBehaviour(times="hidden"),
    "W5 frozen times": WhautomateBehaviour(times="frozen"),
    "W6 400": WhautomateBehaviour(missing="400"),
    "W6 null": WhautomateBehaviour(missing="null"),
    "W6 empty": WhautomateBehaviour(missing="empty"),
    "W7 merges": WhautomateBehaviour(put="merges"),
    "W8 adds": WhautomateBehaviour(put_tags="adds"),
    "W8 ignores": WhautomateBehaviour(put_tags="ignores"),
    "W8 no tag calls": WhautomateBehaviour(tag_calls="missing"),
    "W8 silent": WhautomateBehaviour(tag_calls="silent"),
    "W8 wordless": WhautomateBehaviour(tag_calls="wordless"),
    "W10 merges": WhautomateBehaviour(put_custom_fields="merges"),
    "W10 list": WhautomateBehaviour(list_of_fields=True),
    "W10 words": WhautomateBehaviour(numbers_as_words=True),
    "W11 dropped": WhautomateBehaviour(unknown_stage="dropped"),
    "W11 kept": WhautomateBehaviour(unknown_stage="kept"),
    "W12 ids taken": WhautomateBehaviour(ids="taken"),
    "W13 refused": WhautomateBehaviour(doubles="refused"),
    "W13 upserted": WhautomateBehaviour(doubles="upserted"),
    "W14 bare": WhautomateBehaviour(phones="bare"),
    "W15 search ignored": WhautomateBehaviour(search="ignored"),
    "W15 search finds nothing": WhautomateBehaviour(search="nothing"),
    "W15 search finds nothing, doubles refused": WhautomateBehaviour(search="nothing", doubles="refused"),
    "W15 search finds nothing, doubles upserted": WhautomateBehaviour(search="nothing", doubles="upserted"),
    "W17 optional": WhautomateBehaviour(needs_location=False),
}
"""What the documents of Whautomate leave open, one at a time."""


def fill(world: ListingWorld) -> None:
    """Let users of both accounts have contacts: of one account alone, and of both."""
    for number in range(4):
        world.add_left(
            first_name="Ada", last_name=f"de Byron{number}", email=f"ada{number}@example.com",
            phone=f"+1212555010{number}", city="Oslo", tags=["vip"],
        )  # fmt: skip
        world.add_wa(f"Grace Harbour{number}", f"+1212555020{number}", email=f"grace{number}@example.com", city="Rome")
    world.add_left(first_name="Charles", last_name="Wheeler", phone="+12125550300", tags=["cold"])
    world.add_wa("Charles Wheeler", "+12125550300", tags=["hot"], company="Example")


PAIRS: Final = [
    (kind, name)
    for number, name in enumerate(VARIANTS)
    for kind in (KINDS if THOROUGH else KINDS[number % 2 : number % 2 + 1])
]
"""Each variant with each other system; without THOROUGH with one of them, in turn."""


@pytest.mark.parametrize(("kind", "name"), PAIRS)
def test_both_sides_become_the_same_in_two_runs_and_the_third_writes_nothing(
    tmp_path: Path, kind: str, name: str
) -> None:
    with listing_world(tmp_path, kind, VARIANTS[name]) as world:
        fill(world)
        world.run()
        ada = next(each["id"] for each in world.lefts() if each["email"] == "ada0@example.com")
        grace = next(each["id"] for each in world.was() if each["email"] == "grace0@example.com")
        world.clock.skip(600)
        world.edit_left(ada, city="Paris", tags=["vip", "warm"])
        world.wa.edit(grace, customFields={"city": "Bonn"}, tags=["new"])
        reports = [world.run(), world.run()]
        assert [report.errors for report in reports] == [[], []]
        assert world.failures() == []
        assert world.differences() == []
        assert len(world.lefts()) == len(world.was()) == len(world.links()) == 9
        before = writes(world.left), writes(world.wa)
        world.run()
        assert (writes(world.left), writes(world.wa)) == before
        assert world.wa.throttled == 0


def linked(world: ListingWorld, number: int = 30) -> list[str]:
    """Let contacts of Whautomate be created at the left; return their ids at Whautomate."""
    ids = [world.add_wa(f"Person N{n}", f"+44207946{n:04}", email=f"p{n}@example.com") for n in range(number)]
    world.run()
    assert len(world.links()) == number
    return ids


@pytest.mark.parametrize("missing", ["404", "400", "null", "empty"])
def test_a_contact_that_was_deleted_is_found_by_a_reconcile_and_deleted_there_if_the_config_says_so(
    tmp_path: Path, missing: str
) -> None:
    with listing_world(tmp_path, behaviour=WhautomateBehaviour(missing=missing)) as world:  # type: ignore[arg-type]
        ids = linked(world)
        world.contacts = {"deletes": '"propagate"'}
        world.wa.remove(ids[3])
        world.run()
        assert (world.gone(), len(world.lefts())) == (0, 30), "an ordinary run finds no deletion"
        report = world.run(whole=True)
        assert (world.gone(), len(world.lefts()), report.errors) == (0, 29, [])
        assert world.failures() == []


def test_a_contact_that_was_deleted_there_is_deleted_at_whautomate(tmp_path: Path) -> None:
    with listing_world(tmp_path) as world:
        linked(world)
        world.contacts = {"deletes": '"propagate"'}
        world.left.remove(world.lefts()[0]["id"])
        world.run(whole=True)
        assert (len(world.was()), len(world.lefts())) == (29, 29)


@pytest.mark.parametrize("lost", [21, 60])
def test_a_list_that_lost_most_contacts_deletes_nobody_and_says_what_lets_it_through(tmp_path: Path, lost: int) -> None:
    with listing_world(tmp_path) as world:
        ids = linked(world, 60)
        world.contacts = {"deletes": '"propagate"', "max_changed": "0.3"}
        for each in ids[:lost]:
            world.wa.remove(each)
        world.run(whole=True, unguarded=False)
        assert (world.gone(), len(world.lefts())) == (0, 60)
        (note,) = [line for line in world.notes if "none of them is taken for deleted" in line]
        assert f"{lost} of 60 linked contacts" in note
        assert "sync reconcile --connection sales --unguarded" in note
        world.run(whole=True)
        assert len(world.lefts()) == 60 - lost


def test_whoever_has_no_number_is_left_out_with_the_reason_until_they_have_one(tmp_path: Path) -> None:
    with listing_world(tmp_path) as world:
        ada = world.add_left(first_name="Ada", email="ada@example.com")
        world.add_left(phone="+12125550101", email="nameless@example.com")
        report = world.run()
        assert (world.was(), report.streams["contacts"].left_out, report.errors) == ([], 2, [])
        assert "left: 1 contact left out: no phone number, which Whautomate needs" in world.notes
        assert "left: 1 contact left out: no name, which Whautomate needs" in world.notes
        assert world.failures() == []
        world.edit_left(ada, phone="+12125550100")
        world.run()
        assert [(each["name"], each["phone"]) for each in world.was()] == [("Ada", "+12125550100")]


@pytest.mark.parametrize("kind", KINDS)
def test_explain_says_why_a_contact_is_left_out(tmp_path: Path, kind: str) -> None:
    with listing_world(tmp_path, kind) as world:
        ada = world.add_left(first_name="Ada", email="ada@example.com")
        nameless = world.add_left(phone="+12125550101", email="nameless@example.com")
        linked_id = world.add_left(first_name="Grace", phone="+12125550102")
        insta = world.add_wa("Insta Gram", None)
        world.run()
        config = load(world.write_config())
        reasons = {
            each: [one["left_out"] for one in explain(config, each, None)["people"]]
            for each in (f"left:{ada}", f"left:{nameless}", f"left:{linked_id}", f"wa:{insta}")
        }
        assert reasons == {
            f"left:{ada}": ["no phone number, which Whautomate needs"],
            f"left:{nameless}": ["no name, which Whautomate needs"],
            f"left:{linked_id}": [""],
            f"wa:{insta}": ["it has no phone number, or is of another location"],
        }
        document = explain(config, f"wa:{insta}", None)
        assert "left out: it has no phone number" in "\n".join(explanation_lines(document))


def test_contacts_of_other_channels_and_locations_are_never_created_elsewhere(tmp_path: Path) -> None:
    with listing_world(tmp_path) as world:
        world.add_wa("Insta Gram", None, email="insta@example.com")
        world.wa.add(name="Other Place", phoneNumber="+12125550102", location={"id": "elsewhere", "title": "E"})
        world.add_left(first_name="Insta", last_name="Gram", email="insta@example.com", phone="+12125550103")
        report = world.run()
        assert len(world.lefts()) == 1
        assert sorted(each["name"] for each in world.was()) == ["Insta Gram", "Insta Gram", "Other Place"]
        assert "wa: 1 contact left out: no phone number" in world.notes
        assert "wa: 1 contact left out: of location elsewhere" in world.notes
        assert report.streams["contacts"].left_out == 2


def test_a_contact_of_another_channel_is_paired_by_its_source_id_where_that_is_configured_and_never_written(
    tmp_path: Path,
) -> None:
    with listing_world(tmp_path) as world:
        world.account = {"other_channels": "true"}
        ada = world.add_left(first_name="Ada", last_name="Byron", email="ada@example.com", city="Oslo")
        insta = world.add_wa("Ada Byron", None, growthhub_id=ada, company="Example")
        world.run()
        assert world.links() == {ada: insta}
        assert world.lefts()[0]["company"] == "Example"
        before = writes(world.wa)
        world.edit_left(ada, city="Rome")
        world.run()
        world.run()
        assert (writes(world.wa), world.failures()) == (before, [])


@pytest.mark.parametrize("kind", KINDS)
def test_a_split_name_fills_blanks_and_replaces_no_name(tmp_path: Path, kind: str) -> None:
    with listing_world(tmp_path, kind) as world:
        maria = world.add_left(first_name="Maria", last_name="de la Cruz", phone="+12125550104")
        world.add_wa("Maria de la Cruz", "+12125550104")
        world.add_wa("Ana de la Cruz", "+12125550105")
        world.run()
        world.run()
        names = {each["phone"]: (each["first_name"], each["last_name"]) for each in world.lefts()}
        assert names == {"+12125550104": ("Maria", "de la Cruz"), "+12125550105": ("Ana de la", "Cruz")}
        world.wa.edit(world.links()[maria], name="Maria Lopez Ortega")
        world.run()
        assert world.lefts()[0]["last_name"] == "de la Cruz"
        world.edit_left(maria, last_name="de la Vega")
        world.run()
        assert {each["name"] for each in world.was()} == {"Maria de la Vega", "Ana de la Cruz"}
        assert world.failures() == []


def test_a_create_that_the_server_took_for_an_update_is_a_first_meeting(tmp_path: Path) -> None:
    """The search of this server finds nothing, and it overwrites a contact whose number is sent again."""
    behaviour = WhautomateBehaviour(search="nothing", doubles="upserted", times="hidden")
    with listing_world(tmp_path, behaviour=behaviour) as world:
        world.contacts = {"create": '"right"'}
        known = world.add_wa("Ada Byron", "+12125550106", city="Oslo")
        world.run()
        eve = world.add_left(first_name="Eve", last_name="Smith", email="eve@example.com", phone="+12125550106")
        world.run()
        world.run()
        assert len(world.was()) == 1
        assert world.links().get(eve) in {None, known}
        assert len(world.lefts()) == 1


def test_values_that_the_server_drops_are_refused_once_and_start_no_ping_pong(tmp_path: Path) -> None:
    with listing_world(tmp_path, behaviour=WhautomateBehaviour(unknown_fields="dropped")) as world:
        fill(world)
        world.run()
        world.run()
        before = writes(world.left), writes(world.wa)
        report = world.run()
        assert ((writes(world.left), writes(world.wa)), report.errors) == (before, [])
        assert len(world.links()) == 9


SEEDS: Final = 1000 if THOROUGH else 4


@pytest.mark.parametrize("seed", range(SEEDS))
def test_lists_that_shift_and_shrink_lose_and_delete_nobody(tmp_path: Path, seed: int) -> None:
    chance = Random(seed)  # noqa: S311 - a course of events to repeat, no secret
    pick = chance.choice
    behaviour = WhautomateBehaviour(
        order=pick(("newest", "oldest", "updated", "shifting", "shuffled")), largest_page=pick((2, 3, 7, 100)),
        repeats=pick((False, True)), times=pick(("true", "hidden", "frozen")), put=pick(("replaces", "merges")),
        put_tags=pick(("replaces", "adds", "ignores")), tag_calls=pick(("work", "missing", "silent", "wordless")),
        phones=pick(("plus", "bare")), doubles=pick(("made", "refused", "upserted")), search=pick(("text", "ignored")),
        list_of_fields=pick((False, True)), missing=pick(("404", "400", "null")),
    )  # fmt: skip
    with listing_world(tmp_path, pick(KINDS), behaviour, seed=seed) as world:
        world.contacts = {"deletes": '"propagate"', "max_changed": "0.5"}
        for number in range(10):
            address, phone = f"left{number}@example.com", f"+1212555{number:04}"
            world.add_left(first_name="Ann", last_name=f"Left{number}", email=address, phone=phone)
            world.add_wa(f"Bob Right{number}", f"+4420794{number:05}", email=f"right{number}@example.com")
        lose = world.wa.chance

        def meanwhile(call: Call) -> None:
            """Let the list leave rows out now and then, and let users edit."""
            if call.method == "GET" and call.path.endswith("/contacts") and lose.random() < 0.1:
                body = [] if lose.random() < 0.5 else {"error": "busy"}
                world.wa.faults.append(Fault("status", "GET", "/contacts$", status=pick((200, 500, 503)), body=body))

        world.wa.before_answer = meanwhile
        for _ in range(3):
            for person in world.was():
                if chance.random() < 0.2:
                    world.wa.edit(person["id"], customFields={"city": pick(("Oslo", "Rome", "Bonn"))})
            world.run(whole=chance.random() < 0.5)
        world.wa.before_answer = None
        world.wa.faults.clear()
        behaviour.order = "newest"
        world.wa.behaviour.order = "newest"
        for whole in (False, True, False):
            world.run(skip=4000.0, whole=whole)
        assert world.failures() == []
        assert (len(world.lefts()), len(world.was()), len(world.links()), world.gone()) == (20, 20, 20, 0)
        assert world.differences() == []
        assert world.wa.throttled == 0


def test_a_connection_with_whautomate_runs_every_hour_unless_the_config_says_otherwise(tmp_path: Path) -> None:
    with listing_world(tmp_path) as world:
        assert load(world.write_config()).connections["sales"].every == timedelta(hours=1)
        world.options["every"] = '"10m"'
        assert load(world.write_config()).connections["sales"].every == timedelta(minutes=10)
        del world.options["every"]
        world.options["cron"] = '"*/5 * * * *"'
        assert load(world.write_config()).connections["sales"].cron == "*/5 * * * *"


def test_lists_take_no_more_than_a_quarter_of_the_allowance(tmp_path: Path) -> None:
    with listing_world(tmp_path, behaviour=WhautomateBehaviour(largest_page=2)) as world:
        linked(world, 20)
        calls = len(world.wa.calls)
        report = world.run()
        made = len(world.wa.calls) - calls
        assert made == 22
        assert report.rest.total_seconds() == pytest.approx(3 * made / (100 / 60))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    "behaviour",
    [WhautomateBehaviour(), WhautomateBehaviour(times="hidden", list_of_fields=True, phones="bare", largest_page=3)],
)
def test_a_rehearsal_predicts_the_first_run_and_writes_nothing(
    tmp_path: Path, kind: str, behaviour: WhautomateBehaviour
) -> None:
    with listing_world(tmp_path, kind, behaviour) as world:
        fill(world)
        world.add_wa("Insta Gram", None)
        (found,) = rehearse(load(world.write_config()), [], None, SilentProgress(), world.clock)
        assert found.errors == []
        assert writes(world.wa) + writes(world.left) == 0
        predicted = found.to_json()
        run = world.run().to_json()["streams"]["contacts"]
        assert {**predicted["first_run"], "window": {}} == {**run, "window": {}}
        assert found.later[-1].is_quiet


def test_a_rehearsal_of_the_newest_contacts_lists_once_and_reads_the_others_by_id(tmp_path: Path) -> None:
    with listing_world(tmp_path) as world:
        linked(world)
        asked(world)
        (found,) = rehearse(load(world.write_config()), [], 5, SilentProgress(), world.clock)
        assert found.errors == []
        assert found.read["wa"] == 5
        assert asked(world).count("") <= 6


def asked(world: ListingWorld) -> list[str]:
    """Return the ids that Whautomate was asked for since the last call of this, and "" for each page of a list."""
    paths = [call.path.partition("/contacts")[2].strip("/") for call in world.wa.calls if call.method == "GET"]
    world.wa.calls.clear()
    return paths


@pytest.mark.parametrize("kind", KINDS)
def test_between_two_lists_a_run_reads_the_contacts_that_webhooks_reported_and_no_list(
    tmp_path: Path, kind: str
) -> None:
    with listing_world(tmp_path, kind, WhautomateBehaviour(times="hidden")) as world:
        ids = linked(world)
        world.wa.edit(ids[3], customFields={"city": "Rome"})
        world.wa.edit(ids[4], customFields={"city": "Bonn"})
        new = world.add_wa("New Person", "+12125550150", city="Oslo")
        world.bring_hint(ids[3])
        world.bring_hint(new)
        asked(world)
        report = world.run(lists=False)
        found = asked(world)
        assert ("" not in found, set(found), report.errors) == (True, {ids[3], new}, [])
        assert sorted(each["city"] for each in world.lefts() if each["city"]) == ["Oslo", "Rome"]
        world.run()
        assert sorted(each["city"] for each in world.lefts() if each["city"]) == ["Bonn", "Oslo", "Rome"]
        assert (world.failures(), world.differences(), len(world.links())) == ([], [], 31)


def test_between_two_lists_edits_of_the_other_side_are_carried_and_a_list_precedes_each_create(tmp_path: Path) -> None:
    with listing_world(tmp_path, behaviour=WhautomateBehaviour(search="nothing")) as world:
        ids = linked(world)
        person = {right: left for left, right in world.links().items()}[ids[0]]
        world.edit_left(person, city="Rome")
        asked(world)
        world.run(lists=False)
        assert ("" in asked(world), world.wa.person(ids[0])["customFields"]["city"]) == (False, "Rome")
        twin = world.add_wa("Ada Byron", "+12125550151")
        ada = world.add_left(first_name="Ada", last_name="Byron", phone="+12125550151")
        report = world.run(lists=False)
        assert "" in asked(world)
        assert report.rest.total_seconds() > 0, "that list counts as well"
        assert (len(world.was()), world.links()[ada]) == (31, twin)


def test_before_the_first_list_and_after_a_change_of_fields_everything_is_listed_whatever_is_due(
    tmp_path: Path,
) -> None:
    with listing_world(tmp_path) as world:
        world.add_wa("Ada Byron", "+12125550100", own="x", city="Oslo")
        world.run(lists=False)
        assert len(world.lefts()) == 1
        asked(world)
        world.run(lists=False)
        assert asked(world) == []
        world.fields = '[connections.sales.contacts.fields]\ncity = { whautomate = "own" }\n'
        world.run(lists=False)
        assert "" in asked(world)


def test_what_a_pair_with_whautomate_cannot_do_is_advice_of_check(tmp_path: Path) -> None:
    with listing_world(tmp_path) as world:
        world.fields = "[connections.sales.messages]\n"
        found = check(load(world.write_config()), fix=False, warn=lambda _: None, clock=world.clock)
        advice = {
            finding.what: finding.problem for name, _, findings in found if name == "wa" for finding in findings
            if not finding.ok and not finding.fatal
        }  # fmt: skip
        away = "wa (Whautomate) takes no copy of a message, so messages travel from it alone"
        assert advice["sales: copies of messages"] == away
        assert "each run lists everything" in advice["sales: changes by time"]
        assert "only fill blanks" in advice["sales: fields first_name, last_name"]


def test_a_rate_of_100_a_minute_is_kept(tmp_path: Path) -> None:
    with listing_world(tmp_path) as world:
        world.wa.rate = RateLimit(100, 60.0)
        for number in range(60):
            world.add_left(first_name="Ann", last_name=f"N{number}", phone=f"+1212555{number:04}")
        world.run()
        world.run()
        assert len(world.was()) == 60
        assert world.wa.throttled == 0


class Killed(BaseException):
    """Ends a run as a kill does: no handler of errors sees it."""


def killed_run(world: ListingWorld, number: int, *, late: bool, monkeypatch: pytest.MonkeyPatch) -> bool:
    """Run, and end the run at its nth call that changes something: before it, or `late` between call and answer.

    Return whether there was such a call.
    """
    left = [number]
    send = Transport.send

    def sent(self: Transport, request: Request) -> BaseHTTPResponse:
        if request.change:
            left[0] -= 1
        if request.change and left[0] < 0 and not late:
            raise Killed
        response = send(self, request)
        if request.change and left[0] < 0:
            raise Killed
        return response

    with monkeypatch.context() as patched:
        patched.setattr(Transport, "send", sent)
        try:
            world.run()
        except Killed:
            return True
    return False


@pytest.mark.parametrize("late", [False, True])
@pytest.mark.parametrize("number", range(0, 40, 1 if THOROUGH else 7))
def test_a_run_that_is_killed_at_any_write_loses_and_doubles_nothing(
    tmp_path: Path, number: int, monkeypatch: pytest.MonkeyPatch, *, late: bool
) -> None:
    behaviour = WhautomateBehaviour(times="hidden", order="shifting", largest_page=3)
    with listing_world(tmp_path, KINDS[number % 2], behaviour) as world:
        world.options["settle"] = '"60s"'
        fill(world)
        first = killed_run(world, number, late=late, monkeypatch=monkeypatch)
        for _ in range(4):
            world.run(skip=4000.0)
        ada = next(each["id"] for each in world.lefts() if each["email"] == "ada0@example.com")
        world.edit_left(ada, city="Paris", tags=["warm"])
        second = killed_run(world, number % 4, late=late, monkeypatch=monkeypatch)
        for _ in range(3):
            world.run(skip=4000.0)
        assert first or number > 9
        assert second or number % 4
        assert world.failures() == []
        assert world.differences() == []
        assert len(world.lefts()) == len(world.was()) == len(world.links()) == 9
