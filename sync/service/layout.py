"""The folders, limits and secrets of a service, which units and containers share."""

import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from pydantic import SecretStr

from sync.config.model import Config, Connection

NAME: Final = "growthsync"
ETC: Final = Path("/etc/growthsync")
STATE: Final = Path("/var/lib/growthsync")
UID: Final = 10001
"""The id of the user in the container, which no other service uses."""
STOPS_WITHIN: Final = 15
"""Seconds after which a daemon that should stop is killed: it needs 5."""
WATCHDOG: Final = 120
"""Seconds without a sign of health after which a daemon is restarted."""


@dataclass(frozen=True, slots=True)
class Service:
    """A service: its program, its config file, the folder of its state, its secrets, and its connections.

    `credentials` are the names of secrets that the service manager provides; `environment` is whether other secrets
    come from environment variables.
    """

    program: tuple[str, ...]
    config: Path
    state: Path
    credentials: tuple[str, ...]
    environment: bool
    connections: Mapping[str, Connection]


def service_of(config: Config, program: tuple[str, ...]) -> Service:
    """Return the service of a config."""
    kinds = [(kind, rest) for kind, _, rest in (reference.partition(":") for _, reference in references(config))]
    return Service(
        program,
        config.path,
        config.state.path.parent,
        tuple(dict.fromkeys(rest for kind, rest in kinds if kind == "credential")),
        any(kind == "env" for kind, _ in kinds),
        config.connections,
    )


def references(config: Config) -> Iterator[tuple[str, str]]:
    """Yield the key of each secret in the config file, and its value there, which is a reference."""
    tables = {"state": config.state, **{f"accounts.{name}": account for name, account in config.accounts.items()}}
    for name, table in tables.items():
        for key, value in table:
            if isinstance(value, SecretStr):
                yield f"{name}.{key}", value.get_secret_value()
    for key, token in config.status_page.named_tokens.items():
        yield f"status_page.{key}", token.get_secret_value()


def this_program() -> tuple[str, ...]:
    """Return the command that starts this installation, with absolute paths."""
    script = Path(sys.executable).parent / NAME
    return (str(script),) if script.is_file() else (sys.executable, "-m", "sync")
