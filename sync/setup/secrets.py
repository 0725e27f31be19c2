"""Where `sync init` keeps secrets: never in the config file.

Rules kept here:
- what is typed lies in a folder that only its owner can open, and that vanishes unless everything ends well;
- it is put in its place at the end: files of mode 0600 in `secrets` beside the config, or the keyring; what comes from
  the environment is kept nowhere;
- a secret that is there already is replaced only where that is allowed.
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

from sync.errors import UsageError

Place = Literal["file", "env", "keyring"]
PLACES: Final[tuple[Place, ...]] = ("file", "env", "keyring")
SERVICE: Final = "growthsync"
FOLDER: Final = "secrets"
NAMES: Final = ("growthgenius-api-key", "growthhub-token", "growthhub-client-secret", "token-key")


@dataclass(frozen=True, slots=True)
class StoredSecret:
    """A secret that waits in `staged` for its place, which the config names by `reference`."""

    name: str
    staged: Path
    reference: str


@dataclass(frozen=True, slots=True)
class Secrets:
    """The secrets of a config file that is to lie in `folder`; they wait in `staging`."""

    folder: Path
    staging: Path
    place: Place = "file"
    force: bool = False
    kept: dict[str, StoredSecret] = field(default_factory=dict)

    def at(self, place: Place) -> Self:
        """Return the same, to be kept at another place. Raises UsageError where there are some already."""
        for final in (self.folder / FOLDER / name for name in NAMES):
            if place == "file" and final.exists() and not self.force:
                raise UsageError(f"{final}: there is a secret already; move it away, or use --force")
        return replace(self, place=place)

    def keep(self, name: str, value: str) -> str:
        """Take in a secret, and return what the config says of it."""
        staged = self.staging / name
        staged.touch(mode=0o600)
        staged.write_text(f"{value}\n", encoding="utf-8")
        reference = f"file:{FOLDER}/{name}" if self.place == "file" else f"keyring:{SERVICE}/{name}"
        self.kept[reference] = StoredSecret(name, staged, reference)
        return reference

    def waiting(self, reference: str) -> str:
        """Return where a secret can be read until it is in its place."""
        return f"file:{self.kept[reference].staged}" if reference in self.kept else reference

    def settle(self, references: frozenset[str]) -> list[str]:
        """Put those of these references in their places, and return where that was. Raises OSError, UsageError."""
        return [self._settled(kept) for reference, kept in self.kept.items() if reference in references]

    def _settled(self, kept: StoredSecret) -> str:
        if kept.reference.startswith("keyring:"):
            import keyring
            from keyring.errors import KeyringError

            try:
                keyring.set_password(SERVICE, kept.name, kept.staged.read_text(encoding="utf-8").strip())
            except KeyringError as error:
                raise UsageError(f"the keyring takes nothing ({type(error).__name__}); keep secrets in files") from None
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
        """Say whether there is a keyring package."""
        return find_spec("keyring") is not None


@contextmanager
def waiting_beside(folder: Path, *, force: bool) -> Iterator[Secrets]:
    """Let secrets wait in a folder of their own, on the same disk, for the length of the block."""
    with tempfile.TemporaryDirectory(prefix=".growthsync-init-", dir=folder) as staging:  # mode 0700
        yield Secrets(folder, Path(staging), force=force)
