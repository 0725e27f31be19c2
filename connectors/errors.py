"""The errors of an account, by what the caller should do about them.

    ConnectorError
    ├── AuthError            correct the credentials or the scopes; nothing else helps     (exit 3)
    │   └── Forbidden        403: the account's, or that of one record (connectors.http.forbidden)
    ├── LoginNeeded          no token, and only a login gets another one (OAuth)           (exit 3)
    ├── TransientError       try again later, nothing is lost                              (exit 3)
    │   ├── Unreachable      no answer within the patience of a one-shot run
    │   ├── ServerTrouble    5xx, HTML instead of JSON, a cut-off body, on something safe to repeat
    │   │   └── OtherRecord  a request for one record was answered with another one: a merge, or a crossed answer
    │   ├── AllowanceSpent   the daily allowance is used up; `until` says when it is renewed
    │   └── IncompleteWindow a window that is not proven complete and cannot be split further
    ├── AnswerTooLarge       413, a body over our limit, or a time-out: ask for less (windows split on it)
    │   ├── PageCrashed      500 again and again, for a page of a list: one record in it may be why
    │   └── PageTimedOut     no answer in time for a page of a list: it may be too much, or the server is down
    ├── RecordError          this one record cannot be written: list it, go on             (exit 1)
    │   ├── RecordGone       the id does not exist (any more): a deletion found (R22)
    │   ├── DuplicateRefused the server says that `other_id` is the same contact
    │   └── RecordRefused    400/409/422 for any other reason; `messages` holds the server's words
    │       └── CallRefused  a path that is on no list of the connector, or a write that the server redirects
    └── OutcomeUnknown       a write without a usable answer: look before it is repeated (R20)
        ├── RecordEdited     a person edited the record between two tries of a write: the second one was not sent
        └── Broken           a mistake of ours at one record: how far the call came is unknown

Every message names the account and is safe to show: it holds no secret, and no contact data but what the server said
of the request.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any


class Malformed(ValueError):
    """An answer in no known shape. Its text shows nothing of the content. Clients turn it into a ConnectorError."""


class ConnectorError(Exception):
    """Something went wrong at an account."""

    def __init__(self, account: str, message: str) -> None:
        super().__init__(f"{account}: {message}")
        self.account = account
        self.message = message


class AuthError(ConnectorError):
    """401 or 403: credentials or scope. `names_scope` says that the answer names a scope, or may mean one."""

    def __init__(self, account: str, message: str, *, names_scope: bool = False) -> None:
        super().__init__(account, message)
        self.names_scope = names_scope


class Forbidden(AuthError):
    """403: the account may not do this, or a proxy forbids this one call. `said` is the answer."""

    def __init__(self, account: str, message: str, said: str) -> None:
        super().__init__(account, message, names_scope=True)
        self.said = said


class LoginNeeded(ConnectorError):
    """No token works, and only a login gets another one. It never means that a scope is missing."""


class TransientError(ConnectorError):
    """The call may work when it is tried again."""


class Unreachable(TransientError):
    """No usable answer within the patience of a one-shot run."""


class ServerTrouble(TransientError):
    """An answer came that makes no sense."""


class OtherRecord(ServerTrouble):
    """A record was asked for by its id, and the answer shows another one, `shown`.

    Either the record was merged into the other one, or the answer belongs to another request. A caller that knows what
    the record showed before can decide which; until then nothing is known of the record.
    """

    def __init__(self, account: str, message: str, shown: Mapping[str, Any]) -> None:
        super().__init__(account, message)
        self.shown = shown


class AllowanceSpent(TransientError):
    """The daily allowance is used up."""

    def __init__(self, account: str, message: str, until: datetime | None = None) -> None:
        super().__init__(account, message)
        self.until = until


class IncompleteWindow(TransientError):
    """The server answers a window only in part, and it cannot be split further."""


class AnswerTooLarge(ConnectorError):
    """By the server or by our limit, the request asks for too much at once."""


class PageCrashed(AnswerTooLarge):
    """The server fails at a page of a list. Where it answers other requests, a record in the page is the cause."""


class PageTimedOut(AnswerTooLarge):
    """A page of a list did not come in time."""


class RecordError(ConnectorError):
    """One record cannot be written as it is."""


class RecordGone(RecordError):
    """The id does not exist at the server (R22)."""


class RecordRefused(RecordError):
    """The server refuses the record.

    `messages` are its own words, one for each reason. `body` is the decoded answer.
    """

    def __init__(
        self, account: str, message: str, messages: Sequence[str] = (), *, status: int = 0, body: Any = None
    ) -> None:
        super().__init__(account, message)
        self.messages = tuple(messages)
        self.status = status
        self.body = body


class CallRefused(RecordRefused):
    """A call did not take effect: it is on no list of the connector, so that it was not sent, or was redirected.

    The redirect of a write is not followed.
    """


class DuplicateRefused(RecordError):
    """The server refuses a create because `other_id` has the same `field` (email or phone)."""

    def __init__(self, account: str, message: str, other_id: str | None, field: str | None) -> None:
        super().__init__(account, message)
        self.other_id = other_id
        self.field = field


class OutcomeUnknown(ConnectorError):
    """A write was sent, and it is unknown whether it took effect.

    `accepted` says that the server confirmed it, without a usable record in the answer.
    """

    def __init__(self, account: str, message: str, *, accepted: bool = False) -> None:
        super().__init__(account, message)
        self.accepted = accepted


class RecordEdited(OutcomeUnknown):
    """A person edited the record since the first try of a write, so there was no second one: look and merge again."""


class Broken(OutcomeUnknown):
    """A call about one record ended in a mistake of ours, `cause`. How far it came is unknown."""

    def __init__(self, account: str, message: str, cause: Exception) -> None:
        super().__init__(account, message)
        self.cause = cause
