"""`python -m sync.service FOLDER`: write the deployment examples from the config file in that folder."""

import sys
from pathlib import Path

from sync.config.model import load
from sync.service.container import PROGRAM, compose, dockerfile
from sync.service.install import write
from sync.service.layout import ETC, Service, service_of
from sync.service.units import daemon_units, timer_units


def examples(folder: Path) -> dict[Path, str]:
    """Return the files that `config.toml` in the folder leads to, by path."""
    found = service_of(load(folder / "config.toml"), (PROGRAM,))
    service = Service(
        found.program, ETC / "config.toml", found.state, found.credentials, found.environment, found.connections
    )
    units = daemon_units(service, "system") | timer_units(service, "system")
    return {
        folder / "Dockerfile": dockerfile(),
        folder / "compose.yaml": compose(service),
        **{folder / "systemd" / name: text for name, text in units.items()},
    }


if __name__ == "__main__":
    for path in write(examples(Path(sys.argv[1]))):
        sys.stdout.write(f"{path}\n")
