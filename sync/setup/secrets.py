"""Keep the secrets that are typed in `sync init`: never in the config file.

Rules kept here:
- a typed secret waits in a folder that only its owner can open, and that is removed at the end;
- when everything is answered it is moved to its place: a file of mode 0600 in `secrets` beside the config, or the
  keyring. A secret from the environment is not kept;
- an existing secret is replaced only with `force`.
"""

import base64
import secrets as random
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from importlib.util import find_spec
from pathlib import Path
from typing import Final, Literal, Self

from connectors import registry
from connectors.system import Question
from sync.errors import UsageError
from sync.setup.draft import questions_of

Place = Literal["file", "env", "keyring"]
PLACES: Final[tuple[Place, ...]] = ("file", "env", "keyring")
SERVICE: Final = "growthsync"
FOLDER: Final = "secrets"
TOKEN_KEY: Final = "token-key"  # noqa: S105 - the name of a file
"""The name of the key for OAuth tokens."""


@dataclass(frozen=True, slots=True)
class StoredSecret:
    """A secret that waits in `staged`. The config names its place by `reference`."""

    name: str
    staged: Path
    reference: str


@dataclass(frozen=True, slots=True)
class Secrets:
    """The secrets of a config file in `folder`. They wait in `staging` until they are moved to their places.

    Beside a config with accounts (`adding`) there are secrets already; a new one has another name.
    """

    folder: Path
    staging: Path
    place: Place = "file"
    force: bool = False
    adding: bool = False
    kept: dict[str, StoredSecret] = field(default_factory=dict)

    def at(self, place: Place) -> Self:
        """Return the same, to be kept at another place. Raises UsageError where there are secrets already."""
        if place == "file" and not self.adding:
            for name in secret_names():
                self._refuse_existing(name)
        return replace(self, place=place)

    def keep(self, name: str, value: str) -> str:
        """Keep a secret until it is moved to its place; return its reference for the config.

        Raises UsageError where there is one of that name.
        """
        if self.place == "file":
            self._refuse_existing(name)
        staged = self.staging / name
        staged.touch(mode=0o600)
        staged.write_text(f"{value}\n", encoding="utf-8")
        reference = f"file:{FOLDER}/{name}" if self.place == "file" else f"keyring:{SERVICE}/{name}"
        self.kept[reference] = StoredSecret(name, staged, reference)
        return reference

    def waiting(self, reference: str) -> str:
        """Return the reference of a secret that waits, where it can be read until then; another one as it is."""
        return f"file:{self.kept[reference].staged}" if reference in self.kept else reference

    def settle(self, references: frozenset[str]) -> list[str]:
        """Move the secrets of these references to their places; return the places. Raises OSError, UsageError."""
        return [self._settled(kept) for reference, kept in self.kept.items() if reference in references]

    def _refuse_existing(self, name: str) -> None:
        final = self.folder / FOLDER / name
        if final.exists() and not self.force:
            raise UsageError(f"{final}: there is a secret already; move it away, or use --force")

    def _settled(self, kept: StoredSecret) -> str:
        if kept.reference.startswith("keyring:"):
            import keyring
            from keyring.errors import KeyringError

            try:
                keyring.set_password(SERVICE, kept.name, kept.staged.read_text(encoding="utf-8").strip())
            except KeyringError as error:
                raise UsageError(f"the keyring refuses it ({type(error).__name__}); keep secrets in files") from None
            return kept.reference
        final = self.folder / FOLDER / kept.name
        final.parent.mkdir(mode=0o700, exist_ok=True)
        kept.staged.replace(final)
        return str(final)

    @staticmethod
    def new_key() -> str:
        """Return a new key for OAuth tokens."""
        return base64.b64encode(random.token_bytes(32)).decode()

    @staticmethod
    def has_keyring() -> bool:
        """Say whether the keyring package is installed."""
        return find_spec("keyring") is not None


def secret_name(account: str, question: Question) -> str:
    """Return the name of the secret that a question about an account asks for."""
    return f"{account}-{question.key.replace('_', '-')}"


def secret_names() -> tuple[str, ...]:
    """Return the names of all secrets that `sync init` may ask for, of accounts that are named after their systems."""
    asked = ((kind, one) for kind in registry.kinds() for one in questions_of(kind) if one.secret)
    return (*(secret_name(kind, one) for kind, one in asked), TOKEN_KEY)


@contextmanager
def waiting_beside(folder: Path, *, force: bool, adding: bool = False) -> Iterator[Secrets]:
    """Provide a folder on the same disk, where secrets wait until the block ends."""
    with tempfile.TemporaryDirectory(prefix=".growthsync-init-", dir=folder) as staging:  # mode 0700
        yield Secrets(folder, Path(staging), force=force, adding=adding)
