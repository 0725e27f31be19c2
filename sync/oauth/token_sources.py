"""The edge where OAuth accounts of the config get what they need: the key of their tokens, vault, token endpoint."""

from collections.abc import Callable, Iterable

from connectors import registry
from connectors.account_options import OAuthAccount
from connectors.clock import Clock
from connectors.http.client import Wire
from connectors.http.rate_limiter import MemoryCallLogStore, Pacer
from connectors.oauth import TokenEndpoint
from connectors.system import OAuth
from sync.config.model import Config, oauth_accounts
from sync.config.secret import reveal_token_key
from sync.errors import ConfigError
from sync.oauth.encryption import Key, NotAKey
from sync.oauth.token_refresh import Bearer
from sync.oauth.token_store import GrantStore
from sync.output.privacy import hide


class TokenSources:
    """What the OAuth accounts of a config share: the state file, the key, the clock."""

    def __init__(self, config: Config, key: Key, clock: Clock) -> None:
        self._config = config
        self._key = key
        self._clock = clock

    def vault(self, name: str, account: OAuthAccount) -> GrantStore:
        """Return where the grant of an account lies."""
        return GrantStore(self._config.state.path, name, account, self._key, lambda: self._clock.sleep(0.0))

    def bearer(self, name: str, account: OAuthAccount, client_secret: str) -> Bearer:
        """Return what gives the tokens of an account."""
        return Bearer(self.vault(name, account), lambda: self.endpoint(name, account, client_secret), self._clock)

    def endpoint(self, name: str, account: OAuthAccount, client_secret: str) -> TokenEndpoint:
        """Return the token endpoint of an account, with a pace of its own: its limits are not those of the rest."""
        pacer = Pacer(MemoryCallLogStore(), self._clock, None, name)
        calls = registry.system(account.connector).calls()
        wire = Wire(name, account.base_url, {}, pacer, calls=calls, clock=self._clock, secrets=[client_secret])
        return _oauth(account).endpoint(account, wire, client_secret)


def authorities_of(
    config: Config, names: Iterable[str], warn: Callable[[str], None], clock: Clock
) -> TokenSources | None:
    """Return what the OAuth accounts among these need, None where none of them is one.

    Raises ConfigError where the key is missing, is none, or does not open what is kept.
    """
    authorities = authorities_for(config, names, warn, clock)
    for name, account in oauth_accounts(config, names).items():
        if authorities is not None:
            authorities.vault(name, account).read()
    return authorities


def authorities_for(
    config: Config, names: Iterable[str], warn: Callable[[str], None], clock: Clock
) -> TokenSources | None:
    """Return the same, whether the key opens what is kept or not: for who looks at that, or gets something new."""
    if not oauth_accounts(config, names):
        return None
    text = reveal_token_key(config, warn)
    hide([text])
    try:
        return TokenSources(config, Key(text), clock)
    except NotAKey as error:
        raise ConfigError(f"{config.path}: state.token_key: the key {error}") from None


def wanted_scopes(config: Config, name: str, account: OAuthAccount) -> tuple[str, ...]:
    """Return the scopes that a consent is asked for: those of the config, or else what its connections need."""
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
