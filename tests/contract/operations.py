"""Everything that a connector can be asked for and that makes calls, for tests of what all of it has in common."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Final

from connectors.connector import Connector, Raw, Window
from tests.contract.people import BRIEF, NAMED

EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)

Operation = Callable[[Connector, Raw], object]
"""Does something with an account, concerning a record of somebody who is there."""


def _id(account: Connector, raw: Raw) -> str:
    return account.contact(raw, {}).id


READING: Final[Mapping[str, Operation]] = {
    "read": lambda account, _: list(account.read(Window(EPOCH))),
    "get": lambda account, raw: account.get(_id(account, raw)),
    "find": lambda account, _: account.find({"email": "nobody@example.com"}, None, None),
    "find-lost": lambda account, _: account.find(NAMED, None, EPOCH),
}
CREATING: Final[Mapping[str, Operation]] = {"create": lambda account, _: account.create(NAMED, None)}
UPDATING: Final[Mapping[str, Operation]] = {
    "update": lambda account, raw: account.update(raw, {}, {"city": "Springfield"}, None),
    "tag": lambda account, raw: account.update(raw, {}, {"tags": (*(BRIEF["tags"] or ()), "springy")}, None),
}
ALL: Final[Mapping[str, Operation]] = {**READING, **CREATING, **UPDATING}
