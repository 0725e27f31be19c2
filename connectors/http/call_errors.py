"""Build the errors of calls to one account, without any secret in them (P8)."""

import threading
from collections.abc import Sequence
from typing import Any, Final

from connectors.errors import (
    AuthError,
    ConnectorError,
    Forbidden,
    OutcomeUnknown,
    RecordGone,
    RecordRefused,
    ServerTrouble,
    Unreachable,
)
from connectors.http.call import FailedTry, HttpCall
from connectors.http.forbidden import names_scope
from connectors.http.redaction import Redaction
from connectors.http.response import messages_of
from connectors.http.retry import Effort

GONE: Final = frozenset({404, 410})
FORBIDDEN: Final = 403
BY_CONFIG: Final = "mend it in the config file"
ADVICE: Final = {
    401: f"its key or token is wrong, expired or revoked: {BY_CONFIG}, then run `sync check`",
    403: "the key or token lacks a scope, or is for another location: `sync check` names what is missing",
}


class CallErrors:
    """Builds errors. `host` names the server, `remedy` is the advice where no token is accepted."""

    def __init__(self, account: str, host: str, secrets: Sequence[str], remedy: str = BY_CONFIG) -> None:
        self.redaction = Redaction(secrets)
        self._account = account
        self._host = host
        self._secrets = frozenset(secrets)
        self._remedy = remedy
        self._lock = threading.Lock()

    def hide(self, *secrets: str) -> None:
        """Keep these secrets out of every message from now on."""
        with self._lock:
            known = self._secrets.union(filter(None, secrets))
            if known != self._secrets:
                self._secrets, self.redaction = known, Redaction(sorted(known))

    def error(self, kind: type[ConnectorError], question: HttpCall, reason: str) -> ConnectorError:
        """Return an error of this kind about a call."""
        return kind(self._account, self._message(question, reason))

    def of_refusal(self, question: HttpCall, status: int, body: Any, said: str) -> ConnectorError:
        """Return the error for an answer that refuses the call."""
        if status in ADVICE:
            advice = ADVICE[status].replace(BY_CONFIG, self._remedy)
            if status == FORBIDDEN:
                shown = self._message(question, f"{said}; {advice}")
                return Forbidden(self._account, shown, self._message(question, said))
            # The token itself is good, and another one would lack the same scope.
            if names_scope(said):
                shown = self._message(question, f"{said}; {ADVICE[FORBIDDEN]}")
                return AuthError(self._account, shown, names_scope=True)
            return self.error(AuthError, question, f"{said}; {advice}")
        if status in GONE:
            return self.error(RecordGone, question, said)
        shown = self._message(question, said)
        return RecordRefused(self._account, shown, messages_of(body), status=status, body=body)

    def of_last_try(self, question: HttpCall, failure: FailedTry, effort: Effort) -> ConnectorError:
        """Return the error for a call that is not tried again."""
        reason = failure.reason
        if effort.tries > 1:
            reason += f" (tried {effort.tries} times)"
        if question.write and effort.uncertain:
            return self.error(OutcomeUnknown, question, f"{reason}; it may have taken effect")
        return self.error(ServerTrouble if failure.answered else Unreachable, question, reason)

    def _message(self, question: HttpCall, reason: str) -> str:
        return self.redaction.text(f"{self._host}, {question.what}: {reason}")
