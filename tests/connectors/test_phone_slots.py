"""One number of six: which it is, where it goes back to, and that none is ever lost."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from connectors import phone_slots as phones
from connectors.contact import PHONE_SLOTS
from connectors.phone_slots import Phones
from connectors.values.text import UNKNOWN, Unmapped

A, B, C = "+12125550123", "+12125550124", "+12125550125"
RAW = {A: "212-555-0123", B: "(212) 555-0124", C: "+1 212 555 0125"}
US = ("US",)
EMPTY: dict[str, Any] = dict.fromkeys(PHONE_SLOTS)


def read(raw: dict[str, Any], memory: Any = None) -> Phones:
    return phones.read({**EMPTY, **raw}, memory or {}, US)


def shown(found: Phones) -> dict[str, Any]:
    return {"phone": found.phone, **{slot: found.shown(slot) for slot in PHONE_SLOTS}}


def test_phone_is_the_first_possible_number_and_hides_its_slot() -> None:
    found = shown(read({"work_phone": RAW[B], "first_phone": RAW[A]}))
    assert (found["phone"], found["first_phone"], found["work_phone"], found["mobile_phone"]) == (A, None, B, None)


def test_the_documented_sample_with_nan_takes_the_first_phone() -> None:
    found = phones.read({**EMPTY, "mobile_phone": "NaN", "first_phone": "778-889-3825"}, {}, US)
    assert (found.phone, found.shown("mobile_phone")) == ("+17788893825", UNKNOWN)


def test_dirt_alone_is_no_number() -> None:
    assert read({"mobile_phone": "NaN"}).phone is None


def test_an_absent_slot_leaves_phone_unknown_where_no_number_is_seen() -> None:
    assert phones.read({"mobile_phone": None}, {}, US).phone is UNKNOWN


def test_text_that_is_no_number_is_neither_a_number_nor_nothing() -> None:
    found = read({"mobile_phone": "call the office"})
    assert (found.shown("mobile_phone"), found.phone) == (Unmapped("call the office"), UNKNOWN)


def test_no_number_moves_up_when_the_slot_of_phone_turns_unknown() -> None:
    before = read({"mobile_phone": RAW[A], "work_phone": RAW[B]})
    found = read({"mobile_phone": "NaN", "work_phone": RAW[B]}, before.memory)
    assert (found.phone, found.shown("work_phone")) == (UNKNOWN, B)
    again = read({"mobile_phone": RAW[C], "work_phone": RAW[B]}, found.memory)
    assert again.phone == C


def test_the_next_number_moves_up_when_the_slot_of_phone_is_emptied() -> None:
    before = read({"mobile_phone": RAW[A], "work_phone": RAW[B]})
    assert read({"work_phone": RAW[B]}, before.memory).phone == B


def test_editing_a_country_changes_no_number() -> None:
    before = phones.read({**EMPTY, "work_phone": "020 7946 0123"}, {}, ("GB", "US"))
    after = phones.read({**EMPTY, "work_phone": "020 7946 0123"}, before.memory, ("US",))
    assert after.phone == before.phone == "+442079460123"


def test_a_new_phone_goes_back_to_the_slot_it_came_from_else_to_the_mobile_number() -> None:
    assert phones.plan(read({"work_phone": RAW[A]}), {"phone": B}) == ({"work_phone": B}, frozenset())
    assert phones.plan(read({}), {"phone": B}) == ({"mobile_phone": B}, frozenset())


def test_a_new_phone_does_not_overwrite_text_that_is_no_number() -> None:
    assert phones.plan(read({"mobile_phone": "reception"}), {"phone": B}) == ({"first_phone": B}, frozenset())


def test_emptying_phone_empties_every_slot_that_holds_its_number() -> None:
    found = read({"mobile_phone": RAW[A], "home_phone": "+1 (212) 555-0123", "work_phone": RAW[B]})
    assert phones.plan(found, {"phone": None}) == ({"mobile_phone": None, "home_phone": None}, frozenset())


def test_a_slot_that_holds_phone_hands_its_number_on_before_it_takes_another() -> None:
    found = read({"mobile_phone": RAW[A], "first_phone": RAW[C]})
    assert phones.plan(found, {"mobile_phone": B}) == ({"mobile_phone": B, "work_phone": A}, frozenset())


def test_a_slot_that_holds_phone_refuses_another_where_nothing_is_free() -> None:
    full = read(dict.fromkeys(PHONE_SLOTS, RAW[C]) | {"mobile_phone": RAW[A]})
    assert phones.plan(full, {"mobile_phone": B}) == ({}, frozenset({"mobile_phone"}))


def test_creating_a_contact_with_phone_and_mobile_keeps_both() -> None:
    assert phones.plan(read({}), {"phone": A, "mobile_phone": B}) == (
        {"mobile_phone": B, "first_phone": A},
        frozenset(),
    )


VALUES = st.sampled_from([None, RAW[A], RAW[B], RAW[C], "NaN", "reception"])
SLOTS = st.fixed_dictionaries(dict.fromkeys(PHONE_SLOTS, VALUES))
CHANGES = st.dictionaries(st.sampled_from(["phone", *PHONE_SLOTS]), st.sampled_from([None, A, B, C]), min_size=1)


@given(SLOTS)
def test_reading_what_was_read_changes_nothing(raw: dict[str, Any]) -> None:
    once = read(raw)
    canonical = {**raw, **{slot: number for slot, number in once.slots.items() if isinstance(number, str)}}
    again = read(canonical, once.memory)
    assert shown(again) == shown(once)
    assert read(raw, once.memory).memory == once.memory


@given(SLOTS, CHANGES)
def test_no_number_is_lost_that_was_not_to_be_replaced(raw: dict[str, Any], changes: dict[str, Any]) -> None:
    before = read(raw)
    wanted, refused = phones.plan(before, changes)
    after = read({**raw, **wanted}, before.memory)
    kept = {number for slot, number in before.slots.items() if isinstance(number, str) and slot not in changes}
    if "phone" in changes:
        kept.discard(str(before.phone))
    sent = {value for name, value in changes.items() if value is not None and name not in refused}
    if "phone" not in changes and isinstance(before.phone, str):
        kept.add(before.phone)
    assert kept | sent <= set(after.numbers)


@given(SLOTS, CHANGES)
def test_what_is_held_after_a_write_is_what_was_sent(raw: dict[str, Any], changes: dict[str, Any]) -> None:
    before = read(raw)
    wanted, refused = phones.plan(before, changes)
    after = read({**raw, **wanted}, before.memory)
    number = phones.number_before(before.memory) if before.slot else None
    for name, sent in changes.items():
        if name in refused or (name == before.slot and sent is None):
            continue
        if sent is None and name == after.slot and changes.get("phone") is not None:
            continue  # emptied, and taken by the number that is `phone` now
        if name == "phone" and sent is None and number in [changes.get(slot) for slot in PHONE_SLOTS]:
            continue
        assert phones.held(after, name, sent, number) == sent, (name, wanted)
