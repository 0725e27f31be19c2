"""The config file of a draft, written at once or not at all, for its owner alone."""

import os
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from sync.config.model import Config, parse
from sync.config.value_types import BaseUrl
from sync.errors import UsageError
from sync.setup.draft import Draft
from sync.setup.secrets import Secrets


def refuse_existing(path: Path, *, force: bool) -> None:
    """Refuse to write over a config file. Raises UsageError."""
    if path.exists() and not force:
        raise UsageError(f"{path}: there is a config file already; name another one with --config, or use --force")
    if not path.parent.is_dir():
        raise UsageError(f"{path}: there is no folder {path.parent}; make it first")


def check_address(url: str) -> str:
    """Return an address of an API, if credentials may go there. Raises UsageError."""
    try:
        return str(TypeAdapter(BaseUrl).validate_python(url))
    except ValidationError as error:
        allowed = error.errors(include_url=False, include_input=False)[0].get("ctx", {}).get("error", "an address")
        raise UsageError(f"{url}: allowed is {allowed}") from None


def tried(draft: Draft, secrets: Secrets, path: Path) -> Config:
    """Return the config that the draft will be, whose secrets are read where they wait. Raises ConfigError."""
    waiting = replace(
        draft,
        api_key=secrets.waiting(draft.api_key),
        token=secrets.waiting(draft.token),
        client_secret=secrets.waiting(draft.client_secret),
        token_key=secrets.waiting(draft.token_key),
    )
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
        places = secrets.settle(frozenset((draft.api_key, draft.token, draft.client_secret, draft.token_key)))
        if secrets.force:
            temporary.replace(path)
        else:
            os.link(temporary, path)  # fails where somebody has made one meanwhile
    except FileExistsError:
        raise UsageError(f"{path}: there is a config file now; nothing was written over") from None
    except OSError as error:
        raise UsageError(f"{error.filename or path}: can't be written ({error.strerror})") from None
    with suppress(OSError):  # a folder that can't be opened for this is a folder whose entries are safe as ever
        _sync(path.parent)
    return places


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
