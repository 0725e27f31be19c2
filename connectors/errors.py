"""What can go wrong at an API, split by what the caller should do about it.

    ConnectorError
    ├── AuthError            mend the credentials or the scopes; nothing else helps        (exit 3)
    │   └── Forbidden        403: the account's, or that of one record (connectors.http.forbidden)
    ├── LoginNeeded          no token, and only a person's login gets another (OAuth)      (exit 3)
    ├── TransientError       try again later, nothing is lost                              (exit 3)
    │   ├── Unreachable      no answer within the patience of a one-shot run
    │   ├── ServerTrouble    5xx, HTML instead of JSON, a cut-off body, on something safe to repeat
    │   │   └── OtherRecord  a question for one record was answered with another one: a merge, or a crossed answer
    │   ├── AllowanceSpent   the daily allowance ran out; `until` says when it is renewed
    │   └── IncompleteWindow a window that could not be proven complete, nor be split further
    ├── AnswerTooLarge       413, a body over our limit, or a time-out: ask for less (windows split on it)
    │   ├── PageCrashed      500 again and again, for a page of a list: one record in it may be why
    │   └── PageTimedOut     no answer in time for a page of a list: it may be too much, or the server is down
    ├── RecordError          this one record will not go through: list it, go on           (exit 1)
    │   ├── RecordGone       the id does not exist (any more): a deletion found (R22)
    │   ├── DuplicateRefused the server says that `other_id` is the same person
    │   └── RecordRefused    400/409/422 for any other reason; `messages` holds the server's words
    │       └── CallRefused  a path that is on no list of the connector, or a write that the server redirects
    └── OutcomeUnknown       a write whose answer never came, or made no sense: look before repeating (R20)
        ├── RecordEdited     a person edited the record between two tries of a write: the second one was not sent
        └── Broken           a mistake of ours at one record: nobody knows how far the call came

Every message names the account, and is safe to show: no secret, no person's data beyond what the server said of the
request.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any


class ConnectorError(Exception):
    """Something went wrong at an account."""

    def __init__(self, account: str, message: str) -> None:
        super().__init__(f"{account}: {message}")
        self.account = account
        self.message = message


class AuthError(ConnectorError):
    """401 or 403: credentials or scope. `names_scope` tells that the answer speaks of a scope, or may mean one."""

    def __init__(self, account: str, message: str, *, names_scope: bool = False) -> None:
        super().__init__(account, message)
        self.names_scope = names_scope


class Forbidden(AuthError):
    """403: the account may not do this, or something in between forbids this one call; `said` is what it said."""

    def __init__(self, account: str, message: str, said: str) -> None:
        super().__init__(account, message, names_scope=True)
        self.said = said


class LoginNeeded(ConnectorError):
    """No token works, and only a login gets another one: never a sign that just a scope is missing."""


class TransientError(ConnectorError):
    """May work when it is tried again."""


class Unreachable(TransientError):
    """No usable answer within the patience of a one-shot run."""


class ServerTrouble(TransientError):
    """An answer came, but not one that means anything."""


class OtherRecord(ServerTrouble):
    """A record was asked for by its id, and the answer shows another one, `shown`.

    Either the record was merged into the other one, or the answer belongs to another question. Who knows what the
    record was can tell; until then nothing is known of it.
    """

    def __init__(self, account: str, message: str, shown: Mapping[str, Any]) -> None:
        super().__init__(account, message)
        self.shown = shown


class AllowanceSpent(TransientError):
    """The daily allowance ran out."""

    def __init__(self, account: str, message: str, until: datetime | None = None) -> None:
        super().__init__(account, message)
        self.until = until


class IncompleteWindow(TransientError):
    """A window that the server answers only in part, and that cannot be split further."""


class AnswerTooLarge(ConnectorError):
    """The server, or our limit, says that the question asks for too much at once."""


class PageCrashed(AnswerTooLarge):
    """The server fails at a page of a list: where it answers other questions, a record in the page is why."""


class PageTimedOut(AnswerTooLarge):
    """A page of a list did not come in time."""


class RecordError(ConnectorError):
    """One record cannot go through as it is."""


class RecordGone(RecordError):
    """The id does not exist at the server."""


class RecordRefused(RecordError):
    """The server refuses the record.

    `messages` are its own words, one per complaint; `body` is the decoded answer, for quirks that hide in it.
    """

    def __init__(
        self, account: str, message: str, messages: Sequence[str] = (), *, status: int = 0, body: Any = None
    ) -> None:
        super().__init__(account, message)
        self.messages = tuple(messages)
        self.status = status
        self.body = body


class CallRefused(RecordRefused):
    """A call that would not go where it should: its path is on no list of this connector, or the server moved it.

    It did not take effect: it was not sent, or was answered with a redirect that is not followed.
    """


class DuplicateRefused(RecordError):
    """The server refuses a create because it takes `other_id` for the same person, by `field` (email or phone)."""

    def __init__(self, account: str, message: str, other_id: str | None, field: str | None) -> None:
        super().__init__(account, message)
        self.other_id = other_id
        self.field = field


class OutcomeUnknown(ConnectorError):
    """A write was sent, and nobody can say whether it took effect.

    `accepted` tells that the server said yes, and nothing of what it led to.
    """

    def __init__(self, account: str, message: str, *, accepted: bool = False) -> None:
        super().__init__(account, message)
        self.accepted = accepted


class RecordEdited(OutcomeUnknown):
    """A person edited the record since the first try of a write, so there was no second one: look and merge again."""


class Broken(OutcomeUnknown):
    """A call about one record ended in a mistake of ours, `cause`: nobody knows how far it came."""

    def __init__(self, account: str, message: str, cause: Exception) -> None:
        super().__init__(account, message)
        self.cause = cause
