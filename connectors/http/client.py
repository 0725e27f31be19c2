"""Make the calls to one account's server, with retries and errors (connectors.errors).

Rules kept here:
- a call that is not safe to repeat is repeated only when it was surely not executed, else OutcomeUnknown (R20);
- every call, a repeated one too, waits for the rate limiter (R5, P7);
- credentials go only to the configured scheme, host and port, and only listed calls are made, redirects included (P9);
- no message and no error contains a secret (P8). Errors hide their cause, because it may contain one;
- where tokens change (connectors.http.token_source), a call with answer 401 is made once more with another token.
"""

import random
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from connectors.clock import Clock, SystemClock
from connectors.connector import CallCounts
from connectors.errors import (
    AllowanceSpent,
    AnswerTooLarge,
    CallRefused,
    ConnectorError,
    OutcomeUnknown,
    PageCrashed,
    PageTimedOut,
)
from connectors.http.allowed_calls import AllowedCalls, NotListed
from connectors.http.call import FailedTry, HttpCall, Reply, failure_of
from connectors.http.call_errors import BY_CONFIG, CallErrors
from connectors.http.clock_skew import ServerTime, Skew, parse_date
from connectors.http.rate_limiter import CallSlot, RateLimiter
from connectors.http.request import Origin
from connectors.http.response import (
    EXCERPT,
    TooLarge,
    UnreadableBody,
    complaint_of,
    decode,
    is_plain_word,
    looks_like,
    quoted,
    read_body,
)
from connectors.http.retry import Effort, Outage, next_wait, retry_after, throttled_wait
from connectors.http.token_source import TokenSource
from connectors.http.transport import UNREADABLE, Transport

MEBIBYTE: Final = 1024 * 1024
SHOWN: Final = 65536
TRIES_OF_A_PAGE: Final = 2
REDIRECTS: Final = 5
DOUBTS: Final = 2
"""How often a read is repeated because of its `Date` (R43). Then our own clock is used."""
USER_AGENT: Final = "growthsync/0.1"
KEEPS_METHOD: Final = frozenset({307, 308})
NOT_DONE_HERE: Final = KEEPS_METHOD | {301}
"""302 and 303 are not among these: they also follow a form that was accepted."""
MOVED: Final = NOT_DONE_HERE | {302, 303}
RETRIED: Final = frozenset({408, 425})


class HttpClient:
    """Makes calls to one account's server, from several threads. `calls` are the allowed ones.

    `headers` go with every call. `timeout` is (connect, read) in seconds. `patience` is the time in seconds without a
    usable answer after which a call fails. `secrets` are kept out of messages. `chance` draws from [0, 1).
    `token_source` gives the tokens where they change. `expected_offset` is the last measured offset of the server's
    clock in seconds.
    """

    def __init__(
        self,
        account: str,
        base_url: str,
        headers: Mapping[str, str],
        rate_limiter: RateLimiter,
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
        token_source: TokenSource | None = None,
        expected_offset: float | None = None,
    ) -> None:
        self.account = account
        self.traffic = CallCounts()
        self._token_source = token_source
        own = {"Accept": "application/json", "Accept-Encoding": "gzip, deflate", "User-Agent": user_agent}
        self._origin = Origin(base_url, {**own, **headers})
        remedy = BY_CONFIG if token_source is None else token_source.mend
        self._errors = CallErrors(account, self._origin.host, secrets, remedy)
        self._clock = clock or SystemClock()
        self._transport = Transport(
            self._origin.base_url, calls, proxies, timeout, patience=patience, monotonic=self._clock.monotonic
        )
        self._rate_limiter = rate_limiter
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
        params: Mapping[str, str | Sequence[str]] | None = None,
        json: Any = None,
        headers: Mapping[str, str] | None = None,
        splittable: bool = False,
        once: bool = False,
    ) -> Reply:
        """Ask something that is safe to repeat: a GET, or a search by POST. The caller quotes the segments of `path`.

        With `splittable`, an answer that takes too long raises AnswerTooLarge at once, as one that is too large always
        does. A page that is asked for `once` is a part of one that failed: a 500 is not tried again. Raises AuthError,
        LoginNeeded, RecordGone, RecordRefused, AnswerTooLarge, Unreachable, ServerTrouble, AllowanceSpent.
        """
        request = self._origin.request(method, path, params=params, json=json, headers=headers)
        return self._ask(HttpCall(request, f"{method} {path}", splittable=splittable, once=once))

    def send_change(
        self,
        method: str,
        path: str,
        *,
        repeatable: bool,
        overwrites: bool = False,
        params: Mapping[str, str | Sequence[str]] | None = None,
        json: Any = None,
        form: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Reply:
        """Change something. `repeatable` says that twice has the effect of once: PUT, DELETE, adding a tag.

        A call that `overwrites` may replace what a person typed since the first try. It is not repeated where the first
        try may have been executed: the caller reads the record first.

        Raises OutcomeUnknown when it may have been executed but no answer came. All other errors (those of `send_query`
        but AnswerTooLarge) mean that it was not executed; AuthError and refusals mean that of the last try.
        """
        request = self._origin.request(method, path, params=params, json=json, form=form, headers=headers, change=True)
        return self._ask(
            HttpCall(request, f"{method} {path}", write=True, repeatable=repeatable, overwrites=overwrites)
        )

    def hide(self, *secrets: str) -> None:
        """Keep these secrets out of every message from now on."""
        self._errors.hide(*secrets)

    def clock_offset(self) -> float:
        """Return the seconds by which the server's clock is ahead of ours, 0.0 before the first answer."""
        return self._skew.offset()

    def close(self) -> None:
        """Close the connections."""
        self._transport.close()
        self._rate_limiter.close()

    def _ask(self, question: HttpCall) -> Reply:
        effort = Effort()
        while True:
            slot = self._take_slot(question, effort)
            question = self._signed(question, effort, slot)
            began = self._clock.monotonic()
            result = self._try(question, slot)
            if isinstance(result, Reply):
                self._outage.answered()
                return result
            seconds = self._clock.monotonic() - began
            if isinstance(result, HttpCall):
                question, effort = result, effort.after_try(0.0, uncertain=False)
            else:
                effort = self._after(question, result, effort.after_try(seconds, uncertain=result.uncertain))

    def _take_slot(self, question: HttpCall, effort: Effort) -> CallSlot:
        try:
            slot = self._rate_limiter.take()
        except AllowanceSpent:
            if not (question.write and effort.uncertain):
                raise
            reason = "the daily allowance ran out before it could be tried again"
            raise self._errors.error(OutcomeUnknown, question, reason) from None
        with self._lock:
            self.traffic.retries += effort.tries > 0
            self.traffic.writes += effort.tries == 0 and question.write
            self.traffic.reads += effort.tries == 0 and not question.write
        return slot

    def _signed(self, question: HttpCall, effort: Effort, slot: CallSlot) -> HttpCall:
        """Return the call with a valid token. After a 401 that is another token, or the server's error is raised."""
        if self._token_source is None:
            return question
        try:
            token = self._bearer(self._token_source, question)
        except BaseException as error:
            self._rate_limiter.done(slot, None, None)
            if isinstance(error, ConnectorError) and question.write and effort.uncertain:
                raise self._errors.error(
                    OutcomeUnknown, question, f"{error.message}; it may have taken effect"
                ) from None
            raise
        self.hide(token)
        request = question.request
        signed = replace(request, headers={**request.headers, "Authorization": f"Bearer {token}"})
        renewed = question.renewed or question.refusal is not None
        return replace(question, request=signed, bearer=token, refusal=None, renewed=renewed)

    def _bearer(self, token_source: TokenSource, question: HttpCall) -> str:
        if question.refusal is None:
            return token_source.token()
        other = token_source.another(question.bearer, question.refusal.message)
        if other is None:
            raise question.refusal
        return other

    def _try(self, question: HttpCall, slot: CallSlot) -> Reply | FailedTry | HttpCall:
        headers: Mapping[str, str] | None = None
        status: int | None = None
        started = self._clock.now()
        try:
            response = self._transport.send(question.request)
            headers, status = response.headers, response.status
            served = self._skew.seen(headers.get("Date"), started, self._clock.now())
            content = read_body(response, self._body_limit)
        except NotListed as reason:
            raise self._errors.error(CallRefused, question, f"this call is not made: {reason}") from None
        except TooLarge:
            return FailedTry(f"the answer is larger than {self._body_limit} bytes", too_large=True)
        except UNREADABLE as error:
            return failure_of(error, answered=status is not None)
        finally:
            self._rate_limiter.done(slot, headers, status)
        return self._classify(question, status, headers, content, served)

    def _classify(
        self, question: HttpCall, status: int, headers: Mapping[str, str], content: bytes, served: ServerTime
    ) -> Reply | FailedTry | HttpCall:
        try:
            body, garbled = decode(content), ""
        except UnreadableBody as reason:
            shown = self._errors.redaction.text(content[:SHOWN].decode("utf-8", "replace"))
            body, garbled = None, f"it answered {status} with {str(reason) or looks_like(shown)}"
        if 200 <= status < 300:  # noqa: PLR2004 (success, by the standard)
            said_yes = question.write and question.repeatable and is_plain_word(content)
            if garbled and not said_yes:
                return FailedTry(garbled)
            return self._succeeded(question, Reply(status, body, served.at, headers), doubted=served.doubted)
        # Redact before anything is cut off: half a secret is not recognised.
        body = self._errors.redaction.value(body)
        if status in MOVED:
            return self._moved(question, status, headers.get("Location", ""))
        said = garbled or f"it answered {status}{quoted(body)}"
        failure = self._failure(question, status, headers, said, served)
        if failure is not None:
            return failure
        self._outage.answered()
        refusal = self._errors.of_refusal(question, status, body, said)
        if status == 401 and self._token_source is not None and not question.renewed:  # noqa: PLR2004 (unauthorised)
            return replace(question, refusal=refusal)
        raise refusal

    def _failure(
        self, question: HttpCall, status: int, headers: Mapping[str, str], said: str, served: ServerTime
    ) -> FailedTry | None:
        """Return the failure of an answer after which the call may be repeated, None for a refusal."""
        # Compare a date in Retry-After with the answer's own Date: one clock wrote both, right or wrong.
        said_at = parse_date(headers.get("Date") or "") or served.at
        asked = retry_after(headers.get("Retry-After"), said_at)
        if status == 429:  # noqa: PLR2004 (too many requests: by its meaning not executed)
            with self._lock:
                self.traffic.throttled += 1
            wait = throttled_wait(asked, self._rate_limiter.interval_of(headers), self._chance())
            return FailedTry(said, uncertain=False, asked=wait)
        if status in RETRIED or status >= 500 or status < 400:  # noqa: PLR2004
            return FailedTry(said, asked=asked, crashed=status == 500)  # noqa: PLR2004 (the server's own mistake)
        if status == 413 and not question.write:  # noqa: PLR2004 (content too large)
            return FailedTry(said, too_large=True)
        return None

    def _succeeded(self, question: HttpCall, reply: Reply, *, doubted: bool) -> Reply | FailedTry | HttpCall:
        """Return an answer of success, unless it says that it failed or its `Date` is in doubt (R43)."""
        if said_no := complaint_of(reply.body):
            return FailedTry(f"it answered {reply.status} with an error: {self._errors.redaction.text(said_no)}")
        if doubted and not question.write and question.doubts < DOUBTS:
            # Another answer settles which clock is right.
            return replace(question, doubts=question.doubts + 1)
        return reply

    def _moved(self, question: HttpCall, status: int, location: str) -> FailedTry | HttpCall:
        request = self._origin.moved(question.request, location)
        uncertain = status not in NOT_DONE_HERE
        said = f"it answered {status}, pointing to {location[:EXCERPT] or 'nowhere'}"
        if request is None:
            reason = f"{said}, which is another server and gets no credentials"
            return FailedTry(reason, uncertain=uncertain, hopeless=True)
        if question.write and not uncertain:
            raise self._errors.error(
                CallRefused, question, f"{said}; what changes something is sent to no other address"
            )
        follows = status in KEEPS_METHOD or request.method == "GET"
        if question.write or not location or not follows or question.redirects >= REDIRECTS:
            return FailedTry(said, uncertain=uncertain, hopeless=True)
        if not self._transport.permits(request):
            return FailedTry(f"{said}, which is no question of this connector", hopeless=True)
        return replace(question, request=request, redirects=question.redirects + 1)

    def _after(self, question: HttpCall, failure: FailedTry, effort: Effort) -> Effort:
        """Wait before the next try and return the effort so far, or raise the final error."""
        outage = self._outage.failed(self._clock.monotonic())
        if not question.write and failure.too_large:
            raise self._errors.error(AnswerTooLarge, question, failure.reason)
        if question.splittable and failure.timed_out:
            raise self._errors.error(PageTimedOut, question, failure.reason)
        if question.splittable and failure.crashed and effort.tries >= (1 if question.once else TRIES_OF_A_PAGE):
            raise self._errors.error(PageCrashed, question, failure.reason)
        if failure.asked is not None:
            self._outage.answered()
            self._rate_limiter.hold(failure.asked)
            outage = 0.0
        left = self._patience - max(effort.spent, outage)
        wait = None if failure.hopeless or failure.too_large else next_wait(effort, left, self._chance(), failure.asked)
        is_once = question.write and (question.overwrites or not question.repeatable)
        if wait is None or (is_once and failure.uncertain):
            raise self._errors.of_last_try(question, failure, effort)
        self._clock.sleep(wait.own)
        return effort.after_wait(wait)
