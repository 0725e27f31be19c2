"""The HTTP endpoint of the status page, which the daemon opens."""

from typing import TYPE_CHECKING

from sync.daemon.daemon import Daemon
from sync.daemon.process import ActiveConfig
from sync.http_server.endpoints import Endpoint
from sync.webhooks.counters import WebhookCounts

if TYPE_CHECKING:
    from starlette.types import ASGIApp

KEY = "status_page.listen"


def page_endpoint(active: ActiveConfig, daemon: Daemon) -> Endpoint:
    """Return the endpoint; its application is imported when it is opened."""

    def build() -> "ASGIApp":
        from sync.page.application import application
        from sync.page.daemon_runs import DaemonRuns

        def heard() -> WebhookCounts | None:
            return None if active.config.webhooks is None else daemon.webhooks.snapshot()

        return application(lambda: active.config, DaemonRuns(daemon.hanging, lambda: daemon.is_running, heard))

    return Endpoint(
        KEY, lambda config: config.status_page.listen, build, lambda config: config.status_page.is_asked_for
    )
