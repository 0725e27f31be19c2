"""Everything that a connector can be asked for and that makes calls, for tests of what all of it has in common."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from itertools import count
from typing import Final

from connectors.connector import Connector
from connectors.contact import Fields
from connectors.records import Raw, Window
from tests.contract.sample_contacts import BRIEF, NAMED
from tests.contract.subject import Place

EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
CITY: Final = "Springfield"
TAG: Final = "springy"

WRITING: Final = "POST|PUT|PATCH|DELETE"
"""The methods of what changes something. What is asked before a write is asked by GET."""

NUMBERS: Final = count(1)


def reachable() -> Fields:
    """Return a contact with a number that no other one has: some systems take none without it."""
    return {**NAMED, "phone": f"+4420796{next(NUMBERS):05}"}


Operation = Callable[[Connector, Raw], object]
"""Does something with an account, concerning a record that is there."""

READING: Final[Mapping[str, Operation]] = {
    "read": lambda account, _: list(account.read_window(Window(EPOCH))),
    "get": lambda account, raw: account.read_record(account.to_contact(raw, {}).id),
    "find": lambda account, _: account.find_candidates({"email": "nobody@example.com"}, None, None),
    "find-lost": lambda account, _: account.find_candidates(NAMED, None, EPOCH),
}
CREATING: Final[Mapping[str, Operation]] = {"create": lambda account, _: account.create_contact(reachable(), None)}
UPDATING: Final[Mapping[str, Operation]] = {
    "update": lambda account, raw: account.update_contact(raw, {}, {"city": CITY}, None),
    "tag": lambda account, raw: account.update_contact(raw, {}, {"tags": (*(BRIEF["tags"] or ()), TAG)}, None),
}
DELETING: Final[Mapping[str, Operation]] = {
    "delete": lambda account, raw: account.delete_contact(account.to_contact(raw, {}).id)
}
ALL: Final[Mapping[str, Operation]] = {**READING, **CREATING, **UPDATING, **DELETING}


def possible(place: Place, operations: Mapping[str, Operation] = ALL) -> dict[str, Operation]:
    """Return the operations that the system has: not each deletes."""
    return {name: operation for name, operation in operations.items() if name != "delete" or place.account.can_delete}


def a_contact(place: Place) -> Raw:
    """Return the record of a contact; all settings are known then, so that only what is asked for makes calls."""
    place.prepare()
    return place.got(place.add(BRIEF))


@contextmanager
def naming(place: Place, case: object) -> Iterator[None]:
    """Put the case into the report of what fails in it, and leave no fault behind: many cases share a place."""
    try:
        yield
    except BaseException as error:
        error.add_note(f"in the case {case!r}")
        raise
    place.sandbox.faults.clear()
