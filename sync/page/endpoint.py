"""The HTTP endpoints that the daemon opens: the status page, and the one for webhooks."""

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from connectors.clock import Clock
from sync.daemon.daemon import Daemon
from sync.daemon.process import ActiveConfig
from sync.http_server.endpoints import Endpoint
from sync.webhooks.counters import WebhookCounts
from sync.webhooks.endpoint import webhooks_endpoint

if TYPE_CHECKING:
    from starlette.types import ASGIApp

KEY = "status_page.listen"


def daemon_endpoints(clock: Clock) -> Callable[[ActiveConfig, Daemon], Iterable[Endpoint]]:
    """Return a function that makes all endpoints of a daemon."""

    def endpoints(active: ActiveConfig, daemon: Daemon) -> Iterable[Endpoint]:
        receiver = webhooks_endpoint(lambda: active.config, clock, daemon.webhooks, daemon.wake)
        return page_endpoint(active, daemon), receiver

    return endpoints


def page_endpoint(active: ActiveConfig, daemon: Daemon) -> Endpoint:
    """Return the endpoint; its application is imported when it is opened."""

    def build() -> "ASGIApp":
        from sync.page.application import application
        from sync.page.daemon_runs import DaemonRuns

        def heard() -> WebhookCounts | None:
            return None if active.config.webhooks is None else daemon.webhooks.snapshot()

        runs = DaemonRuns(daemon.hanging, lambda: daemon.is_running, heard, daemon.run_now, daemon.undos)
        return application(lambda: active.config, runs)

    return Endpoint(
        KEY, lambda config: config.status_page.listen, build, lambda config: config.status_page.is_asked_for
    )
