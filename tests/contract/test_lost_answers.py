"""Writes that lose their answer: no create is sent twice, and whether it took effect can be found out (R20)."""

from collections.abc import Sequence
from typing import Any

import pytest

from connectors.contact import Fields, same
from connectors.errors import OutcomeUnknown
from connectors.records import Raw
from connectors.sandbox.faults import WITH_EFFECT, Fault, Kind
from tests.contract.operations import CITY, TAG, UPDATING, WRITING, a_contact, naming
from tests.contract.sample_contacts import BRIEF, NAMED
from tests.contract.subject import ACCOUNT, Place
from tests.contract.test_errors import LONG

MARKER = "4711"
WITHOUT: tuple[Kind, ...] = ("reset_before", "drop_before", "html", "status", "hang")
WITH: tuple[Kind, ...] = ("reset_after", "drop_after", "html_after", "cut", "status_after", "hang_after")

sent_either = pytest.mark.parametrize("sent", [BRIEF, NAMED], ids=["brief", "named"])


def experienced(place: Place) -> None:
    """Let the account write once, so that it knows how this server wants to be written to."""
    raw = a_contact(place)
    place.account.update_contact(raw, {}, {"city": "Hometown"}, None)
    place.remove(place.account.to_contact(raw, {}).id)


def alike(place: Place, found: Sequence[Raw], sent: Fields) -> set[str]:
    """Return who of the candidates shows all that was sent: the caller decides, and this is how it might."""
    contacts = [place.account.to_contact(raw, {}) for raw in found]
    return {each.id for each in contacts if all(same(name, each.fields.get(name), sent[name]) for name in sent)}


def lost(place: Place, fault: Fault, sent: Fields) -> set[str]:
    """Create a contact with a lost answer; return what was created."""
    before = set(place.ids())
    place.sandbox.faults.append(fault)
    with pytest.raises(OutcomeUnknown, match=f"^{ACCOUNT}: "):
        place.impatient().create_contact(place.whole(sent), MARKER)
    return set(place.ids()) - before


@sent_either
def test_a_create_without_an_answer_is_unknown_sent_once_and_found_if_it_was_created(
    place: Place, sent: Fields
) -> None:
    experienced(place)
    for kind in (*WITHOUT, *WITH):
        with naming(place, kind):
            since = place.sandbox.server_now()
            made = lost(place, Fault(kind, method=WRITING, status=502, delay=LONG), sent)
            assert len(made) == (kind in WITH_EFFECT)
            place.settle()
            assert alike(place, place.connect().find_candidates(sent, MARKER, since), sent) == made
            for record_id in made:
                place.remove(record_id)
            place.settle()


@sent_either
def test_a_create_that_takes_effect_after_its_connection_broke_is_found_once_it_did(place: Place, sent: Fields) -> None:
    experienced(place)
    before, since = set(place.ids()), place.sandbox.server_now()
    assert lost(place, Fault("late", method=WRITING, delay=LONG), sent) == set()
    assert alike(place, place.connect().find_candidates(sent, MARKER, since), sent) == set()
    place.sandbox.deliver_late()
    place.settle()
    found = place.connect().find_candidates(sent, MARKER, since)
    assert alike(place, found, sent) == set(place.ids()) - before != set()


def test_a_create_whose_connection_closes_behind_the_answer_is_answered(typical: Place) -> None:
    typical.prepare()
    typical.sandbox.faults.append(Fault("close_after"))
    answer = typical.account.create_contact(typical.whole(BRIEF), MARKER)
    assert typical.account.to_contact(answer.raw, {}).id in typical.ids()


def test_a_create_answered_with_nothing_that_has_an_id_is_unknown(place: Place) -> None:
    experienced(place)
    bodies: list[Any] = [None, {}, [], {"contact": None}, {"contact": {}}, {"contact": []}, {"ok": True}, "fine", 7]
    for body in bodies:
        with naming(place, body):
            assert len(lost(place, Fault("status_after", method=WRITING, status=200, body=body), NAMED)) == 1


@pytest.mark.parametrize("name", UPDATING)
def test_an_update_without_an_answer_is_unknown_and_not_sent_again(typical: Place, name: str) -> None:
    raw = a_contact(typical)
    record_id = typical.account.to_contact(raw, {}).id
    for kind in (*WITHOUT, *WITH):
        with naming(typical, kind):
            typical.edit(record_id, BRIEF)
            account = typical.impatient()
            typical.sandbox.faults.append(Fault(kind, method=WRITING, status=502, delay=LONG))
            with pytest.raises(OutcomeUnknown, match=f"^{ACCOUNT}: "):
                UPDATING[name](account, raw)
            fields, took_effect = typical.person(record_id).fields, kind in WITH_EFFECT
            assert fields["city"] == (CITY if name == "update" and took_effect else BRIEF["city"])
            assert (TAG in (fields["tags"] or ())) == (name == "tag" and took_effect)


@pytest.mark.parametrize("name", UPDATING)
def test_an_update_whose_connection_closes_behind_the_answer_is_answered(typical: Place, name: str) -> None:
    raw = a_contact(typical)
    record_id = typical.account.to_contact(raw, {}).id
    typical.sandbox.faults.append(Fault("close_after"))
    answer: Any = UPDATING[name](typical.account, raw)
    person = typical.person(record_id)
    assert (answer.refused, typical.account.to_contact(answer.raw, {}).fields) == (frozenset(), person.fields)
    assert person.fields["city"] == (CITY if name == "update" else BRIEF["city"])
    assert (TAG in (person.fields["tags"] or ())) == (name == "tag")
