"""Give the OAuth accounts of the config what they need: the key of their tokens, the token store, the endpoint."""

from collections.abc import Callable, Iterable

from connectors import registry
from connectors.account_options import OAuthAccount
from connectors.clock import Clock
from connectors.http.client import HttpClient
from connectors.http.rate_limiter import MemoryCallLogStore, Pacer
from connectors.oauth import TokenEndpoint
from connectors.system import OAuth
from sync.config.model import Config, oauth_accounts
from sync.config.secret import reveal_token_key
from sync.errors import ConfigError
from sync.oauth.encryption import Key, NotAKey
from sync.oauth.token_refresh import RefreshingTokenSource
from sync.oauth.token_store import GrantStore
from sync.output.privacy import hide


class TokenSources:
    """What the OAuth accounts of a config share: the state file, the key and the clock."""

    def __init__(self, config: Config, key: Key, clock: Clock) -> None:
        self._config = config
        self._key = key
        self._clock = clock

    def store(self, name: str, account: OAuthAccount) -> GrantStore:
        """Return the store of an account's grant."""
        return GrantStore(self._config.state.path, name, account, self._key, lambda: self._clock.sleep(0.0))

    def token_source(self, name: str, account: OAuthAccount, client_secret: str) -> RefreshingTokenSource:
        """Return the source of an account's tokens."""
        return RefreshingTokenSource(
            self.store(name, account), lambda: self.endpoint(name, account, client_secret), self._clock
        )

    def endpoint(self, name: str, account: OAuthAccount, client_secret: str) -> TokenEndpoint:
        """Return the token endpoint of an account. It has a rate limit of its own."""
        pacer = Pacer(MemoryCallLogStore(), self._clock, None, name)
        calls = registry.system(account.connector).calls()
        wire = HttpClient(name, account.base_url, {}, pacer, calls=calls, clock=self._clock, secrets=[client_secret])
        return _oauth(account).endpoint(account, wire, client_secret)


def token_sources_of(
    config: Config, names: Iterable[str], warn: Callable[[str], None], clock: Clock
) -> TokenSources | None:
    """Return the token sources of the OAuth accounts among these, None where there is none.

    Raises ConfigError where the key is missing, is not a key, or does not decrypt a stored grant.
    """
    token_sources = token_sources_for(config, names, warn, clock)
    for name, account in oauth_accounts(config, names).items():
        if token_sources is not None:
            token_sources.store(name, account).read_grant()
    return token_sources


def token_sources_for(
    config: Config, names: Iterable[str], warn: Callable[[str], None], clock: Clock
) -> TokenSources | None:
    """Return the same, without a check that the key decrypts the stored grants: to show them, or to replace them."""
    if not oauth_accounts(config, names):
        return None
    text = reveal_token_key(config, warn)
    hide([text])
    try:
        return TokenSources(config, Key(text), clock)
    except NotAKey as error:
        raise ConfigError(f"{config.path}: state.token_key: the key {error}") from None


def wanted_scopes(config: Config, name: str, account: OAuthAccount) -> tuple[str, ...]:
    """Return the scopes that a consent is asked for: those in the config, else what its connections need."""
    if account.scopes is not None:
        return account.scopes
    used = [one for one in config.connections.values() if name in (one.left, one.right)]
    messages = [one.messages for one in used if one.messages is not None]
    return _oauth(account).scopes(account, bool(messages), any(one.as_ == "conversation" for one in messages))


def _oauth(account: OAuthAccount) -> OAuth[OAuthAccount]:
    oauth = registry.system(account.connector).oauth
    if oauth is None:
        raise AssertionError(f"{account.connector} has OAuth accounts, and its registry entry has no OAuth")
    return oauth
