"""Consent channel by channel: what of a record says that the contact may not be contacted."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.growthhub.consent import DEFAULT, forbids
from connectors.growthhub.custom_fields import PLACES
from connectors.growthhub.mapping import Mapper
from connectors.growthhub.sandbox.records import by_id, search_row
from connectors.growthhub.wire_record import NATIVE, digest
from tests.connectors.growthhub.test_mapping import Users, places, record
from tests.connectors.growthhub.world import World

ALL = ("Call", "Email", "SMS", "WhatsApp", "GMB", "FB")


def settings(status: str, *channels: str) -> dict[str, Any]:
    return {channel: {"status": status, "message": "", "code": ""} for channel in channels}


@pytest.mark.parametrize(
    ("raw", "channels", "forbidden"),
    [
        ({"dndSettings": settings("active", "Email")}, DEFAULT, True),
        ({"dndSettings": settings("permanent", "Email")}, DEFAULT, True),
        ({"dndSettings": settings("permanent", "email")}, DEFAULT, True),  # as v3 spells it
        ({"dndSettings": settings("inactive", "Email")}, DEFAULT, False),
        ({"dndSettings": settings("active", "SMS")}, DEFAULT, False),
        ({"dndSettings": settings("active", "SMS")}, ("Email", "SMS"), True),
        ({"dndSettings": settings("active", "whatsApp")}, ("WhatsApp",), True),
        ({"dndSettings": settings("active", "Email")}, ("SMS",), False),
        ({"dndSettings": settings("active", "Email")}, (), False),
        ({"dndSettings": settings("active", *ALL)}, (), True),
        ({"dndSettings": settings("permanent", "Call", "Email", "SMS")}, (), True),
        ({"dndSettings": {**settings("active", *ALL), **settings("inactive", "FB")}}, (), False),
        ({"dndSettings": settings("active", "Email", "SMS")}, (), False),
        ({"unsubscribeEmail": True}, DEFAULT, True),
        ({"bounceEmail": True}, DEFAULT, True),
        ({"unsubscribeEmail": False, "bounceEmail": False}, DEFAULT, False),
        ({"bounceEmail": True}, ("SMS",), False),
        ({"dnd": True}, (), True),
        ({"dnd": True, "dndSettings": settings("inactive", *ALL)}, (), True),
        ({"dnd": False, "dndSettings": settings("active", "Email")}, DEFAULT, True),
        ({"inboundDndSettings": {"all": {"status": "active"}}}, DEFAULT, False),
        ({"dndSettings": None}, DEFAULT, False),
        ({"dndSettings": []}, DEFAULT, False),
        ({"dndSettings": {"Email": None}}, DEFAULT, False),
        ({"dndSettings": {"Email": {"status": None}}}, DEFAULT, False),
        ({"dndSettings": {"Email": {"status": " Active "}}}, DEFAULT, True),
        ({"dndSettings": {"Email": "active"}}, DEFAULT, True),
    ],
)
def test_a_blocked_channel_that_counts_means_do_not_contact(
    raw: dict[str, Any], channels: tuple[str, ...], *, forbidden: bool
) -> None:
    assert forbids(raw, channels) is forbidden
    names = frozenset({*NATIVE, *PLACES})
    contact = Mapper("US", places(), names, Users(), channels=channels).contact({"id": "1", **raw}, {})
    assert contact.fields["do_not_contact"] == ("true" if forbidden else None)
    assert contact.unmapped == {}


STATES = st.sampled_from(["active", "inactive", "permanent"])
SETTINGS = st.dictionaries(st.sampled_from(ALL), STATES.map(lambda status: {"status": status}))


@given(SETTINGS, SETTINGS, st.booleans(), st.sets(st.sampled_from(ALL)))
def test_both_shapes_of_a_record_say_the_same_and_the_digest_differs_where_they_do(
    one: dict[str, Any], other: dict[str, Any], dnd: bool, channels: set[str]
) -> None:
    mapper = Mapper("US", places(), frozenset({*NATIVE, *PLACES}), Users(), channels=channels)
    kept = [record(dnd=dnd, dndSettings=each) for each in (one, other)]
    rows = [search_row(each, [1, "1"]) for each in kept]
    result = [mapper.contact(row, {}) for row in rows]
    assert result == [mapper.contact(by_id(each), {}) for each in kept]
    assert [digest(row) for row in rows] == [digest(by_id(each)) for each in kept]
    if result[0] != result[1]:
        assert digest(rows[0]) != digest(rows[1])


def test_the_digest_of_a_contact_without_a_blocked_channel_is_what_it_was_before_channels_counted() -> None:
    plain = record(firstName="Ann", dnd=False)
    assert digest(plain) == digest({**plain, "dndSettings": settings("inactive", *ALL), "bounceEmail": False})


def test_what_only_the_answer_to_a_create_reports_is_remembered_with_the_record(world: World) -> None:
    world.sandbox.bounced = {"ann@example.com"}
    hub = world.connect()
    answer = hub.create_contact({"email": "ann@example.com"}, None)
    made = hub.to_contact(answer.raw, {})
    assert made.fields["do_not_contact"] == "true"
    later = hub.read_record(made.id).records[0]
    assert "bounceEmail" not in later
    assert hub.to_contact(later, {}).fields["do_not_contact"] is None
    again = hub.to_contact(later, made.memory)
    assert (again.fields["do_not_contact"], again.memory) == ("true", made.memory)


def test_taking_it_back_leaves_the_channels_of_a_contact_alone(world: World) -> None:
    hub = world.connect()
    blocked = world.sandbox.add(email="ann@example.com", dnd=True, dndSettings=settings("permanent", "Email"))
    free = world.sandbox.add(email="bo@example.com", dnd=True, dndSettings=settings("inactive", "Email"))
    answers = {
        record_id: hub.update_contact(
            hub.read_record(record_id).records[0], {}, {"do_not_contact": None, "first_name": "A"}, None
        )
        for record_id in (blocked, free)
    }
    assert answers[blocked].refused == {"do_not_contact"}
    assert answers[free].refused == frozenset()
    shown = world.sandbox.person(blocked)
    assert (shown["dnd"], shown["dndSettings"]["Email"]["status"]) == (True, "permanent")
    assert (shown["firstName"], world.sandbox.person(free).get("dnd")) == ("A", None)


def test_only_dnd_is_ever_written(world: World) -> None:
    hub = world.connect()
    someone = world.sandbox.add(email="ann@example.com")
    hub.update_contact(hub.read_record(someone).records[0], {}, {"do_not_contact": "true"}, None)
    (call,) = [call for call in world.sandbox.calls if call.method == "PUT"]
    assert call.body == {"dnd": True}
