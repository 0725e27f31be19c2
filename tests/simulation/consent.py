"""Simulations in which users also set stages and do-not-disturb; none may lead to contact by mistake.

A stage or a status "Do Not Contact" at the left, and `dnd` or a blocked channel for e-mail at the right, say that
a contact may not be contacted. Whoever says so on one side may not be contacted on either side in the end, unless a
contact took it back; and no call of ours ever takes it back, on no side, whatever the policy is and whatever goes
wrong on the way.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from random import Random
from typing import Any, Self

from connectors.growthhub import consent as channels
from connectors.sandbox.base import Call, Fault
from connectors.values.consent import STAGE, forbids
from tests.end_to_end.world import is_write
from tests.simulation.people import Crowd
from tests.simulation.verdict import verdict
from tests.simulation.world import Universe

Who = tuple[str, str]
PREFIX = "stage:"
STATES = ("active", "active", "permanent", "inactive")
WORDS = ("Replied", "Interested", "Lost", STAGE, "do not contact", None)
APART = frozenset(
    {"stage", "status", "do_not_contact", *(f"tags:{PREFIX}{word}".lower() for word in (*WORDS, "x") if word)}
)
TAGGED = f'[connections.sales.contacts.fields]\nstage = {{ as = "tags", prefix = "{PREFIX}" }}\n'


class Stagers(Crowd):
    """Contacts that set stages as well. `took_back` are records for which a user said again that they may be
    contacted.
    """

    tagged = False

    def __init__(self, *options: Any, seed: int) -> None:
        super().__init__(*options)
        self._own = Random(seed)  # noqa: S311 - a world to repeat, no secret
        self.took_back: set[Who] = set()

    def act(self, spare: frozenset[Who] = frozenset()) -> None:
        """Let a user set a stage, or do anything else."""
        before = self.forbidden()
        if self._own.random() < 0.75:
            self._diary.watch(self._clock.monotonic(), self._servers, lambda: self._set(spare))
        else:
            super().act(spare)
        self.took_back |= before - self.forbidden()

    def forbidden(self) -> set[Who]:
        """Return who may not be contacted, by side and record."""
        left = {("left", str(each["id"])) for each in self._left.people() if _forbids_left(each)}
        return left | {
            ("right", each["id"]) for each in self._right.people() if channels.forbids(each, channels.DEFAULT)
        }

    def _wish(self) -> dict[str, Any]:
        """Return what a user wants: not to be disturbed at all, or on one channel."""
        if self._own.random() < 0.5:
            return {"dnd": self._own.random() < 0.7}
        return {"dndSettings": {self._own.choice(("Email", "SMS")): {"status": self._own.choice(STATES)}}}

    def _set(self, spare: frozenset[Who]) -> None:
        who = self._someone(spare)
        if who is None:
            return
        side, record = who
        word = self._own.choice(WORDS)
        if side == "left":
            values: dict[str, Any] = {self._own.choice(("stage", "stage", "status")): word}
            self._left.edit(record, **values)
        elif self._own.random() < 0.5:
            self._right.edit(record, **self._wish())
        elif self.tagged:
            others = [tag for tag in self._right.person(record)["tags"] if not tag.startswith(PREFIX)]
            both = self._own.random() < 0.2
            self._right.edit(record, tags=[*others, *([f"{PREFIX}{word}"] if word else []), *([f"{PREFIX}x"] * both)])
        else:
            self._right.edit(record, custom=self._with_a_place({"contact.stage": word}))


@dataclass(slots=True)
class ConsentUniverse(Universe):
    """A universe that watches its calls: none may let a contact be contacted again. Nothing comes late:
    what the network delivers after a user's decision can undo it, and it could not be known.
    """

    loosened: list[str] = field(default_factory=list)

    def __enter__(self) -> Self:
        """Begin it, with a stage that is a field or a tag."""
        Universe.__enter__(self)
        own = Random(self.seed + 1)  # noqa: S311
        self.apart = APART
        self.crowd.tagged = own.random() < 0.5  # type: ignore[attr-defined]
        self.world.tables = TAGGED if self.crowd.tagged else ""  # type: ignore[attr-defined]
        if self.law.furnished:
            self.world.gh.add_field("Stage")
            self.world.gh.add_field("Status")
        for server in self.servers:
            vars(server)["handle"] = self._watched(server.handle)
        return self

    def live(self) -> None:
        """Simulate few contacts and many changes, as the seed has it, and come to rest."""
        self.crowd.add(self.chance.randrange(2, 5))
        self.quiet_run()
        for _ in range(self.chance.randrange(5, 10)):
            self.people(self.chance.randrange(2, 9))
            self.trouble()
            self.run(whole=self.chance.random() < 0.1)
        self.calm()

    def _crowd(self) -> Crowd:
        return Stagers(self.servers, self.clock, self.chance, self.diary, seed=self.seed + 2)

    def _watched(self, handle: Callable[[Call], Any]) -> Callable[[Call], Any]:
        def watching(call: Call) -> Any:
            if not is_write(call):
                return handle(call)
            before = self.crowd.forbidden()  # type: ignore[attr-defined]
            served = handle(call)
            now = self.crowd.forbidden()  # type: ignore[attr-defined]
            if call.method != "DELETE" or call.path.endswith("/tags"):
                what = f"{call.method} {call.path} {call.body}"
                self.loosened += [f"{what} let {who} be contacted" for who in before - now]
            return served

        return watching

    def _meanwhile(self, side: str, call: Call) -> None:
        """Leave a record that was written alone until the run ends: what an answer reads back is taken for its own."""
        Universe._meanwhile(self, side, call)
        if is_write(call):
            self.looked_at.add((side, call.path.rpartition("/contacts/")[2].removesuffix("/tags")))

    def _fault(self) -> Fault:
        fault = Universe._fault(self)
        return fault if fault.kind != "late" else Fault("reset_after", fault.method, fault.path, fault.skip)


def consent_verdict(universe: ConsentUniverse) -> list[str]:
    """Return everything that is wrong, in a universe that was calmed."""
    return [*universe.loosened, *verdict(universe), *_unequal(universe)]


def _unequal(universe: ConsentUniverse) -> Iterator[str]:
    """Whoever may not be contacted on one side may not on the other, unless a user said otherwise."""
    crowd: Any = universe.crowd
    failing = {(row["side"], row["record_id"]) for row in universe.world.rows("SELECT side, record_id FROM failure")}
    forbidden = crowd.forbidden()
    for link in universe.world.rows("SELECT left_id, right_id FROM link WHERE gone IS NULL"):
        pair = {("left", str(link["left_id"])), ("right", str(link["right_id"]))}
        moved = any(len(universe.partners.get(each, ())) > 1 for each in pair)
        if len(pair & forbidden) == 1 and not (moved or pair & crowd.took_back or pair & failing):
            yield f"{link['left_id']}/{link['right_id']}: only {pair & forbidden} may not be contacted"


def _forbids_left(person: dict[str, Any]) -> bool:
    return forbids(person.get("stage")) or forbids(person.get("status"))
