"""One call as it was asked for, its usable answer, and a try without one."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from connectors.errors import ConnectorError
from connectors.http.request import Request
from connectors.http.transport import explain, is_hopeless, is_much, is_timeout, surely_unsent


@dataclass(frozen=True, slots=True)
class Reply:
    """A usable answer: decoded JSON (None for an empty body), and the server's time of it."""

    status: int
    body: Any
    served_at: datetime
    headers: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class HttpCall:
    """A call as it was asked for. `what` names it in messages.

    `doubts` counts answers that were not used because their `Date` was in doubt. `bearer` is the token of the call,
    `refusal` the server's error when another token is needed, `renewed` says that another one was already used.
    """

    request: Request
    what: str
    write: bool = False
    repeatable: bool = True
    overwrites: bool = False
    splittable: bool = False
    once: bool = False
    redirects: int = 0
    doubts: int = 0
    bearer: str = field(default="", repr=False)
    refusal: ConnectorError | None = None
    renewed: bool = False


@dataclass(frozen=True, slots=True)
class FailedTry:
    """A try without a usable answer.

    `answered`: an answer came, but a useless one. `uncertain`: the call may have been executed all the same. `asked`:
    the seconds that the server asks to wait. `too_large`, `timed_out`, `crashed`: a smaller question may work.
    `hopeless`: a repetition will not.
    """

    reason: str
    answered: bool = True
    uncertain: bool = True
    asked: float | None = None
    too_large: bool = False
    timed_out: bool = False
    hopeless: bool = False
    crashed: bool = False


def failure_of(error: Exception, *, answered: bool) -> FailedTry:
    """Return the failure of a try that ended with an error of the libraries."""
    reason = explain(error)
    return FailedTry(
        f"the answer broke off ({reason})" if answered else reason,
        answered=answered,
        uncertain=not surely_unsent(error),
        timed_out=is_timeout(error) or is_much(error),
        hopeless=is_hopeless(error),
    )
