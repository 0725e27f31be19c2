"""Contacts that work at both sides at once, drawn from a seed: they make, edit, clear, tag, move, merge and delete.

Each value that a user writes into a watched field is one that was never written before, so that it shows who wrote it.
Every contact made by hand carries a token in `custom9` that is never edited: two records of one side with the same
token are one contact twice.
"""

from random import Random
from typing import TYPE_CHECKING, Any

from tests.simulation.contact_observer import LEFT_KEYS, RIGHT_KEYS, Diary
from tests.simulation.servers import Agenda, Left, Right

if TYPE_CHECKING:
    from collections.abc import Callable

WATCHED = ("first_name", "last_name", "company", "title", "city", "state", "industry", "custom1")
TAGS = ("VIP", "Lead", "cold call", "Newsletter", "x")
SLOTS = ("mobile_phone", "work_phone", "home_phone")


class Crowd:
    """The users who edit records. `added` counts who was made by hand on each side; `tokens` says where each one
    was made.
    """

    def __init__(self, servers: tuple[Left, Right], clock: Agenda, chance: Random, diary: Diary) -> None:
        self._left, self._right = self._servers = servers
        self._clock = clock
        self._chance = chance
        self._diary = diary
        self._words = 0
        self.tokens: dict[str, str] = {}
        self.disturbed: set[tuple[str, str]] = set()

    def act(self, spare: frozenset[tuple[str, str]] = frozenset()) -> None:
        """Let a user do something; records in `spare` are left alone."""
        deeds: tuple[tuple[int, Callable[[frozenset[tuple[str, str]]], None]], ...] = (
            (20, self._edit),
            (5, self._clear),
            (6, self._tag),
            (5, self._add),
            (2, self._add_on_both),
            (3, self._number),
            (1, self._move_address),
            (1, self._remove),
            (1, self._make_anew),
            (1, self._merge),
        )
        deed = self._chance.choices([each for _, each in deeds], [weight for weight, _ in deeds])[0]
        self._diary.watch(self._clock.monotonic(), self._servers, lambda: deed(spare))

    def add(self, count: int) -> None:
        """Let a user add a number of contacts."""
        for _ in range(count):
            self._diary.watch(self._clock.monotonic(), self._servers, lambda: self._add(frozenset()))
            self._clock.skip(self._chance.choice((0.004, 0.7, 3.0)))

    def _someone(self, spare: frozenset[tuple[str, str]]) -> tuple[str, str] | None:
        sides: list[tuple[str, list[str]]] = [
            ("left", [str(each["id"]) for each in self._left.people()]),
            ("right", [str(each["id"]) for each in self._right.people()]),
        ]
        side, ids = self._chance.choice(sides)
        free = [each for each in ids if (side, each) not in spare]
        return (side, self._chance.choice(free)) if free else None

    def _change(self, who: tuple[str, str], values: dict[str, Any]) -> None:
        """Write values under their canonical names."""
        side, record = who
        if side == "left":
            self._left.edit(record, **{LEFT_KEYS.get(name, name): value for name, value in values.items()})
            return
        keys = {RIGHT_KEYS.get(name, name): value for name, value in values.items()}
        custom = {key: value for key, value in keys.items() if key.startswith("contact.")}
        native = {key: value for key, value in keys.items() if not key.startswith("contact.")}
        self._right.edit(record, custom=self._with_a_place(custom), **native)

    def _with_a_place(self, custom: dict[str, Any]) -> dict[str, Any]:
        """Users write only into custom fields that exist."""
        return {key: value for key, value in custom.items() if self._right.field(key) is not None}

    def _word(self, name: str) -> str:
        self._words += 1
        return f"{name.title().replace('_', '')} {self._words}"

    def _edit(self, spare: frozenset[tuple[str, str]]) -> None:
        who = self._someone(spare)
        if who is not None:
            names = self._chance.sample(WATCHED, self._chance.choice((1, 1, 2, 3)))
            self._change(who, {name: self._word(name) for name in names})

    def _clear(self, spare: frozenset[tuple[str, str]]) -> None:
        who = self._someone(spare)
        if who is not None:
            self._change(who, {self._chance.choice(WATCHED): None})

    def _tag(self, spare: frozenset[tuple[str, str]]) -> None:
        who = self._someone(spare)
        if who is None:
            return
        key, server = ("label_names", self._left) if who[0] == "left" else ("tags", self._right)
        had = {str(tag) for tag in server.person(who[1]).get(key) or ()}
        changed = sorted(had ^ {self._chance.choice(sorted({*TAGS, *had}))})
        self._change(who, {key: changed or (None if who[0] == "left" else [])})

    def _number(self, spare: frozenset[tuple[str, str]]) -> None:
        """A contact gets a number, perhaps one that another contact has too."""
        who = self._someone(spare)
        if who is not None:
            number = self._chance.choice((None, f"+1 212 555 01{self._chance.randrange(12):02d}"))
            self._change(who, {self._chance.choice(SLOTS) if who[0] == "left" else "phone": number})

    def _move_address(self, spare: frozenset[tuple[str, str]]) -> None:
        """An address goes from one contact to another of the same side."""
        giver, taker = self._someone(spare), self._someone(spare)
        if giver is None or taker is None or giver[0] != taker[0] or giver == taker:
            return
        address = self._server(giver[0]).person(giver[1]).get("email")
        self._change(giver, {"email": None})
        self._change(taker, {"email": address})
        self.disturbed |= {giver, taker}

    def _remove(self, spare: frozenset[tuple[str, str]]) -> None:
        who = self._someone(spare)
        if who is not None:
            self._server(who[0]).remove(who[1])

    def _make_anew(self, spare: frozenset[tuple[str, str]]) -> None:
        """A contact is deleted and made again, with the same address."""
        who = self._someone(spare)
        if who is not None:
            address = self._server(who[0]).person(who[1]).get("email")
            self._server(who[0]).remove(who[1])
            self._make(who[0], email=address)

    def _merge(self, spare: frozenset[tuple[str, str]]) -> None:
        one, other = self._someone(spare), self._someone(spare)
        if one is not None and other is not None and one != other and one[0] == other[0] == "right":
            self._right.merge(one[1], other[1])
            self.disturbed.add(one)

    def _add(self, spare: frozenset[tuple[str, str]]) -> None:
        self._make(self._chance.choice(("left", "right")), email=self._address())

    def _add_on_both(self, spare: frozenset[tuple[str, str]]) -> None:
        address = self._address()
        self._make("left", email=address)
        self._make("right", email=address)

    def _address(self) -> str:
        self._words += 1
        return f"person{self._words}@example.com"

    def _make(self, side: str, **more: Any) -> None:
        names = self._chance.sample(WATCHED, 3)
        token = f"token{len(self.tokens)}"
        self.tokens[token] = side
        values = {**{name: self._word(name) for name in names}, "custom9": token, **more}
        if side == "left":
            self._left.add(**{LEFT_KEYS.get(name, name): value for name, value in values.items()})
            return
        keys = {RIGHT_KEYS.get(name, name): value for name, value in values.items()}
        custom = {key: value for key, value in keys.items() if key.startswith("contact.")}
        native = {key: value for key, value in keys.items() if key not in custom}
        self._right.add(custom=self._with_a_place(custom), **native)

    def _server(self, side: str) -> Left | Right:
        return self._left if side == "left" else self._right
