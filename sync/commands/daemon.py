"""`sync daemon`: run every connection on its schedule until a signal ends it."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from sync.commands.invocation import config_option, json_option, open_config, show
from sync.commands.verbosity import log_opened

if TYPE_CHECKING:
    from sync.config.model import Config


@click.command()
@click.option(
    "--healthcheck", is_flag=True, help="Start nothing; exit with 0 when a daemon is running and healthy, else with 1."
)
@config_option
@json_option
def daemon(healthcheck: bool, config_path: Path | None, as_json: bool) -> int:
    """Run every connection on its schedule, until SIGTERM or SIGINT; SIGHUP reads the config file again."""
    config = open_config(config_path)
    return _check_health(config, as_json=as_json) if healthcheck else _serve(config, as_json=as_json)


def _check_health(config: "Config", *, as_json: bool) -> int:
    from sync.daemon.health import health

    is_healthy, text = health(config.state.path)
    show({"well": is_healthy, "text": text}, as_json, lambda document: [document["text"]])
    return 0 if is_healthy else 1


def _serve(config: "Config", *, as_json: bool) -> int:
    from connectors.clock import SystemClock
    from sync.config.model import load
    from sync.daemon.process import serve
    from sync.page.endpoint import daemon_endpoints
    from sync.streams.cell_checks import raising_damage

    clock = SystemClock()

    with log_opened(config, "json" if as_json else None), raising_damage(config.state.path):
        return serve(config, lambda: load(config.path), clock, daemon_endpoints(clock))
