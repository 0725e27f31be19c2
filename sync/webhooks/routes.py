"""Where an event goes: to each connection that has its account, on the stream that it is about. Pure."""

from collections.abc import Mapping, Sequence
from typing import Final

from connectors.growthhub.webhooks import Event, Subject
from state.webhook_hints import Hint
from state.webhook_queue import Place
from sync.config.model import Config, Connection, GrowthHubAccount
from sync.rules.contact_codec import to_ms
from sync.rules.streams import CONTACTS, MESSAGES

STREAMS: Final[Mapping[Subject, str]] = {"contact": CONTACTS, "message": MESSAGES}

Routes = Mapping[tuple[str, Subject], Sequence[tuple[Place, str]]]
"""By location and subject: the connections and streams that want it, each with the name that it gives the account."""


def routes_of(config: Config) -> Routes:
    """Return where the events of each location go."""
    found: dict[tuple[str, Subject], list[tuple[Place, str]]] = {}
    for name, connection in config.connections.items():
        for account_name in (connection.left, connection.right):
            account = config.accounts[account_name]
            if not isinstance(account, GrowthHubAccount):
                continue
            for subject, stream in STREAMS.items():
                if _has(connection, stream):
                    found.setdefault((account.location_id, subject), []).append(((name, stream), account_name))
    return found


def hints_of(event: Event, routes: Routes) -> list[tuple[Place, Hint]]:
    """Return the hints that an event makes; none where it is of no interest here."""
    if event.subject is None:
        return []
    return [
        (place, Hint(account, event.record, event.contact, event.gone, to_ms(event.at)))
        for place, account in routes.get((event.location, event.subject), ())
    ]


def wanted(routes: Routes) -> frozenset[tuple[str, str, str]]:
    """Return the connection, stream and account of every hint that a run may ask for."""
    return frozenset((*place, account) for targets in routes.values() for place, account in targets)


def _has(connection: Connection, stream: str) -> bool:
    return stream == CONTACTS or connection.messages is not None
