"""Decide for each request whether it may be answered, before anything is read or changed.

Rules kept here:
- a local address answers only to the names of this machine, which blocks DNS rebinding;
- where the config has tokens, one is required for everything except the health checks: programs send
  `Authorization: Bearer`, users enter it once per session. Without a token, personal data is shown only to processes
  of the same user;
- a change must come from a page of this server. Browsers say so (Sec-Fetch-Site, Origin), a form carries the token of
  its session, and the API accepts only JSON, which no other site can make a browser send.
"""

from collections.abc import Callable
from dataclasses import dataclass
from math import ceil
from typing import Final
from urllib.parse import parse_qsl, urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import cookie_parser

from sync.config.model import Config
from sync.config.secret import reveal_page_tokens
from sync.page.login_attempts import LoginAttempts
from sync.page.peer_process import End
from sync.page.sessions import LIFETIME, Session, Sessions, is_same

COOKIE: Final = "growthsync"
FORM_TOKEN: Final = "form"  # noqa: S105 - the name of the field
HEALTH: Final = frozenset({"/healthz", "/readyz"})
STATIC: Final = frozenset({"/page.css", "/icon.svg"})
"""Files without personal data that the login page needs."""
LOGIN: Final = "/login"
METRICS: Final = "/metrics"
API: Final = "/api/"
LOCAL_NAMES: Final = frozenset({"localhost", "127.0.0.1", "::1"})
MOST_FIELDS: Final = 20
TOO_MANY: Final = 429
NOT_OURS: Final = (
    "only processes of the user that runs growthsync may open this page; set a token under [status_page] for others"
)


@dataclass(frozen=True, slots=True)
class PageRequest:
    """The parts of a request that decide about access."""

    method: str
    path: str
    headers: Headers
    client: End | None
    server: End | None
    body: bytes = b""

    @property
    def changes(self) -> bool:
        """Return whether the request may change something."""
        return self.method not in ("GET", "HEAD")

    @property
    def form(self) -> dict[str, str]:
        """Return the fields of a form. Raises ValueError where the body is not a form."""
        pairs = parse_qsl(self.body.decode(), keep_blank_values=True, max_num_fields=MOST_FIELDS)
        return {name: value.replace("\r\n", "\n") for name, value in pairs}


@dataclass(frozen=True, slots=True)
class AccessRefused:
    """The response to a refused request: a status and a reason, or a redirect to the login form."""

    status: int
    reason: str
    to_login: bool = False


@dataclass(frozen=True, slots=True)
class AccessGranted:
    """The session of an allowed request; `cookie` is to be set, '' where the browser has it.

    `user` is the name of the token that the request showed, '' where the token has none, or where none is asked for.
    """

    session: Session
    cookie: str = ""
    user: str = ""


class Access:
    """Decide about the requests of one endpoint. Calls may come from several threads."""

    def __init__(
        self,
        config: Callable[[], Config],
        sessions: Sessions,
        is_ours: Callable[[End, End], bool],
        attempts: LoginAttempts,
    ) -> None:
        self._config = config
        self._is_ours = is_ours
        self.sessions = sessions
        self.attempts = attempts
        self._tokens_of: tuple[Config, dict[str, str]] | None = None

    @property
    def tokens(self) -> dict[str, str]:
        """Return the names by the tokens of the active config, which are read once. Raises ConfigError."""
        config = self._config()
        if self._tokens_of is None or self._tokens_of[0] is not config:
            self._tokens_of = config, reveal_page_tokens(config, lambda _: None)
        return self._tokens_of[1]

    def decide(self, request: PageRequest) -> AccessRefused | AccessGranted:
        """Return whether and with which session the request is answered."""
        session, cookie = self._session(request.headers)
        if refused := self._outsider(request, session):
            return refused
        if request.path in HEALTH | STATIC:
            return AccessGranted(session)
        # The token of a form is in its body, so this check comes after the ones that only need the head.
        if (request.changes or request.path.startswith(API)) and (refused := self._foreign(request, session)):
            return refused
        user = session.user if session.has_token else self.user_of(_bearer(request.headers)) or ""
        return AccessGranted(session, "" if _is_for_programs(request.path) else cookie, user)

    def refused_by_head(self, request: PageRequest) -> AccessRefused | None:
        """Return why a request is refused whatever its body is, so that the server need not wait for the body."""
        return self._outsider(request, self._session(request.headers)[0])

    def user_of(self, shown: str) -> str | None:
        """Return the name of a token, None where it is none. Each is compared, so that the time says nothing."""
        names = [name for token, name in self.tokens.items() if is_same(shown, token)]
        return names[0] if names else None

    def set_cookie(self, session: Session, headers: MutableHeaders, *, secure: bool = False) -> None:
        """Set the session cookie; no script can read it, no other site can send it."""
        # Strict: a link on another site must not open the page with the rights of the session.
        cookie = f"{self._cookie}={self.sessions.cookie(session, self._seal)}; Path=/; Max-Age={LIFETIME}"
        headers.append("set-cookie", f"{cookie}; HttpOnly; SameSite=Strict{'; Secure' if secure else ''}")

    @property
    def _cookie(self) -> str:
        """Return the name of the cookie, with the port: browsers ignore ports, and several daemons may run."""
        address = self._config().status_page.listen
        return f"{COOKIE}-{address.port if address else 0}"

    @property
    def _seal(self) -> str:
        """Return what a cookie is valid with: all tokens and their names."""
        return " ".join(f"{name} {token}" for token, name in self.tokens.items())

    def _is_local(self) -> bool:
        address = self._config().status_page.listen
        return address is None or address.is_local

    def _session(self, headers: Headers) -> tuple[Session, str]:
        shown = cookie_parser(headers.get("cookie", "")).get(self._cookie, "")
        session = self.sessions.session_of(shown, self._seal) if shown else None
        if session is not None:
            return session, ""
        session = self.sessions.begin(has_token=False)
        return session, self.sessions.cookie(session, self._seal)

    def _outsider(self, request: PageRequest, session: Session) -> AccessRefused | None:
        """Return why a caller is refused by its host name or identity, None where it is not."""
        # A page on the internet may resolve its own name to this address (DNS rebinding).
        if self._is_local() and _name_of(request.headers.get("host", "")) not in LOCAL_NAMES:
            return AccessRefused(421, "this address only answers to a name of this machine, such as localhost")
        if request.path in HEALTH | STATIC | {LOGIN}:
            return None
        return self._stranger(request, session)

    def _stranger(self, request: PageRequest, session: Session) -> AccessRefused | None:
        """Return why a caller without a valid token or process is refused, None where it is not."""
        if not self.tokens:
            return self._stranger_here(request)
        if session.has_token:
            return None
        shown = _bearer(request.headers)
        if shown and (refused := self._wrong_token(f"program {address_of(request.client)}", shown)) is None:
            return None
        if shown and refused is not None and refused.status == TOO_MANY:
            return refused
        return AccessRefused(
            401, "the token under [status_page] is required", to_login=not _is_for_programs(request.path)
        )

    def _wrong_token(self, key: str, shown: str) -> AccessRefused | None:
        """Return why the token of a program is refused, None where it is right."""
        if seconds := self.attempts.wait(key):
            return AccessRefused(TOO_MANY, f"too many wrong tokens; try again in {ceil(seconds)} s")
        if self.user_of(shown) is not None:
            self.attempts.note_right(key)
            return None
        self.attempts.note_wrong(key)
        return AccessRefused(401, "this is not the token")

    def _stranger_here(self, request: PageRequest) -> AccessRefused | None:
        if request.path == METRICS:
            return None
        known = (
            request.client is not None and request.server is not None and self._is_ours(request.client, request.server)
        )
        return None if known else AccessRefused(403, NOT_OURS)

    def _foreign(self, request: PageRequest, session: Session) -> AccessRefused | None:
        """Return why a request comes neither from a page of this server nor from a program, None where it does."""
        if not _is_from_here(request.headers):
            return AccessRefused(403, "this request comes from a page of another site")
        if request.path.startswith(API):
            kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
            is_json = not request.changes or kind == "application/json"
            return None if is_json else AccessRefused(415, "the API accepts JSON only: Content-Type: application/json")
        try:
            shown = request.form.get(FORM_TOKEN, "")
        except ValueError:
            return AccessRefused(400, "this is not a form of this page")
        if not is_same(shown, self.sessions.form_token(session)):
            return AccessRefused(
                403, "this form is too old, or not from this page; go back, reload the page and try again"
            )
        return None


def address_of(client: End | None) -> str:
    """Return the address of a caller, without its port."""
    return "" if client is None else str(client[0])


def is_over_tls(headers: Headers) -> bool:
    """Return whether the browser is known to use TLS up to a proxy, so that the cookie can be restricted to TLS.

    A browser sends Sec-Fetch-Site only over TLS, or to its own machine.
    """
    if _name_of(headers.get("host", "")) in LOCAL_NAMES:
        return False
    return "sec-fetch-site" in headers or headers.get("x-forwarded-proto") == "https"


def _bearer(headers: Headers) -> str:
    """Return the token that a program shows, '' without one."""
    kind, _, shown = headers.get("authorization", "").partition(" ")
    return shown.strip() if kind.lower() == "bearer" else ""


def _is_for_programs(path: str) -> bool:
    return path == METRICS or path.startswith(API)


def _is_from_here(headers: Headers) -> bool:
    """Return whether a page of this server sent the request, as far as its headers tell."""
    site = headers.get("sec-fetch-site")
    if site is not None:
        return site in ("same-origin", "none")
    origin = headers.get("origin")
    # Our pages send "null", because they hide their address. Other sites lack the form token and cannot send JSON.
    return origin in (None, "null") or urlsplit(origin).netloc == headers.get("host")


def _name_of(host: str) -> str:
    """Return the name in a Host header, without the port."""
    if host.startswith("["):
        return host[1:].partition("]")[0]
    return host.partition(":")[0].lower()
