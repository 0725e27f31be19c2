"""The edge where accounts of the config file become connectors.

Credentials, pace, settings and clock are put together here.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from connectors.clock import Clock
from connectors.connector import Cache, Connector
from connectors.growthgenius.allowed_calls import CALLS as GENIUS_CALLS
from connectors.growthgenius.connector import GrowthGenius
from connectors.growthhub.allowed_calls import CALLS as HUB_CALLS
from connectors.growthhub.client import VERSION
from connectors.growthhub.connector import GrowthHub
from connectors.growthhub.consent import DEFAULT
from connectors.growthhub.messages import MessageStyle
from connectors.http.client import Wire
from connectors.http.clock_skew import PLAUSIBLE
from connectors.http.concurrency import Dispatcher
from connectors.http.rate_limiter import CallLogStore, Pacer, RateLimit
from connectors.http.token_source import TokenSource
from connectors.source_id import NO_ACCOUNT, SourceAccount
from sync.config.model import Connection, GrowthGeniusAccount, GrowthHubAccount, MessagesStream
from sync.oauth.token_sources import TokenSources

GROWTHHUB_LIMIT = RateLimit(100, 10.0, 200_000)
"""What GrowthHub documents; its first answer tells what is in force."""

CLOCK_OFFSET = "clock_offset"
"""The setting that holds by how many seconds the server's clock was ahead of ours, where that was much."""


@dataclass(frozen=True, slots=True)
class SharedResources:
    """What every account of a run shares.

    `authorities` is None where none uses OAuth, `note` tells of waits, `accounts` are all of the config file.
    """

    ledger: CallLogStore
    clock: Clock
    settings: Callable[[str], Cache]
    authorities: TokenSources | None = None
    note: Callable[[str], None] = lambda _text: None
    accounts: Mapping[str, GrowthGeniusAccount | GrowthHubAccount] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Account:
    """An account ready for work; `limit` is the pace it is known to be held to, None where there is none."""

    connector: Connector
    pacer: Pacer
    dispatcher: Dispatcher
    limit: RateLimit | None
    settings: Cache

    def close(self) -> None:
        """Give the connections back, and keep a large offset of the server's clock for the next process (R43)."""
        offset, known = self.connector.clock_offset(), self.settings.get(CLOCK_OFFSET)
        if abs(offset - (known or 0.0)) > PLAUSIBLE:
            self.settings.put(CLOCK_OFFSET, offset)
        self.connector.close()
        self.pacer.close()


def connect(
    name: str,
    account: GrowthGeniusAccount | GrowthHubAccount,
    secret: str,
    connection: Connection,
    edges: SharedResources,
) -> Account:
    """Return the account as this connection uses it. No call is made."""
    limit = GROWTHHUB_LIMIT if isinstance(account, GrowthHubAccount) else None
    ceiling = account.rate
    pacer = Pacer(edges.ledger, edges.clock, limit, name, ceiling=ceiling, note=edges.note)
    settings = edges.settings(name)
    wire = Wire(
        name, account.base_url, _headers(account, secret), pacer,
        calls=HUB_CALLS if isinstance(account, GrowthHubAccount) else GENIUS_CALLS,
        clock=edges.clock, secrets=[secret], authority=_authority(name, account, secret, edges),
        expected_offset=settings.get(CLOCK_OFFSET),
    )  # fmt: skip
    known = ceiling or limit
    dispatcher = Dispatcher(edges.clock, lambda: known.calls / known.interval if known else None, name)
    connector = _connector(name, account, wire, connection, edges)
    return Account(connector, pacer, dispatcher, known, settings)


def _headers(account: GrowthGeniusAccount | GrowthHubAccount, secret: str) -> Mapping[str, str]:
    if not isinstance(account, GrowthHubAccount):
        return {"Authorization": secret}
    bearer = {} if account.uses_oauth else {"Authorization": f"Bearer {secret}"}
    return {**bearer, "Version": VERSION}


def _authority(
    name: str, account: GrowthGeniusAccount | GrowthHubAccount, secret: str, edges: SharedResources
) -> TokenSource | None:
    """Return what gives the tokens of an account, None where it has one that stays."""
    if not isinstance(account, GrowthHubAccount) or not account.uses_oauth:
        return None
    if edges.authorities is None:
        raise AssertionError(f"{name}: an OAuth account, and no key for its token")
    return edges.authorities.bearer(name, account, secret)


def _connector(
    name: str,
    account: GrowthGeniusAccount | GrowthHubAccount,
    wire: Wire,
    connection: Connection,
    edges: SharedResources,
) -> Connector:
    cache, country = edges.settings(name), connection.country
    if isinstance(account, GrowthGeniusAccount):
        return GrowthGenius(
            name, wire, user_ids=account.users, cache=cache, country=country, clock=edges.clock,
            messages=connection.messages is not None,
        )  # fmt: skip
    options = connection.contacts.fields.items()
    places = {field: place for field, option in options if (place := option.place(name, account.connector))}
    chosen = connection.contacts.consent_channels
    channels = DEFAULT if chosen is None else chosen
    return GrowthHub(
        name, wire, location_id=account.location_id, cache=cache, country=country, places=places,
        groups=connection.contacts.groups, channels=channels, messages=_style(connection.messages),
        login=f"sync auth login {name}" if account.uses_oauth else "",
        sources=_sources(edges.accounts.get(connection.left if name == connection.right else connection.right)),
    )  # fmt: skip


def _sources(counterpart: GrowthGeniusAccount | GrowthHubAccount | None) -> SourceAccount:
    """Return the account whose ids the records of the other one carry."""
    if counterpart is None:
        return NO_ACCOUNT
    seen_as = (counterpart.location_id,) if isinstance(counterpart, GrowthHubAccount) else counterpart.users
    return SourceAccount.of(counterpart.connector, counterpart.base_url, seen_as)


def _style(messages: MessagesStream | None) -> MessageStyle | None:
    """Return how GrowthHub keeps messages, None where none travel."""
    if messages is None:
        return None
    return MessageStyle(messages.as_ == "note", messages.conversation_provider_id, messages.channels)
