"""Report the tokens of OAuth accounts: until when they are good, for which scopes, and whether they can be renewed."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any, Literal

from connectors import registry
from connectors.clock import Clock
from connectors.connector import Finding
from connectors.errors import LoginNeeded
from sync.config.model import Config, oauth_accounts
from sync.errors import ConfigError
from sync.oauth.grant import Grant
from sync.oauth.token_sources import TokenSources, wanted_scopes
from sync.oauth.token_store import GrantStore
from sync.rules.contact_codec import to_ms
from sync.rules.token_expiry import missing_scopes, need


@dataclass(frozen=True, slots=True)
class TokenStatus:
    """What is known of an account's token. `expires_at` is of the token that calls use, in ISO 8601."""

    account: str
    state: Literal["good", "expired", "missing", "unreadable"]
    refreshable: bool = False
    kind: str | None = None
    location_id: str | None = None
    company_id: str | None = None
    expires_at: str | None = None
    granted_at: str | None = None
    scopes: tuple[str, ...] = ()
    missing_scopes: tuple[str, ...] = ()
    problem: str = ""

    def document(self) -> dict[str, Any]:
        """Return it as JSON."""
        return asdict(self)


def token_statuses(
    config: Config, names: Iterable[str], token_sources: TokenSources | None, clock: Clock
) -> list[TokenStatus]:
    """Return the status of the tokens of the OAuth accounts among these."""
    if token_sources is None:
        return []
    found = []
    for name, account in oauth_accounts(config, names).items():
        wanted = wanted_scopes(config, name, account)
        found.append(_status(token_sources.store(name, account), wanted, to_ms(clock.now()) or 0))
    return found


def status_of_grant(name: str, grant: Grant, wanted: tuple[str, ...], now_ms: int) -> TokenStatus:
    """Return the status of a grant."""
    lease = grant.bearer
    return TokenStatus(
        name,
        "good" if lease is not None and need(lease, now_ms) != "now" else "expired",
        refreshable=grant.refresh_token is not None,
        kind=grant.user_type,
        location_id=grant.location_id,
        company_id=grant.company_id,
        expires_at=_shown(lease.expires_ms if lease is not None else None),
        granted_at=_shown(grant.granted_ms),
        scopes=grant.scopes,
        missing_scopes=missing_scopes(wanted, grant.scopes),
    )


def token_findings(
    config: Config, names: Iterable[str], token_sources: TokenSources | None, clock: Clock
) -> Mapping[str, list[Finding]]:
    """Return the findings of `sync check` about tokens, by account; the account's own check finds a missing one."""
    return {
        one.account: list(_findings(one, registry.label(config.accounts[one.account].connector)))
        for one in token_statuses(config, names, token_sources, clock)
        if one.kind
    }


def _status(store: GrantStore, wanted: tuple[str, ...], now_ms: int) -> TokenStatus:
    try:
        return status_of_grant(store.name, store.read_valid_grant(), wanted, now_ms)
    except LoginNeeded as error:
        return TokenStatus(store.name, "missing", problem=error.message)
    except ConfigError as error:
        return TokenStatus(store.name, "unreadable", problem=str(error))


def _findings(status: TokenStatus, system: str) -> Iterator[Finding]:
    until = f"until {status.expires_at}" if status.expires_at else "until it is refused"
    login = f"sync auth login {status.account}"
    if status.refreshable:
        yield Finding(f"token good {until}, renewed by itself", ok=True)
    else:
        mend = f"log in again before it ends: {login}"
        yield Finding(f"token good {until}", ok=False, problem="it cannot be renewed", mend=mend, fatal=False)
    if status.missing_scopes:
        yield Finding(
            "the consent has every scope that is asked for",
            ok=False,
            problem=f"missing: {', '.join(status.missing_scopes)}",
            mend=f"add them to the app at {system}, then log in again: {login}; or name under `scopes` what is wanted",
            fatal=False,
        )


def _shown(moment_ms: int | None) -> str | None:
    if moment_ms is None:
        return None
    return datetime.fromtimestamp(moment_ms / 1000, UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
