"""Find where an event goes: to each connection that has its account, on the stream that it is about. Pure."""

from collections.abc import Mapping, Sequence
from typing import Final

from connectors import registry
from connectors.system import Subject, WebhookEvent
from state.webhook_hints import Hint
from state.webhook_queue import Place
from sync.config.model import Config, Connection
from sync.rules.contact_codec import to_ms
from sync.rules.streams import CONTACTS, MESSAGES

STREAMS: Final[Mapping[Subject, str]] = {"contact": CONTACTS, "message": MESSAGES}

Routes = Mapping[tuple[str, str, Subject], Sequence[tuple[Place, str]]]
"""The connections and streams that want an event, each with its name of the account: by kind of system, by the place
that events of the account name, and by subject."""


def routes_of(config: Config) -> Routes:
    """Return where the events of each account go."""
    found: dict[tuple[str, str, Subject], list[tuple[Place, str]]] = {}
    for name, connection in config.connections.items():
        for account_name in (connection.left, connection.right):
            account = config.accounts[account_name]
            webhooks = registry.system(account.connector).webhooks
            if webhooks is None:
                continue
            for subject, stream in STREAMS.items():
                if _has(connection, stream):
                    source = (account.connector, webhooks.place(account), subject)
                    found.setdefault(source, []).append(((name, stream), account_name))
    return found


def hints_of(kind: str, event: WebhookEvent, routes: Routes) -> list[tuple[Place, Hint]]:
    """Return the hints of an event of a kind of system; none where no connection wants it."""
    if event.subject is None:
        return []
    return [
        (place, Hint(account, event.record, event.contact, event.gone, to_ms(event.at)))
        for place, account in routes.get((kind, event.place, event.subject), ())
    ]


def wanted(routes: Routes) -> frozenset[tuple[str, str, str]]:
    """Return the connection, stream and account of every hint that a run may ask for."""
    return frozenset((*place, account) for targets in routes.values() for place, account in targets)


def _has(connection: Connection, stream: str) -> bool:
    return stream == CONTACTS or connection.messages is not None
