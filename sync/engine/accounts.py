"""Build the connector of an account from the config file, with its credential, rate limiter, settings and clock.

The entry of the system in connectors.registry builds it; nothing here depends on the system.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from connectors import registry
from connectors.account_options import AccountOptions, OAuthAccount
from connectors.clock import Clock
from connectors.connector import Cache, Connector
from connectors.fields import MappedField
from connectors.http.client import HttpClient
from connectors.http.clock_skew import PLAUSIBLE
from connectors.http.concurrency import Dispatcher
from connectors.http.rate_limiter import CallLogStore, Pacer, RateLimit
from connectors.http.token_source import TokenSource
from connectors.source_id import NO_ACCOUNT, SourceAccount
from connectors.system import ConnectorSettings, MessageOptions
from sync.config.model import Connection, MessagesStream
from sync.engine.field_settings import compute_of, mapped_fields, moved_places
from sync.oauth.token_sources import TokenSources

CLOCK_OFFSET = "clock_offset"
"""The setting for a large clock offset: by how many seconds the server was ahead of us."""


@dataclass(frozen=True, slots=True)
class SharedResources:
    """What every account of a run shares.

    `token_sources` is None where no account uses OAuth. `note` reports long waits. `accounts` and `connections` are all
    of the config, in its order.
    `read_only`: no call that changes something can leave this machine.
    """

    call_log: CallLogStore
    clock: Clock
    settings: Callable[[str], Cache]
    token_sources: TokenSources | None = None
    note: Callable[[str], None] = lambda _text: None
    accounts: Mapping[str, AccountOptions] = field(default_factory=dict)
    connections: Mapping[str, Connection] = field(default_factory=dict)
    read_only: bool = False


@dataclass(frozen=True, slots=True)
class Account:
    """An account with its connector. `limit` is its known rate limit, None where none is known."""

    connector: Connector
    wire: HttpClient
    pacer: Pacer
    dispatcher: Dispatcher
    limit: RateLimit | None
    settings: Cache

    def close(self) -> None:
        """Close the HTTP connections, and store a large clock offset for the next process (R43)."""
        offset, known = self.connector.clock_offset(), self.settings.get(CLOCK_OFFSET)
        if abs(offset - (known or 0.0)) > PLAUSIBLE:
            self.settings.put(CLOCK_OFFSET, offset)
        self.connector.close()
        self.pacer.close()


def connect(
    name: str,
    account: AccountOptions,
    secret: str,
    connection: Connection,
    shared: SharedResources,
    *,
    mapped: Mapping[str, MappedField] | None = None,
) -> Account:
    """Return the account with the options of this connection. No call is made.

    `mapped` are the fields that convert by their type, instead of those of the connection.
    """
    system, settings = registry.system(account.connector), shared.settings(name)
    pacer = Pacer(
        shared.call_log, shared.clock, system.limit, name,
        ceiling=account.rate, note=shared.note, rate_headers=system.rate_headers,
    )  # fmt: skip
    calls = system.calls()
    wire = HttpClient(
        name, account.base_url, system.headers(account, secret), pacer,
        calls=calls.only_asked() if shared.read_only else calls, clock=shared.clock, secrets=[secret],
        token_source=_token_source(name, account, secret, shared), expected_offset=settings.get(CLOCK_OFFSET),
    )  # fmt: skip
    known = account.rate or system.limit
    dispatcher = Dispatcher(shared.clock, lambda: known.calls / known.interval if known else None, name)
    own = _connector_settings(name, account, secret, wire, connection, shared)
    connector = system.build(own if mapped is None else replace(own, mapped=mapped))
    return Account(connector, wire, pacer, dispatcher, known, settings)


def _token_source(name: str, account: AccountOptions, secret: str, shared: SharedResources) -> TokenSource | None:
    """Return what gives the tokens of an account, None where its credential does not change."""
    if not isinstance(account, OAuthAccount) or not account.uses_oauth:
        return None
    if shared.token_sources is None:
        raise AssertionError(f"{name}: an OAuth account, and no key for its token")
    return shared.token_sources.token_source(name, account, secret)


def _connector_settings(
    name: str, account: AccountOptions, secret: str, wire: HttpClient, connection: Connection, shared: SharedResources
) -> ConnectorSettings[AccountOptions]:
    contacts = connection.contacts
    return ConnectorSettings(
        name, account, wire, shared.settings(name), shared.clock, connection.country,
        places=moved_places(connection, name, account),
        mapped=mapped_fields(connection, name, account),
        compute=compute_of(connection, name),
        tag_fields=contacts.tag_prefixes,
        consent_channels=contacts.consent_channels,
        messages=_message_options(connection.messages),
        sources=_source_account(name, connection, shared),
        login=f"sync auth login {name}" if account.uses_oauth else "",
        secret=secret,
    )  # fmt: skip


def _source_account(name: str, connection: Connection, shared: SharedResources) -> SourceAccount:
    """Return the account that the source ids in the records of the account `name` name (R31)."""
    other_name = connection.counterpart_of(name)
    other = shared.accounts.get(other_name)
    if other is None:
        return NO_ACCOUNT
    connected = (one.counterpart_of(name) for one in shared.connections.values() if name in (one.left, one.right))
    # The first connection to a system keeps its field when another one is added behind it.
    first = next((one for one in connected if shared.accounts[one].connector == other.connector), other_name)
    is_first = first == other_name
    return SourceAccount.of(other.connector, other.base_url, other.seen_as, has_own_field=not is_first)


def _message_options(messages: MessagesStream | None) -> MessageOptions | None:
    if messages is None:
        return None
    return MessageOptions(messages.as_ == "note", messages.conversation_provider_id, messages.channels)
