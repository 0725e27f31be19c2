"""The door of the status page, for the daemon to open."""

from typing import TYPE_CHECKING

from sync.daemon.daemon import Daemon
from sync.daemon.process import InForce
from sync.serving.door import Door
from sync.webhooks.counters import Heard

if TYPE_CHECKING:
    from starlette.types import ASGIApp

KEY = "status_page.listen"


def page_door(in_force: InForce, daemon: Daemon) -> Door:
    """Return it; what is behind it is loaded when it is opened."""

    def behind() -> "ASGIApp":
        from sync.page.application import application
        from sync.page.runs import Runs

        def heard() -> Heard | None:
            return None if in_force.config.webhooks is None else daemon.webhooks.snapshot()

        return application(lambda: in_force.config, Runs(daemon.hanging, lambda: daemon.is_running, heard))

    return Door(KEY, lambda config: config.status_page.listen, behind, lambda config: config.status_page.is_asked_for)
