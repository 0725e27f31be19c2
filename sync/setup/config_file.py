"""Write the config file of drafts: completely or not at all, and readable by its owner only.

Rules kept here:
- a connection is added to a config with all of its comments and its order kept, and with all of its values unchanged;
- the file is replaced at once, and only while it is still the one that was read.
"""

import os
import tomllib
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from connectors.account_options import BaseUrl
from sync.config.model import Config, parse
from sync.errors import ConfigError, UsageError
from sync.setup.draft import Draft
from sync.setup.secrets import Secrets


def refuse_existing(path: Path, *, force: bool) -> None:
    """Refuse to write over a config file. Raises UsageError."""
    if path.exists() and not force:
        raise UsageError(
            f"{path}: there is a config file already; name another one with --config, or use --force; "
            "`sync init --add` adds a connection to it"
        )
    if not path.parent.is_dir():
        raise UsageError(f"{path}: there is no folder {path.parent}; create it first")


def check_address(url: str) -> str:
    """Return an address of an API, if credentials may go there. Raises UsageError."""
    try:
        return str(TypeAdapter(BaseUrl).validate_python(url))
    except ValidationError as error:
        allowed = error.errors(include_url=False, include_input=False)[0].get("ctx", {}).get("error", "an address")
        raise UsageError(f"{url}: allowed is {allowed}") from None


def text_with(base: str, draft: Draft) -> str:
    """Return the text of a config with a draft added; without a `base`, that of the draft alone. Raises UsageError."""
    if not base:
        return draft.text()
    import tomlkit
    from tomlkit.exceptions import TOMLKitError

    try:
        document, more = tomlkit.parse(base), tomlkit.parse(draft.tables())
        for table in ("accounts", "connections"):
            for name, value in more.get(table, {}).items():
                document[table][name] = value
        if draft.token_key:
            document.setdefault("state", tomlkit.table())["token_key"] = draft.token_key
        text = tomlkit.dumps(document)
        is_kept = _is_kept(tomllib.loads(base), tomllib.loads(text))
    except (TOMLKitError, tomllib.TOMLDecodeError) as error:
        raise UsageError(
            f"the config cannot be extended: {error}; add these lines by hand:\n{draft.tables()}"
        ) from None
    if not is_kept:
        raise UsageError(f"the config cannot be extended without a change of it; add by hand:\n{draft.tables()}")
    return text


def tried(draft: Draft, secrets: Secrets, path: Path, base: str = "") -> Config:
    """Return the config of a draft, with secrets that are read where they wait. Raises ConfigError."""
    waiting = draft.with_secrets({reference: secrets.waiting(reference) for reference in draft.secrets})
    return parse(text_with(base, waiting), path)


def write(draft: Draft, secrets: Secrets, path: Path) -> list[str]:
    """Put secrets and a new config in their places; return where secrets are. Raises ConfigError, UsageError."""
    return write_text(draft.text(), draft.secrets, secrets, path)


def write_text(text: str, references: Sequence[str], secrets: Secrets, path: Path, base: str = "") -> list[str]:
    """Put secrets and a config in their places, in place of `base`; return where secrets are.

    Raises ConfigError, UsageError.
    """
    parse(text, path)
    temporary = secrets.staging / "config.toml"
    try:
        temporary.touch(mode=0o600)
        temporary.write_text(text, encoding="utf-8")
        with temporary.open("rb") as file:
            os.fsync(file.fileno())
        _refuse_changed(path, base, force=secrets.force)
        places = secrets.settle(frozenset(references))
        if secrets.force or base:
            temporary.replace(path.resolve())
        else:
            os.link(temporary, path)  # fails where another program has created one meanwhile
    except FileExistsError:
        raise UsageError(f"{path}: there is a config file now, which was not replaced") from None
    except OSError as error:
        raise UsageError(f"{error.filename or path}: can't be written ({error.strerror})") from None
    with suppress(OSError):  # some file systems cannot sync a folder, and need not
        _sync(path.parent)
    return places


def read_text(path: Path) -> str:
    """Return the text of a config to which a connection is to be added. Raises ConfigError, UsageError."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        raise UsageError(f"{path}: there is no config file that can be read; write one with: sync init") from None
    try:
        parse(text, path)
    except ConfigError as error:
        raise ConfigError(*error.lines, "correct this first; then add a connection") from None
    return text


def _refuse_changed(path: Path, base: str, *, force: bool) -> None:
    if not base:
        refuse_existing(path, force=force)
    elif path.read_text(encoding="utf-8") != base:
        raise UsageError(f"{path}: another program has changed the file meanwhile; try again")


def _is_kept(old: Mapping[str, Any], new: Mapping[str, Any]) -> bool:
    """Say whether every value of a document is in another one, too."""
    return all(
        key in new and (_is_kept(value, new[key]) if isinstance(value, dict) else new[key] == value)
        for key, value in old.items()
    )


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
