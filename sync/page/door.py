"""The door of the status page, for the daemon to open."""

from typing import TYPE_CHECKING

from sync.daemon.daemon import Daemon
from sync.daemon.process import InForce
from sync.serving.door import Door

if TYPE_CHECKING:
    from starlette.types import ASGIApp

KEY = "status_page.listen"


def page_door(in_force: InForce, daemon: Daemon) -> Door:
    """Return it; what is behind it is loaded when it is opened."""

    def behind() -> "ASGIApp":
        from sync.page.application import Runs, application

        return application(lambda: in_force.config, Runs(daemon.hanging, lambda: daemon.is_running))

    return Door(KEY, lambda config: config.status_page.listen, behind, lambda config: config.status_page.is_asked_for)
