"""The door of the status page, for the daemon to open."""

from typing import TYPE_CHECKING

from sync.daemon.daemon import Daemon
from sync.daemon.process import ActiveConfig
from sync.http_server.endpoints import Endpoint
from sync.webhooks.counters import WebhookCounts

if TYPE_CHECKING:
    from starlette.types import ASGIApp

KEY = "status_page.listen"


def page_door(in_force: ActiveConfig, daemon: Daemon) -> Endpoint:
    """Return it; what is behind it is loaded when it is opened."""

    def behind() -> "ASGIApp":
        from sync.page.application import application
        from sync.page.daemon_runs import Runs

        def heard() -> WebhookCounts | None:
            return None if in_force.config.webhooks is None else daemon.webhooks.snapshot()

        return application(lambda: in_force.config, Runs(daemon.hanging, lambda: daemon.is_running, heard))

    return Endpoint(
        KEY, lambda config: config.status_page.listen, behind, lambda config: config.status_page.is_asked_for
    )
