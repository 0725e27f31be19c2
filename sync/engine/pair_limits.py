"""What the accounts of a connection cannot do together, with the reason; `check` and `plan` say it once (R30).

No call is made: the registry and the connectors declare what their systems can do.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from connectors import registry
from connectors.connector import Connector, Finding
from connectors.contact import FIELDS
from connectors.system import Capabilities
from sync.config.model import Config, Connection
from sync.rules.deletion import goes_towards
from sync.streams.connection import SIDE_NAMES


@dataclass(frozen=True, slots=True)
class Limit:
    """Something that a connection cannot do: `what` it is, at which `account`, and the `reason`."""

    what: str
    account: str
    reason: str

    @property
    def line(self) -> str:
        """Return the limit as a sentence."""
        return f"{self.what}: {self.reason}"


def pair_limits(connection: Connection, left: Connector, right: Connector) -> list[Limit]:
    """Return what the accounts of a connection cannot do together."""
    limits = [*_message_limits(connection, left, right), *_markerless(left, right)]
    for side, own in zip(SIDE_NAMES, (left, right), strict=True):
        limits += _field_limits(connection, side, own)
        deletes = connection.contacts.deletes == "propagate" and goes_towards(connection.contacts.direction, side)
        if deletes and not _can(own).deletes:
            limits.append(Limit("deletions of contacts", own.account, f"{_named(own)} deletes no contacts by its API"))
        limits += _listing_limits(own)
    return limits


def pair_findings(config: Config, account: str, connectors: dict[str, Connector]) -> Iterator[Finding]:
    """Yield, as advice, what the connections of an account cannot do because of it."""
    for connection in config.connections.values():
        if account not in (connection.left, connection.right) or not (
            connectors.keys() >= {connection.left, connection.right}
        ):
            continue
        for limit in pair_limits(connection, connectors[connection.left], connectors[connection.right]):
            if limit.account == account:
                yield Finding(f"{connection.name}: {limit.what}", ok=False, problem=limit.reason, fatal=False)


def carries_messages(left: Connector, right: Connector) -> bool:
    """Say whether both systems keep messages."""
    return _can(left).messages and _can(right).messages


def _message_limits(connection: Connection, left: Connector, right: Connector) -> Iterator[Limit]:
    messages = connection.messages
    if messages is None:
        return
    silent = [own for own in (left, right) if not _can(own).messages]
    yield from (
        Limit("messages", own.account, f"{_named(own)} keeps no messages, so none are copied") for own in silent
    )
    if silent:
        return
    for own in (left, right):
        if not own.message_store.takes_copies:
            reason = f"{_named(own)} takes no copy of a message, so messages travel from it alone"
            yield Limit("copies of messages", own.account, reason)
    if messages.as_ == "conversation" and not any(_can(own).conversations for own in (left, right)):
        reason = "neither account has conversations, so each message is copied as a record like any other"
        yield Limit('messages with as = "conversation"', left.account, reason)
    if (messages.deletes or connection.contacts.deletes) == "propagate":
        for side, own in zip(SIDE_NAMES, (left, right), strict=True):
            store = own.message_store
            if goes_towards(messages.direction, side) and store.takes_copies and not store.deletes_copies:
                reason = f"{_named(own)} deletes no message that is recorded in a conversation"
                yield Limit("deletions of messages", own.account, reason)


def _listing_limits(own: Connector) -> Iterator[Limit]:
    if own.lists_only:
        yield Limit(
            "changes by time", own.account, f"{_named(own)} has no windows of time, so each run lists everything"
        )
    if own.derived:
        reason = f"{_named(own)} derives them from another field, so they only fill blanks at the other account"
        yield Limit(f"fields {', '.join(sorted(own.derived))}", own.account, reason)


def _markerless(left: Connector, right: Connector) -> Iterator[Limit]:
    if not (left.has_markers or right.has_markers):
        reason = (
            "neither account has a place for a source id, so that contacts without e-mail and number are created again "
            "if the state file is lost: back it up with `sync state backup`"
        )
        yield Limit("contacts without e-mail and number", left.account, reason)


def _field_limits(connection: Connection, side: str, own: Connector) -> Iterator[Limit]:
    """Yield the fields that cannot be synced: each one that the config names, and all others in one line."""
    contacts = connection.contacts
    lacking = [name for name in FIELDS if name not in own.mappable_fields]
    named = [name for name in lacking if name in contacts.fields]
    for name in named:
        form = " as tags" if contacts.fields[name].as_ == "tags" else ""
        yield Limit(f"field {name}{form}", own.account, f"{_named(own)} has no place for it")
    if others := [name for name in lacking if name not in named]:
        yield Limit("fields", own.account, f"{_named(own)} has no place for {', '.join(others)}")
    if contacts.create_tags and goes_towards(contacts.direction, side) and "tags" in lacking:
        yield Limit("create_tags", own.account, f"{_named(own)} has no tags")


def _can(connector: Connector) -> Capabilities:
    return registry.system(connector.system).capabilities


def _named(connector: Connector) -> str:
    return f"{connector.account} ({registry.label(connector.system)})"
