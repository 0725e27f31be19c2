"""Store the grant of one account, encrypted, in the state file.

Rules kept here:
- the state file gets ciphertext only. Every token that is decrypted or about to be encrypted is hidden from all logs;
- a grant is changed inside `exclusive`, which excludes other processes, and is read again there: another one may have
  changed it;
- where a grant cannot be decrypted, or is for another app or location than the config's, the message names the command
  that gets a new one.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from connectors.account_options import OAuthAccount
from connectors.errors import LoginNeeded, ServerTrouble
from state.errors import LockHeld
from state.lock import hold_token
from state.tokens import StoredToken, TokenStore
from sync.errors import ConfigError
from sync.oauth.encryption import CannotDecrypt, Key
from sync.oauth.grant import Grant
from sync.output.privacy import hide


class GrantStore:
    """The stored grant of one account. `pause` is called while another process changes it."""

    def __init__(self, state_path: Path, name: str, account: OAuthAccount, key: Key, pause: Callable[[], None]) -> None:
        self.name = name
        self._path = state_path
        self._account = account
        self._key = key
        self._pause = pause
        self._store = TokenStore(state_path)

    @contextmanager
    def exclusive(self) -> Iterator[None]:
        """Exclude other processes from changing the grant until the block ends. Raises ServerTrouble."""
        try:
            with hold_token(self._path, self.name, self._pause):
                yield
        except LockHeld as error:
            raise ServerTrouble(self.name, f"{error}; try again") from None

    def read_grant(self) -> Grant | None:
        """Return the grant, None where there is none. Raises ConfigError where the key does not decrypt it."""
        kept = self._store.stored_token(self.name)
        return None if kept is None else self._decrypted(kept)

    def read_valid_grant(self) -> Grant:
        """Return the grant that is for the app and location of the config. Raises LoginNeeded, ConfigError."""
        grant = self.read_grant()
        if grant is None:
            raise LoginNeeded(self.name, f"it has no token yet; log in: {self.login}")
        account = self._account
        for what, had, wanted in (
            ("app", grant.client_id, account.client_id),
            ("location", grant.location_id, account.location_id),
            ("company", grant.company_id if grant.user_type == "Company" else None, account.company_id),
        ):
            if had != wanted:
                found = f"its token is for the {what} {had or 'none'}, not for {wanted or 'none'}"
                raise LoginNeeded(self.name, f"{found}; log in: {self.login}")
        return grant

    def interrupted_ms(self) -> int | None:
        """Return when a renewal began that never stored its answer, None where there is none."""
        kept = self._store.stored_token(self.name)
        return None if kept is None else kept.began_ms

    def note_renewal(self, now_ms: int) -> None:
        """Note that a renewal begins. Raises StateUnwritable."""
        self._store.note_renewal(self.name, now_ms)

    def write_grant(self, grant: Grant, now_ms: int) -> None:
        """Store the grant durably. Raises StateUnwritable."""
        _hide(grant)
        self._store.store_token(self.name, self._key.encrypt(grant.to_bytes(), self.name), now_ms)

    def remove_grant(self) -> bool:
        """Remove the grant, even if it cannot be decrypted; say whether there was one. Raises StateUnwritable."""
        return self._store.remove_token(self.name)

    @property
    def login(self) -> str:
        """Return the command that gets a new grant."""
        return f"sync auth login {self.name}"

    def _decrypted(self, kept: StoredToken) -> Grant:
        try:
            grant = Grant.from_bytes(self._key.decrypt(kept.sealed, self.name))
        except CannotDecrypt as error:
            raise ConfigError(
                f"state.token_key: the token of account {self.name} in {self._path} cannot be decrypted: {error}; "
                f"put the right key back, or log in again: {self.login}"
            ) from None
        _hide(grant)
        return grant


def _hide(grant: Grant) -> None:
    leases = (grant.lease, grant.location)
    hide(filter(None, (grant.refresh_token, *(lease.token for lease in leases if lease is not None))))
