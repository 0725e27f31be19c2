"""One record never stops the others: whatever is wrong with it ends as a failure that names it (R42)."""

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from connectors.sandbox.base import Call
from tests.end_to_end.changed_answers import rewrite
from tests.end_to_end.message_world import Office, made, minutes
from tests.end_to_end.world import World
from tests.thorough import examples

ODD: list[Any] = [
    None, "", "\ud800", "\x00", -1, 0, 1e308, 10**400, True, [], {}, [None], [[]], {"a": {}}, "0001-01-01T00:00:00Z",
    "9999-12-31T23:59:59Z", -62135596800000, 253402300799999, "NaN", "x" * 5000, [{"id": None, "value": {}}], "..",
]  # fmt: skip
"""Values that no field of a record should have, and that some server shows one day."""

GG_KEYS = (
    "id", "email", "first_name", "last_name", "mobile_phone", "country", "label_names", "lists", "user_id", "website",
    "linkedin_url", "stage", "status", "updated_at", "created_at", "custom1", "employee_count", "full_name",
)  # fmt: skip
GH_KEYS = (
    "id", "email", "firstName", "lastName", "phone", "country", "tags", "assignedTo", "website", "dnd", "dndSettings",
    "customFields", "dateUpdated", "dateAdded", "additionalEmails", "additionalPhones", "address1", "companyName",
    "searchAfter",
)  # fmt: skip


GG_MESSAGE_KEYS = (
    "id", "contact_id", "message_type", "rendered_copy", "rendered_subject", "sent_at", "team_id", "user_id",
    "updated_at", "unheard_of",
)  # fmt: skip
GH_MESSAGE_KEYS = (
    "id", "type", "messageType", "locationId", "contactId", "conversationId", "dateAdded", "dateUpdated", "status",
    "contentType", "attachments", "source", "direction", "body", "subject", "userId", "altId", "meta", "channel",
    "threadId", "conversationProviderId", "deleted", "unheardOf",
)  # fmt: skip
GH_NOTE_KEYS = ("id", "body", "userId", "dateAdded", "contactId", "relations", "bodyText")


def _spoil(world: World, system: str, email: str, key: str, value: Any) -> None:
    """Let each answer show one contact with a value that it should not have."""

    def spoiled(node: Any) -> Any:
        if isinstance(node, list):
            return [spoiled(each) for each in node]
        if not isinstance(node, dict):
            return node
        shown = {name: spoiled(inner) for name, inner in node.items()}
        return {**shown, key: value} if node.get("email") == email else shown

    rewrite(world.gg if system == "gg" else world.gh, lambda _call, body: spoiled(body))


def _people(world: World) -> None:
    for name in ("ana", "bob", "cy"):
        world.gg.add(first_name=name.title(), email=f"{name}@example.com", at=minutes(-60))
        world.gh.add(firstName=f"R{name}", email=f"r{name}@example.com")


@pytest.mark.parametrize(("system", "key"), [("gg", "updated_at"), ("gh", "dateUpdated")])
def test_a_contact_of_the_year_1_is_a_failure_that_names_it_and_the_others_are_carried(
    world: World, system: str, key: str
) -> None:
    """The time of one contact is the zero of another calendar: every other contact is on both sides after the run."""
    _people(world)
    email = "bob@example.com" if system == "gg" else "rbob@example.com"
    _spoil(world, system, email, key, "0001-01-01T00:00:00Z")
    report = world.run()
    assert report.exit_code == 1
    assert report.errors == []
    assert len(world.links()) == 5
    (failure,) = world.rows("SELECT who, reason FROM failure")
    assert failure["who"] == email
    assert "the year 1," in failure["reason"]


def test_a_contact_of_the_last_second_of_the_calendar_stops_no_contact(world: World) -> None:
    """The server's clock is ahead, so that its times are corrected: there is no later second to correct this one to."""
    _people(world)
    _spoil(world, "gg", "bob@example.com", "updated_at", "9999-12-31T23:59:59Z")
    report = world.run()
    assert report.errors == []
    assert len(world.links()) >= 5


def test_a_message_of_the_year_1_is_a_failure_that_names_it_and_the_others_are_carried(office: Office) -> None:
    """The two other messages of the same contact are carried by the same run."""
    world = office.world
    ana, right = office.person("ana")
    office.write(ana, "first")
    bad = office.write(ana, "second")
    office.write(ana, "third")

    def change(_call: Call, body: Any) -> Any:
        rows = body.get("messages", [body.get("message")]) if isinstance(body, dict) else []
        for row in rows:
            if isinstance(row, dict) and str(row["id"]) == bad:
                row["sent_at"] = "0001-01-01T00:00:00Z"
        return body

    rewrite(world.gg, change)
    report = world.run()
    assert report.exit_code == 1
    assert report.errors == []
    notes = " ".join(office.notes(right))
    assert "first" in notes
    assert "third" in notes
    (failure,) = world.rows("SELECT who, reason FROM failure")
    assert failure["who"] == "ana@example.com"
    assert failure["reason"].startswith(f"message {bad}: ")


def test_a_mistake_of_ours_at_one_record_is_listed_and_the_others_go_on(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Mapping breaks at one contact: the failure has the kind of the mistake, and goes when it is mended."""
    from connectors.growthgenius.mapping import ContactReader

    _people(world)
    right = ContactReader.contact

    def broken(self: ContactReader, raw: Any, memory: Any) -> Any:
        if raw.get("email") == "bob@example.com":
            raise ZeroDivisionError("a mistake")
        return right(self, raw, memory)

    with monkeypatch.context() as patch:
        patch.setattr(ContactReader, "contact", broken)
        assert world.run().exit_code == 1
        assert len(world.links()) == 5
        (failure,) = world.rows("SELECT who, operation, reason FROM failure")
    assert failure["who"] == "bob@example.com"
    assert "ZeroDivisionError" in failure["reason"]
    assert world.run(skip=90_000, whole=True).exit_code == 0
    assert len(world.links()) == 6
    assert world.rows("SELECT * FROM failure") == []


@pytest.mark.parametrize("system", ["gg", "gh"])
@given(data=st.data())
@settings(
    max_examples=examples(25), deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)  # fmt: skip
def test_no_value_in_any_field_of_a_record_ends_a_run(
    tmp_path_factory: pytest.TempPathFactory, system: str, data: st.DataObject
) -> None:
    """Whatever one contact shows in one field, in each answer: the run ends, and the others are carried."""
    key = data.draw(st.sampled_from(GG_KEYS if system == "gg" else GH_KEYS))
    value = data.draw(st.sampled_from(ODD))
    world = World.create(tmp_path_factory.mktemp("world"))
    with world.gg, world.gh:
        _people(world)
        _spoil(world, system, "bob@example.com" if system == "gg" else "rbob@example.com", key, value)
        report = world.run()
        assert report.errors == [], (key, value)
        carried = {str(each.get("email")) for each in world.gg.people()} & {
            str(each.get("email")) for each in world.gh.people()
        }
        others = {f"{side}{name}@example.com" for side in ("", "r") for name in ("ana", "cy")}
        assert others <= carried, (key, value)


def test_a_record_whose_own_page_fails_is_put_off_and_listed_at_last(world: World) -> None:
    """GET of one contact answers 500 for good: the others are carried meanwhile, and the third run lists it."""
    _people(world)
    assert world.run().exit_code == 0
    links = world.links()
    bad, good = sorted(links.items())[:2]

    def change(call: Call, body: Any) -> Any:
        from connectors.sandbox.base import SandboxResponse

        is_bad = call.method == "GET" and call.path.endswith(f"/contacts/{bad[1]}")
        return SandboxResponse(500, {"message": "Internal server error"}) if is_bad else body

    rewrite(world.gh, change)
    for number in range(3):
        for left, _ in (bad, good):
            world.gg.edit(left, city=f"City {number}")
        report = world.run(skip=60)
        assert world.gh.person(good[1])["city"] == f"City {number}"
    assert report.exit_code == 1
    assert [row["record_id"] for row in world.rows("SELECT record_id FROM failure")] == [bad[0]]


def _spoil_message(world: World, system: str, message_id: str, key: str, value: Any) -> None:
    """Let each answer show one message, e-mail or note with a value that it should not have."""

    def spoiled(node: Any) -> Any:
        if isinstance(node, list):
            return [spoiled(each) for each in node]
        if not isinstance(node, dict):
            return node
        shown = {name: spoiled(inner) for name, inner in node.items()}
        return {**shown, key: value} if _shows(node, message_id) else shown

    rewrite(world.gg if system == "gg" else world.gh, lambda _call, body: spoiled(body))


def _shows(node: dict[str, Any], message_id: str) -> bool:
    """Return whether an object is a message, the thread of an e-mail, or the note of a message."""
    meta = node.get("meta")
    emails = meta.get("email", {}).get("messageIds", ()) if isinstance(meta, dict) else ()
    is_note = f"growthsync-message:{message_id}]" in str(node.get("body", ""))
    return str(node.get("id")) == message_id or message_id in emails or is_note


def _survives_a_message(world: World, system: str, kind: str, key: str, value: Any) -> None:
    """Spoil the message of one contact: the runs end, and the messages of the others are carried."""
    office = Office(world)
    people = [office.person(name) for name in ("ana", "bob", "cy")]
    sent: dict[str, str] = {}
    for number, (left, right) in enumerate(people):
        sent[f"gg{number}"] = office.write(left, f"from gg {number}", at=minutes(-20 + number))
        sent[f"gh{number}"] = world.gh.add_message(
            right, kind, "inbound", f"from gh {number}", at=minutes(-10 + number)
        )
    bad = sent["gh1"] if system == "gh" and key not in GH_NOTE_KEYS else sent["gg1"]
    if system == "gh" and key in GH_NOTE_KEYS and kind != "SMS":
        bad = sent["gh1"]
    _spoil_message(world, system, bad, key, value)
    for skip in (2.0, 90_000.0):
        report = world.run(skip=skip)
        assert report.errors == [], (system, kind, key, value)
    for number in (0, 2):
        left, right = people[number]
        assert f"from gh {number}" in office.letters(left), (system, kind, key, value)
        assert any(f"from gg {number}" in note for note in office.notes(right)), (system, kind, key, value)
    assert world.gh.sends == 0


@pytest.mark.parametrize("system", ["gg", "gh"])
@given(data=st.data())
@settings(
    max_examples=8, deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)  # fmt: skip
def test_no_value_in_any_field_of_a_message_ends_a_run(
    tmp_path_factory: pytest.TempPathFactory, system: str, data: st.DataObject
) -> None:
    """Whatever one message, e-mail or note shows in one field, in each answer: the messages of others are carried."""
    key = data.draw(st.sampled_from(GG_MESSAGE_KEYS if system == "gg" else (*GH_MESSAGE_KEYS, *GH_NOTE_KEYS)))
    value, kind = data.draw(st.sampled_from(ODD)), data.draw(st.sampled_from(["SMS", "Email"]))
    world = made(tmp_path_factory.mktemp("world"))
    with world.gg, world.gh:
        _survives_a_message(world, system, kind, key, value)
