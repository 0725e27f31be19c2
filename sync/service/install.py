"""Plan the installation of a config as a service: the files to write, the next steps, and what prevents it."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from sync.config.model import Config
from sync.service.layout import ETC, NAME, STATE, Service, references, service_of, this_program
from sync.service.units import Scope, daemon_units, folder_of, timer_units

HIDDEN: Final = (Path("/home"), Path("/root"), Path("/run/user"))
"""Folders that a service of the system cannot see (ProtectHome=)."""


@dataclass(frozen=True, slots=True)
class Installation:
    """Files to write, by path; the steps after that; and the problems that keep the service from working."""

    files: dict[Path, str]
    steps: tuple[str, ...]
    complaints: tuple[str, ...]


def installation(config: Config, scope: Scope, *, timer: bool) -> Installation:
    """Return the installation of this config for the system or for a user: a daemon, or runs by timers."""
    service = service_of(config, this_program())
    units = timer_units(service, scope) if timer else daemon_units(service, scope)
    folder = folder_of(scope, os.environ)
    complaints = _complaints(config, service) if scope == "system" else ()
    return Installation(
        {folder / name: text for name, text in units.items()}, tuple(_steps(units, service, scope)), tuple(complaints)
    )


def write(files: dict[Path, str]) -> list[Path]:
    """Write the files that are missing or different, and return them. Raises OSError."""
    changed = [path for path, text in files.items() if not path.exists() or path.read_text(encoding="utf-8") != text]
    for path in changed:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(files[path], encoding="utf-8")
    return changed


def _complaints(config: Config, service: Service) -> Iterator[str]:
    """Yield what a service of the system cannot do with this config: it runs as a user of its own that owns nothing."""
    for what, path in (("this config file", service.config), ("the program", Path(service.program[0]))):
        if any(path.is_relative_to(hidden) for hidden in HIDDEN):
            better = f"{ETC / 'config.toml'}" if path == service.config else f"/opt/{NAME}"
            yield f"{path}: {what} is hidden from a service of the system; put it at {better}"
    if not config.state.path.is_relative_to(STATE):
        yield (
            f"{config.path}: state.path: a service of the system can only write below {STATE}; "
            f'allowed is "{STATE / config.state.path.name}"'
        )
    for key, reference in references(config):
        if reference.partition(":")[0] not in ("credential", "env"):
            yield (
                f"{config.path}: {key}: a service of the system gets its secrets as credentials; put this one into "
                f"{ETC / 'credentials'}/NAME, readable by root only; allowed is credential:NAME"
            )


def _steps(units: dict[str, str], service: Service, scope: Scope) -> Iterator[str]:
    control = "systemctl" if scope == "system" else "systemctl --user"
    folder = ETC if scope == "system" else Path("~/.config", NAME)
    for name in service.credentials:
        yield f"put the secret into {folder / 'credentials' / name}, chmod 600"
    if service.environment:
        yield f"put the variables of your secrets, as NAME=VALUE, into {folder / 'environment'}, chmod 600"
    yield f"{control} daemon-reload"
    started = [name for name in units if name.endswith(".timer")] or [f"{NAME}.service"]
    yield f"{control} enable --now {' '.join(started)}"
    if scope == "user":
        yield "loginctl enable-linger    # it then also runs while you are logged out"
