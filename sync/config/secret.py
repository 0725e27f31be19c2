"""Read the secrets that the config file refers to.

A reference is `env:NAME`, `file:PATH`, `credential:NAME` (a credential that systemd gives to a service), or
`keyring:SERVICE/USER`. Anything else is the secret itself. No message contains a secret or the value of a key that may
hold one (P8): it names the key, and how to set it.
"""

import os
import re
import stat
from collections.abc import Callable, Iterable
from pathlib import Path

from pydantic import SecretStr

from sync.config.model import Config
from sync.errors import ConfigError

Warn = Callable[[str], None]

KEYRING_HELP = 'the keyring package is not installed; pip install "growthsync[keyring]"'

SHORTEST_TOKEN = 16
"""The shortest token that cannot be guessed, in characters."""

CREDENTIALS = "CREDENTIALS_DIRECTORY"
"""The environment variable that names the folder of a service's credentials (systemd.exec(5))."""

_CREDENTIAL = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9_.-]*")
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_PRINTABLE = re.compile(r"[!-~]+")
_OPEN_TO_OTHERS = stat.S_IRWXG | stat.S_IRWXO


def reveal(config: Config, accounts: Iterable[str], warn: Warn) -> dict[str, str]:
    """Return the secret of each account named. `warn` is called with what is unsafe, like a file that all can read.

    Raises ConfigError with a line for each account with a missing or impossible secret.
    """
    secrets, mistakes = {}, []
    for account in accounts:
        key, reference = config.accounts[account].secret
        try:
            secrets[account] = _open(reference.get_secret_value(), config.path, warn)
        except ValueError as error:
            mistakes.append(f"{config.path}: accounts.{account}.{key}: {error}")
    if mistakes:
        raise ConfigError(*mistakes)
    return secrets


def reveal_page_tokens(config: Config, warn: Warn) -> dict[str, str]:
    """Return the name of each token of the status page by the token; it is "" for the one without. Raises ConfigError.

    Without tokens, the page asks for none.
    """
    found: dict[str, str] = {}
    for key, reference in config.status_page.named_tokens.items():
        try:
            token = _open(reference.get_secret_value(), config.path, warn)
            if len(token) < SHORTEST_TOKEN:
                raise ValueError(f"shorter than {SHORTEST_TOKEN} characters; create one: openssl rand -hex 16")  # noqa: TRY301
            if token in found:  # the history could not say who decided
                raise ValueError("this is the token of another name already; create one: openssl rand -hex 16")  # noqa: TRY301
        except ValueError as error:
            raise ConfigError(f"{config.path}: status_page.{key}: {error}") from None
        found[token] = key.partition(".")[2]
    return found


def reveal_token_key(config: Config, warn: Warn) -> str:
    """Return the text of the key for OAuth tokens. Raises ConfigError."""
    reference = config.state.token_key
    if reference is None:
        raise AssertionError("a config with OAuth accounts does not load without it")
    try:
        return _open(reference.get_secret_value(), config.path, warn)
    except ValueError as error:
        raise ConfigError(f"{config.path}: state.token_key: {error}") from None


def _open(reference: str, config_path: Path, warn: Warn) -> str:
    kind, _, rest = reference.partition(":")
    if kind == "env":
        return check_secret(_from_environment(rest), f"the environment variable {rest}")
    if kind == "file":
        return check_secret(_from_file(config_path.parent / Path(rest).expanduser(), warn), f"the file {rest}")
    if kind == "credential":
        return check_secret(_from_credential(rest, warn), f"the credential {rest}")
    if kind == "keyring":
        return check_secret(_from_keyring(rest), f"the keyring entry {rest}")
    _warn_when_open(config_path, warn)
    return check_secret(reference, "the value")


def _from_environment(name: str) -> str:
    value = os.environ.get(check_variable(name), "").strip()
    if not value:
        raise ValueError(f"the environment variable {name} is not set; set it: export {name}=...")
    return value


def _from_file(path: Path, warn: Warn) -> str:
    try:
        value = path.read_text(encoding="utf-8-sig").strip()
    except FileNotFoundError:
        raise ValueError(f"there is no file {path}; put the secret there, readable by you alone") from None
    except UnicodeDecodeError:
        raise ValueError(f"the file {path} is not a text") from None
    except OSError as error:
        raise ValueError(f"the file {path} cannot be read: {error.strerror}") from None
    if not value:
        raise ValueError(f"the file {path} is empty; put the secret there")
    _warn_when_open(path, warn)
    return value


def _from_credential(name: str, warn: Warn) -> str:
    if _CREDENTIAL.fullmatch(name) is None:
        raise ValueError("a credential is written credential:NAME")
    folder = os.environ.get(CREDENTIALS, "")
    if not folder:
        raise ValueError(
            f"the credential {name} is there for a service of systemd alone, which sets ${CREDENTIALS}; "
            "see `sync service install --print`"
        )
    return _from_file(Path(folder, name), warn)


def _from_keyring(entry: str) -> str:
    service, slash, user = entry.partition("/")
    if not (service and slash and user):
        raise ValueError("a keyring entry is written keyring:SERVICE/USER")
    try:
        import keyring
        from keyring.errors import KeyringError
    except ImportError:
        raise ValueError(KEYRING_HELP) from None
    try:
        value = keyring.get_password(service, user)
    except KeyringError as error:
        raise ValueError(f"the keyring does not answer ({type(error).__name__})") from None
    if not value:
        raise ValueError(f"the keyring has no {entry}; set it: keyring set {service} {user}")
    return str(value)


def check_variable(name: str) -> str:
    """Return the name of an environment variable if it can be one. Raises ValueError."""
    if _VARIABLE.fullmatch(name) is None:
        raise ValueError("an environment variable is written env:NAME")
    return name


def check_secret(value: str, where: str) -> str:
    """Return the value if a header can carry it; else the HTTP library's error would show it. Raises ValueError."""
    if _PRINTABLE.fullmatch(value) is None:
        raise ValueError(f"{where} holds spaces or characters that no key has; was more than the key copied?")
    return value


def _warn_when_open(path: Path, warn: Warn) -> None:
    if os.name == "posix" and path.exists() and path.stat().st_mode & _OPEN_TO_OTHERS:
        warn(f"{path} holds a secret and can be read by others; chmod 600 {path}")


def secret_variables(config: Config) -> frozenset[str]:
    """Return the environment variables that hold secrets, so that other programs are started without them."""
    secrets = [
        value
        for table in (config.state, *config.accounts.values())
        for _, value in table
        if isinstance(value, SecretStr)
    ] + [*config.status_page.named_tokens.values()]
    references = (one.get_secret_value().partition(":") for one in secrets)
    return frozenset(rest for kind, _, rest in references if kind == "env")
