"""The one way to an account's server: a call, its retries, its errors (connectors.errors).

Rules kept here:
- what is not safe to repeat is repeated only when it surely was not executed; else OutcomeUnknown (R20);
- every call, a repeated one too, takes its turn from the pace (R5, P7);
- credentials go to the configured scheme, host and port and nowhere else;
- what the connector does not list (connectors.http.allowed_calls) does not go out, whoever names it: a redirect, a
  link, an id;
- a question follows a redirect to another listed question; what changes something is never sent to another address;
- no message and no error carries a secret (P8), and errors hide what caused them, because that may;
- where tokens change (connectors.http.token_source), a call that is answered 401 is made once more with another
  token, whatever
  it does: it had no effect.
"""

import random
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Final

from connectors.clock import Clock, SystemClock
from connectors.connector import CallCounts
from connectors.errors import (
    AllowanceSpent,
    AnswerTooLarge,
    AuthError,
    CallRefused,
    ConnectorError,
    Forbidden,
    OutcomeUnknown,
    PageCrashed,
    PageTimedOut,
    RecordGone,
    RecordRefused,
    ServerTrouble,
    Unreachable,
)
from connectors.http.allowed_calls import AllowedCalls, NotListed
from connectors.http.clock_skew import ServerTime, Skew, parse_date
from connectors.http.forbidden import names_scope
from connectors.http.rate_limiter import CallSlot, RateLimiter
from connectors.http.redaction import Redaction
from connectors.http.request import Origin, Request
from connectors.http.response import (
    EXCERPT,
    TooLarge,
    UnreadableBody,
    complaint_of,
    decode,
    is_plain_word,
    looks_like,
    messages_of,
    read_body,
)
from connectors.http.retry import Effort, Outage, next_wait, retry_after, throttled_wait
from connectors.http.token_source import TokenSource
from connectors.http.transport import UNREADABLE, Transport, explain, is_hopeless, is_much, is_timeout, surely_unsent

MEBIBYTE: Final = 1024 * 1024
SHOWN: Final = 65536
TRIES_OF_A_PAGE: Final = 2
REDIRECTS: Final = 5
DOUBTS: Final = 2
"""How often a read is made again because of its `Date` (R43); then our own clock is used."""
USER_AGENT: Final = "growthsync/0.1"
KEEPS_METHOD: Final = frozenset({307, 308})
NOT_DONE_HERE: Final = KEEPS_METHOD | {301}
"""302 and 303 are also what follows a form that was accepted."""
MOVED: Final = NOT_DONE_HERE | {302, 303}
RETRIED: Final = frozenset({408, 425})
GONE: Final = frozenset({404, 410})
MENDED_BY_HAND: Final = "mend it in the config file"
MENDS: Final = {
    401: f"its key or token is wrong, expired or revoked: {MENDED_BY_HAND}, then run `sync check`",
    403: "the key or token lacks a scope, or is for another location: `sync check` names what is missing",
}


@dataclass(frozen=True, slots=True)
class Reply:
    """A usable answer: decoded JSON (None for an empty body), and the server's own time of it."""

    status: int
    body: Any
    served_at: datetime
    headers: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class _Question:
    """A call as it was asked for; `what` names it in messages.

    `doubts` counts answers that were not taken because their `Date` was in doubt. `bearer` is the token that it went
    with, `refusal` what the server said where another token is to be got, `renewed` that there was another one already.
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
class _Failure:
    """A try that led to nothing.

    `answered`: an answer came, if a useless one. `uncertain`: it may have been executed all the same. `asked`: seconds
    that the server asks to wait. `too_large`, `timed_out`, `crashed`: less may work. `hopeless`:
    trying again will not.
    """

    reason: str
    answered: bool = True
    uncertain: bool = True
    asked: float | None = None
    too_large: bool = False
    timed_out: bool = False
    hopeless: bool = False
    crashed: bool = False


class HttpClient:
    """Calls to one account's server, from several threads. `calls` are those that may go out.

    `headers` go with every call. `timeout` is (connect, read) in seconds, `patience` is how long no usable answer is
    put up with, `secrets` are kept out of messages, `chance` draws from [0, 1). `authority` gives the tokens where
    they change. `expected_offset` is by how many seconds the server's clock was ahead of ours when last measured.
    """

    def __init__(
        self,
        account: str,
        base_url: str,
        headers: Mapping[str, str],
        pace: RateLimiter,
        *,
        calls: AllowedCalls,
        clock: Clock | None = None,
        proxies: Mapping[str, str] | None = None,
        timeout: tuple[float, float] = (5.0, 10.0),
        patience: float = 20.0,
        secrets: Sequence[str] = (),
        body_limit: int = 16 * MEBIBYTE,
        user_agent: str = USER_AGENT,
        chance: Callable[[], float] = random.random,
        authority: TokenSource | None = None,
        expected_offset: float | None = None,
    ) -> None:
        self.account = account
        self.traffic = CallCounts()
        self.redaction = Redaction(secrets)
        self._secrets = frozenset(secrets)
        self._authority = authority
        own = {"Accept": "application/json", "Accept-Encoding": "gzip, deflate", "User-Agent": user_agent}
        self._origin = Origin(base_url, {**own, **headers})
        self._clock = clock or SystemClock()
        self._transport = Transport(
            self._origin.base_url, calls, proxies, timeout, patience=patience, monotonic=self._clock.monotonic
        )
        self._pace = pace
        self._skew = Skew(expected_offset)
        self._patience = patience
        self._outage = Outage(patience)
        self._body_limit = body_limit
        self._chance = chance
        self._lock = threading.Lock()

    def send_query(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, str] | None = None,
        json: Any = None,
        headers: Mapping[str, str] | None = None,
        splittable: bool = False,
        once: bool = False,
    ) -> Reply:
        """Ask something that is safe to repeat: a GET, or a search by POST. Segments of `path` come quoted.

        With `splittable`, an answer that takes too long raises AnswerTooLarge at once, as one that is too large always
        does. A page that is asked for `once` is a part of one that failed: a 500 is not tried again. Raises AuthError,
        LoginNeeded, RecordGone, RecordRefused, AnswerTooLarge, Unreachable, ServerTrouble, AllowanceSpent.
        """
        request = self._origin.request(method, path, params=params, json=json, headers=headers)
        return self._ask(_Question(request, f"{method} {path}", splittable=splittable, once=once))

    def send_change(
        self,
        method: str,
        path: str,
        *,
        repeatable: bool,
        overwrites: bool = False,
        params: Mapping[str, str] | None = None,
        json: Any = None,
        form: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Reply:
        """Change something. `repeatable` tells that doing it twice is as good as once: PUT, DELETE, adding a tag.

        What `overwrites` may take the place of what a person typed since the first try. It is not sent again by itself
        where that may have been executed: the caller looks at the record first.

        Raises OutcomeUnknown when it may have been executed, but no answer came; everything else that `read` raises,
        except AnswerTooLarge, means that it was not (AuthError and the refusals: that the last try was not).
        """
        request = self._origin.request(method, path, params=params, json=json, form=form, headers=headers, change=True)
        return self._ask(
            _Question(request, f"{method} {path}", write=True, repeatable=repeatable, overwrites=overwrites)
        )

    def hide(self, *secrets: str) -> None:
        """Keep these out of every message as well from now on."""
        with self._lock:
            known = self._secrets.union(filter(None, secrets))
            if known != self._secrets:
                self._secrets, self.redaction = known, Redaction(sorted(known))

    def clock_offset(self) -> float:
        """Return seconds by which the server's clock is ahead of ours, 0.0 before the first answer."""
        return self._skew.offset()

    def close(self) -> None:
        """Give the connections back."""
        self._transport.close()
        self._pace.close()

    def _ask(self, question: _Question) -> Reply:
        effort = Effort()
        while True:
            turn = self._turn(question, effort)
            question = self._signed(question, effort, turn)
            began = self._clock.monotonic()
            result = self._try(question, turn)
            if isinstance(result, Reply):
                self._outage.answered()
                return result
            seconds = self._clock.monotonic() - began
            if isinstance(result, _Question):
                question, effort = result, effort.after_try(0.0, uncertain=False)
            else:
                effort = self._after(question, result, effort.after_try(seconds, uncertain=result.uncertain))

    def _turn(self, question: _Question, effort: Effort) -> CallSlot:
        try:
            turn = self._pace.take()
        except AllowanceSpent:
            if not (question.write and effort.uncertain):
                raise
            reason = "the daily allowance ran out before it could be tried again"
            raise self._error(OutcomeUnknown, question, reason) from None
        with self._lock:
            self.traffic.retries += effort.tries > 0
            self.traffic.writes += effort.tries == 0 and question.write
            self.traffic.reads += effort.tries == 0 and not question.write
        return turn

    def _signed(self, question: _Question, effort: Effort, turn: CallSlot) -> _Question:
        """Return the call with a token that is good now; after a 401 with another one, or raise what was said."""
        if self._authority is None:
            return question
        try:
            token = self._bearer(self._authority, question)
        except BaseException as error:
            self._pace.done(turn, None, None)
            if isinstance(error, ConnectorError) and question.write and effort.uncertain:
                raise self._error(OutcomeUnknown, question, f"{error.message}; it may have taken effect") from None
            raise
        self.hide(token)
        request = question.request
        signed = replace(request, headers={**request.headers, "Authorization": f"Bearer {token}"})
        renewed = question.renewed or question.refusal is not None
        return replace(question, request=signed, bearer=token, refusal=None, renewed=renewed)

    def _bearer(self, authority: TokenSource, question: _Question) -> str:
        if question.refusal is None:
            return authority.token()
        other = authority.another(question.bearer, question.refusal.message)
        if other is None:
            raise question.refusal
        return other

    def _try(self, question: _Question, turn: CallSlot) -> Reply | _Failure | _Question:
        headers: Mapping[str, str] | None = None
        status: int | None = None
        started = self._clock.now()
        try:
            response = self._transport.send(question.request)
            headers, status = response.headers, response.status
            served = self._skew.seen(headers.get("Date"), started, self._clock.now())
            content = read_body(response, self._body_limit)
        except NotListed as reason:
            raise self._error(CallRefused, question, f"this call is not made: {reason}") from None
        except TooLarge:
            return _Failure(f"the answer is larger than {self._body_limit} bytes", too_large=True)
        except UNREADABLE as error:
            return _broken(error, answered=status is not None)
        finally:
            self._pace.done(turn, headers, status)
        return self._judge(question, status, headers, content, served)

    def _judge(  # noqa: PLR0911 - one return for each kind of answer
        self, question: _Question, status: int, headers: Mapping[str, str], content: bytes, served: ServerTime
    ) -> Reply | _Failure | _Question:
        try:
            body, garbled = decode(content), ""
        except UnreadableBody as reason:
            shown = self.redaction.text(content[:SHOWN].decode("utf-8", "replace"))
            body, garbled = None, f"it answered {status} with {str(reason) or looks_like(shown)}"
        if 200 <= status < 300:  # noqa: PLR2004 (success, by the standard)
            said_yes = question.write and question.repeatable and is_plain_word(content)
            if garbled and not said_yes:
                return _Failure(garbled)
            return self._succeeded(question, Reply(status, body, served.at, headers), doubted=served.doubted)
        body = self.redaction.value(body)  # first of all: half a secret at the end of an excerpt is not known as one
        if status in MOVED:
            return self._moved(question, status, headers.get("Location", ""))
        said = garbled or f"it answered {status}{_quoted(body)}"
        said_at = parse_date(headers.get("Date") or "") or served.at  # one clock wrote both, right or wrong
        asked = retry_after(headers.get("Retry-After"), said_at)
        if status == 429:  # noqa: PLR2004 (too many requests: by its meaning not executed)
            with self._lock:
                self.traffic.throttled += 1
            wait = throttled_wait(asked, self._pace.interval_of(headers), self._chance())
            return _Failure(said, uncertain=False, asked=wait)
        if status in RETRIED or status >= 500 or status < 400:  # noqa: PLR2004
            return _Failure(said, asked=asked, crashed=status == 500)  # noqa: PLR2004 (the server's own mistake)
        if status == 413 and not question.write:  # noqa: PLR2004 (content too large)
            return _Failure(said, too_large=True)
        self._outage.answered()
        refusal = self._refusal(question, status, body, said)
        if status == 401 and self._authority is not None and not question.renewed:  # noqa: PLR2004 (unauthorised)
            return replace(question, refusal=refusal)
        raise refusal

    def _succeeded(self, question: _Question, reply: Reply, *, doubted: bool) -> Reply | _Failure | _Question:
        """Return an answer of success, unless it says that it failed or its `Date` must be settled first (R43)."""
        if said_no := complaint_of(reply.body):
            return _Failure(f"it answered {reply.status} with an error: {self.redaction.text(said_no)}")
        if doubted and not question.write and question.doubts < DOUBTS:
            return replace(question, doubts=question.doubts + 1)  # another answer settles which clock is right
        return reply

    def _moved(self, question: _Question, status: int, location: str) -> _Failure | _Question:
        request = self._origin.moved(question.request, location)
        uncertain = status not in NOT_DONE_HERE
        said = f"it answered {status}, pointing to {location[:EXCERPT] or 'nowhere'}"
        if request is None:
            reason = f"{said}, which is another server and gets no credentials"
            return _Failure(reason, uncertain=uncertain, hopeless=True)
        if question.write and not uncertain:
            raise self._error(CallRefused, question, f"{said}; what changes something is sent to no other address")
        follows = status in KEEPS_METHOD or request.method == "GET"
        if question.write or not location or not follows or question.redirects >= REDIRECTS:
            return _Failure(said, uncertain=uncertain, hopeless=True)
        if not self._transport.permits(request):
            return _Failure(f"{said}, which is no question of this connector", hopeless=True)
        return replace(question, request=request, redirects=question.redirects + 1)

    def _refusal(self, question: _Question, status: int, body: Any, said: str) -> ConnectorError:
        if status in MENDS:
            mend = (
                MENDS[status]
                if self._authority is None
                else MENDS[status].replace(MENDED_BY_HAND, self._authority.mend)
            )
            if status == 403:  # noqa: PLR2004 (forbidden)
                shown = self._message(question, f"{said}; {mend}")
                return Forbidden(self.account, shown, self._message(question, said))
            if names_scope(said):  # the token itself is good: another one would lack the same
                return AuthError(self.account, self._message(question, f"{said}; {MENDS[403]}"), names_scope=True)
            return self._error(AuthError, question, f"{said}; {mend}")
        if status in GONE:
            return self._error(RecordGone, question, said)
        shown = self._message(question, said)
        return RecordRefused(self.account, shown, messages_of(body), status=status, body=body)

    def _after(self, question: _Question, failure: _Failure, effort: Effort) -> Effort:
        """Wait before the next try, and return what it all has cost; or raise what the call has come to."""
        outage = self._outage.failed(self._clock.monotonic())
        if not question.write and failure.too_large:
            raise self._error(AnswerTooLarge, question, failure.reason)
        if question.splittable and failure.timed_out:
            raise self._error(PageTimedOut, question, failure.reason)
        if question.splittable and failure.crashed and effort.tries >= (1 if question.once else TRIES_OF_A_PAGE):
            raise self._error(PageCrashed, question, failure.reason)
        if failure.asked is not None:
            self._outage.answered()
            self._pace.hold(failure.asked)
            outage = 0.0
        left = self._patience - max(effort.spent, outage)
        wait = None if failure.hopeless or failure.too_large else next_wait(effort, left, self._chance(), failure.asked)
        is_once = question.write and (question.overwrites or not question.repeatable)
        if wait is None or (is_once and failure.uncertain):
            raise self._final(question, failure, effort)
        self._clock.sleep(wait.own)
        return effort.after_wait(wait)

    def _final(self, question: _Question, failure: _Failure, effort: Effort) -> ConnectorError:
        reason = failure.reason
        if effort.tries > 1:
            reason += f" (tried {effort.tries} times)"
        if question.write and effort.uncertain:
            return self._error(OutcomeUnknown, question, f"{reason}; it may have taken effect")
        return self._error(ServerTrouble if failure.answered else Unreachable, question, reason)

    def _error(self, kind: type[ConnectorError], question: _Question, reason: str) -> ConnectorError:
        return kind(self.account, self._message(question, reason))

    def _message(self, question: _Question, reason: str) -> str:
        return self.redaction.text(f"{self._origin.host}, {question.what}: {reason}")


def _broken(error: Exception, *, answered: bool) -> _Failure:
    reason = explain(error)
    return _Failure(
        f"the answer broke off ({reason})" if answered else reason,
        answered=answered,
        uncertain=not surely_unsent(error),
        timed_out=is_timeout(error) or is_much(error),
        hopeless=is_hopeless(error),
    )


def _quoted(body: Any) -> str:
    messages = messages_of(body)
    return f": {'; '.join(messages)[:500]}" if messages else ""
