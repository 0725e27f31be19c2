"""Write the config file of a draft: completely or not at all, and readable by its owner only."""

import os
from contextlib import suppress
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from connectors.account_options import BaseUrl
from sync.config.model import Config, parse
from sync.errors import UsageError
from sync.setup.draft import Draft
from sync.setup.secrets import Secrets


def refuse_existing(path: Path, *, force: bool) -> None:
    """Refuse to write over a config file. Raises UsageError."""
    if path.exists() and not force:
        raise UsageError(f"{path}: there is a config file already; name another one with --config, or use --force")
    if not path.parent.is_dir():
        raise UsageError(f"{path}: there is no folder {path.parent}; create it first")


def check_address(url: str) -> str:
    """Return an address of an API, if credentials may go there. Raises UsageError."""
    try:
        return str(TypeAdapter(BaseUrl).validate_python(url))
    except ValidationError as error:
        allowed = error.errors(include_url=False, include_input=False)[0].get("ctx", {}).get("error", "an address")
        raise UsageError(f"{url}: allowed is {allowed}") from None


def tried(draft: Draft, secrets: Secrets, path: Path) -> Config:
    """Return the config of a draft, with secrets that are read where they wait. Raises ConfigError."""
    waiting = draft.with_secrets({reference: secrets.waiting(reference) for reference in draft.secrets})
    return parse(waiting.text(), path)


def write(draft: Draft, secrets: Secrets, path: Path) -> list[str]:
    """Put secrets and config in their places; return where secrets are. Raises ConfigError, UsageError."""
    text = draft.text()
    parse(text, path)
    temporary = secrets.staging / "config.toml"
    try:
        temporary.touch(mode=0o600)
        temporary.write_text(text, encoding="utf-8")
        with temporary.open("rb") as file:
            os.fsync(file.fileno())
        refuse_existing(path, force=secrets.force)
        places = secrets.settle(frozenset(draft.secrets))
        if secrets.force:
            temporary.replace(path)
        else:
            os.link(temporary, path)  # fails where another program has created one meanwhile
    except FileExistsError:
        raise UsageError(f"{path}: there is a config file now, which was not replaced") from None
    except OSError as error:
        raise UsageError(f"{error.filename or path}: can't be written ({error.strerror})") from None
    with suppress(OSError):  # some file systems cannot sync a folder, and need not
        _sync(path.parent)
    return places


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
