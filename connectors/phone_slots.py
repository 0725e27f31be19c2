"""Convert between the typed numbers of a record and the one number of another system (R16). Pure.

Rules kept here:
- `phone` is the first possible number in the order of the slots: PHONE_SLOTS, or those of them that a system has. Its
  slot is not shown under its own name as well;
- the E.164 form is remembered with the raw text, so that a changed country changes no number;
- where the slot of `phone` turns unknown (absent, dirt), `phone` is unknown: no other number moves up;
- `phone` is written to the slot that it came from, else to the mobile number. Emptying it empties every slot with that
  number;
- no number is lost to another one: a slot that holds `phone` and gets another number hands its own to the first empty
  slot. Without one, the new number is refused.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from connectors.contact import PHONE_SLOTS, Fields, Value
from connectors.records import Raw
from connectors.values import phone, text
from connectors.values.text import UNKNOWN, Unmapped

Number = str | None | text.Unknown | Unmapped
"""The content of a slot: a number (E.164), nothing, dirt, or text that is no number.

An absent key is not in `slots`.
"""

DEFAULT_SLOT = PHONE_SLOTS[0]


@dataclass(frozen=True, slots=True)
class Phones:
    """The numbers of one contact, by slot. `slot` is the one of `phone`, None when there is none.

    `expected` is the slot that `phone` came from before, whether or not it holds a number now. `others` are the numbers
    behind the first in a slot: they identify the contact, and do not travel.
    """

    slots: Mapping[str, Number]
    texts: Mapping[str, str]
    slot: str | None
    expected: str | None
    others: tuple[str, ...] = ()
    order: tuple[str, ...] = PHONE_SLOTS

    @property
    def numbers(self) -> tuple[str, ...]:
        """All numbers of the slots, each once."""
        return tuple(dict.fromkeys(number for number in self.slots.values() if isinstance(number, str)))

    @property
    def all(self) -> tuple[str, ...]:
        """All possible numbers, each once."""
        return tuple(dict.fromkeys((*self.numbers, *self.others)))

    @property
    def phone(self) -> Number:
        """The one number. UNKNOWN where an unreadable slot may hold it."""
        if self.slot is not None:
            return self.slots[self.slot]
        lost = self.expected is not None and self.slots.get(self.expected, UNKNOWN) is UNKNOWN
        unread = any(slot not in self.slots or isinstance(self.slots[slot], Unmapped) for slot in self.order)
        return UNKNOWN if lost or unread else None

    @property
    def memory(self) -> Mapping[str, Any]:
        """What `read` needs when it reads this contact again."""
        remembered = {slot: [raw, self.slots[slot]] for slot, raw in self.texts.items()}
        slot = self.slot or self.expected
        return ({"phones": remembered} if remembered else {}) | ({"slot": slot} if slot else {})

    def shown(self, slot: str) -> Number:
        """Return what a slot shows under its own name."""
        return None if slot == self.slot else self.slots.get(slot, UNKNOWN)


def read(raw: Raw, memory: Mapping[str, Any], regions: tuple[str, ...], order: tuple[str, ...] = PHONE_SLOTS) -> Phones:
    """Return the numbers of a record, which `raw` shows by slot, in the given order of slots.

    `regions` are tried in turn for numbers without a country code.
    """
    remembered = dict(_remembered(memory).values())
    slots: dict[str, Number] = {}
    texts: dict[str, str] = {}
    others: list[str] = []
    for slot in order:
        if slot not in raw:
            continue
        found = text.clean_line(raw[slot])
        slots[slot] = found
        if isinstance(found, str):
            numbers = phone.all_in(found, regions)
            number = phone.to_e164(remembered.get(found, ""), ()) or next(iter(numbers), None)
            slots[slot] = number or Unmapped(found)
            others += numbers[1:]
            if number:
                texts[slot] = found
    before = memory.get("slot")
    expected = before if before in order else None
    return Phones(slots, texts, _primary(slots, expected, order), expected, tuple(others), order)


def _primary(slots: Mapping[str, Number], before: str | None, order: tuple[str, ...]) -> str | None:
    for slot in order:
        if isinstance(slots.get(slot), str):
            return slot
        if slot == before and slots.get(slot, UNKNOWN) is UNKNOWN:
            return None
    return None


def plan(phones: Phones, changes: Fields) -> tuple[dict[str, Value], frozenset[str]]:
    """Return what each slot has to hold after the changes, and the changes without a place."""
    wanted = {slot: changes[slot] for slot in phones.order if slot in changes}
    home = phone_slot(phones)
    if "phone" in changes and changes["phone"] is None:
        return _without_phone(phones) | wanted, frozenset()
    number: Value = changes["phone"] if "phone" in changes else _number(phones)
    displaced = wanted.get(home) is not None and wanted[home] != number
    if not displaced:
        own = {home: number} if "phone" in changes or home in wanted else {}
        return wanted | own, frozenset()
    empty = _first_empty(phones, wanted) if number is not None else None
    if number is None or empty is not None:
        return wanted | ({empty: number} if empty else {}), frozenset()
    del wanted[home]
    return wanted | ({home: number} if "phone" in changes else {}), frozenset({home})


def phone_slot(phones: Phones) -> str:
    """Return the slot for a new `phone`: its present slot, its former one, mobile, or the first empty one."""
    home = phones.slot or phones.expected
    if home is not None and not isinstance(phones.slots.get(home), Unmapped):
        return home
    free = (slot for slot in phones.order if not isinstance(phones.slots.get(slot), str | Unmapped))
    return next(free, DEFAULT_SLOT)


def held(phones: Phones, name: str, sent: Value, before: str | None) -> Number:
    """Return what is held in the place that `sent` was written to, for `phone` or a slot.

    `before` is the former `phone`: a number that moved up since is no answer to what was sent.
    """
    if name != "phone":
        number = phones.slots.get(name, UNKNOWN)
        still_phone = name == phones.slot and number == before and number != sent
        return None if still_phone else number
    if sent is None:
        return before if before in phones.numbers else None
    if sent in phones.numbers:
        return sent if isinstance(sent, str) else None
    return phones.slots.get(phones.expected or phones.slot or DEFAULT_SLOT, UNKNOWN)


def number_before(memory: Mapping[str, Any]) -> str | None:
    """Return the number that was `phone` when this memory was written, None when there was none."""
    _, number = _remembered(memory).get(str(memory.get("slot")), (None, None))
    return number


def _remembered(memory: Mapping[str, Any]) -> dict[str, tuple[str, str]]:
    """Return the raw number and its E.164 form by slot; what is damaged is left out, since the record teaches it."""
    pairs = memory.get("phones")
    rows = pairs.items() if isinstance(pairs, dict) else ()
    found = {}
    for slot, pair in rows:
        match pair:
            case [str(raw), str(number)]:
                found[slot] = (raw, number)
    return found


def _number(phones: Phones) -> str | None:
    number = phones.phone
    return number if isinstance(number, str) else None


def _without_phone(phones: Phones) -> dict[str, Value]:
    number = _number(phones)
    return {slot: None for slot, other in phones.slots.items() if number is not None and other == number}


def _first_empty(phones: Phones, wanted: Fields) -> str | None:
    free = (slot for slot in phones.order if slot not in wanted and _is_free(phones, slot))
    return next(free, None)


def _is_free(phones: Phones, slot: str) -> bool:
    return slot in phones.slots and phones.slots[slot] in (None, UNKNOWN)
