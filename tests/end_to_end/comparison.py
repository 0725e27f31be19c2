"""Whether both sides are equal under the mapping, found out with the connectors alone and not with the engine's merge.

Differences that the contract counts as agreeing (R17, R11) are left out: values that mean nothing on the other side,
what a server refused, what a user may decide, what goes one way only, and what a server fills in by itself or never
empties: GrowthHub a country, GrowthGenius the user who made a contact as the owner.
"""

import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

from connectors.connector import Connector
from connectors.contact import PHONE_SLOTS, Contact, Value, same
from connectors.http.rate_limiter import MemoryCallLogStore
from sync.config.model import load
from sync.engine.accounts import SharedResources, connect
from tests.end_to_end.world import World

ONE_WAY = frozenset({"lists", "email_status", "email_confidence"})


class Memory(dict[str, Any]):
    """A cache for the length of a comparison."""

    def put(self, key: str, value: Any) -> None:
        """Remember a value."""
        self[key] = value

    def forget(self, key: str) -> None:
        """Drop a value."""
        self.pop(key, None)


Excuse = Callable[[str, Value, Value], bool]


def nothing(_name: str, _left: Value, _right: Value) -> bool:
    """Excuse no difference but those that the contract does."""
    return False


def differences(world: World, excuse: Excuse = nothing) -> list[tuple[str, str, Value, Value]]:
    """Return who, field, left and right value of everything that differs on contacts that are linked.

    `excuse` says of a field, a left and a right value whether that is what the servers of this world do to it.
    """
    with ExitStack() as stack:
        left, right = _connectors(world, stack)
        found = [each for link in _links(world) for each in _differing(world, link, left, right)]
    return [each for each in found if not excuse(*each[1:])]


def shown(world: World) -> dict[tuple[str, str], dict[str, Value]]:
    """Return all that every contact that is linked shows on either side, by account and id."""
    found: dict[tuple[str, str], dict[str, Value]] = {}
    with ExitStack() as stack:
        sides = dict(zip(("left", "right"), _connectors(world, stack), strict=True))
        for link in _links(world):
            for side, connector in sides.items():
                record_id, memory = link[f"{side}_id"], _memory(link[f"{side}_memory"])
                contact = connector.to_contact(connector.read_record(record_id).records[0], memory)
                found[connector.account, record_id] = dict(contact.fields)
    return found


def _connectors(world: World, stack: ExitStack) -> tuple[Connector, Connector]:
    world.write_config()
    config = load(world.config_path)
    connection = config.connections["sales"]
    edges = SharedResources(MemoryCallLogStore(), world.clock, lambda _: Memory())
    secrets = {"gg": world.gg.api_key, "gh": world.gh.token}
    accounts = [connect(name, config.accounts[name], secrets[name], connection, edges) for name in secrets]
    for account in accounts:
        stack.callback(account.close)
    return accounts[0].connector, accounts[1].connector


def _links(world: World) -> list[dict[str, Any]]:
    return world.rows("SELECT * FROM link WHERE stream = 'contacts' AND gone IS NULL")


def _differing(
    world: World, link: dict[str, Any], left: Connector, right: Connector
) -> Iterator[tuple[str, str, Value, Value]]:
    one = left.to_contact(left.read_record(link["left_id"]).records[0], _memory(link["left_memory"]))
    other = right.to_contact(right.read_record(link["right_id"]).records[0], _memory(link["right_memory"]))
    excused = _excused(world, link["id"], one, other)
    for name in sorted((left.fields & right.fields) - excused):
        if name not in one.fields or name not in other.fields:
            continue
        mine, theirs = one.fields[name], other.fields[name]
        if not same(name, mine, theirs) and not _is_of_the_server(name, mine, theirs):
            yield f"{one.fields.get('email')} {link['left_id']}/{link['right_id']}", name, mine, theirs


def _is_of_the_server(name: str, left: Value, right: Value) -> bool:
    """Return whether GrowthHub keeps a country that can't be emptied, or GrowthGenius the user who made the contact."""
    return (name == "country" and left is None) or (name == "owner" and left == "dev@example.com" and right is None)


def _excused(world: World, link: int, one: Contact, other: Contact) -> frozenset[str]:
    refused = {
        row["field"] for row in world.rows("SELECT field FROM history WHERE link = ? AND rule = 'refused'", link)
    }
    disputed = {row["field"] for row in world.rows("SELECT field FROM conflict WHERE link = ?", link)}
    held = {row["field"] for row in world.rows("SELECT field FROM held WHERE link = ?", link)}
    unmapped = {*one.unmapped, *other.unmapped, *(held & set(PHONE_SLOTS))}  # a number that stood in (R9)
    if unmapped & {"phone", *PHONE_SLOTS}:
        unmapped |= {"phone", *PHONE_SLOTS}
    beside = {slot for slot in PHONE_SLOTS if one.fields.get("phone") and other.fields.get(slot) == one.fields["phone"]}
    if beside:  # the number is a stranger's there (R9)
        unmapped |= {"phone", *beside}
    return frozenset(ONE_WAY | refused | disputed | unmapped)


def _memory(text: str | None) -> dict[str, Any]:
    return dict(json.loads(text)) if text else {}
