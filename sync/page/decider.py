"""Say who decides on the page or through its API, as the history keeps it.

A request with a named token is decided by that user; where the config asks for no token, only processes of the user
that runs the daemon get an answer, so that user decides.
"""

from typing import TYPE_CHECKING

from starlette.requests import Request

from sync.engine.approval import user_name
from sync.page.middleware import ACCESS, GRANTED

if TYPE_CHECKING:
    from sync.page.access import Access

PAGE = "the status page"


def decider(request: Request, place: str = PAGE) -> str:
    """Return who sent a request, and where: `ann, on the status page`."""
    access: Access = request.scope[ACCESS]
    user: str = request.scope[GRANTED].user or ("" if access.tokens else user_name())
    return f"{user}, on {place}" if user else place
