"""Who may ask for what: decided for each request, before anything is read or done.

Rules kept here:
- an address of this machine answers only where it is called by a name of this machine: a page on the internet whose
  name was made to lead here (DNS rebinding) is refused;
- with a token in the config it is needed for all but the two words on health: by programs as `Authorization: Bearer`,
  by people once, for a session. Without one, people's data are shown to processes of our own user alone;
- what changes anything comes from a page of ours: browsers say so (Sec-Fetch-Site, Origin), a form carries the token
  of its session, and the API takes nothing but JSON, which no other site can have a browser send.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final
from urllib.parse import parse_qsl, urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import cookie_parser

from sync.config.model import Config
from sync.config.secret import reveal_page_token
from sync.page.peer_process import End
from sync.page.sessions import LIFETIME, Session, Sessions, is_same

COOKIE: Final = "growthsync"
FORM_TOKEN: Final = "form"  # noqa: S105 - the name of the field
HEALTH: Final = frozenset({"/healthz", "/readyz"})
LOOKS: Final = frozenset({"/page.css", "/icon.svg"})
"""What tells nothing about anybody, and is needed before somebody has come in."""
LOGIN: Final = "/login"
METRICS: Final = "/metrics"
API: Final = "/api/"
LOCAL_NAMES: Final = frozenset({"localhost", "127.0.0.1", "::1"})
MOST_FIELDS: Final = 20
NOT_OURS: Final = (
    "this address is for processes of the user who runs growthsync; set a token under [status_page] for others"
)


@dataclass(frozen=True, slots=True)
class Asked:
    """A request, as far as it decides who may ask."""

    method: str
    path: str
    headers: Headers
    client: End | None
    server: End | None
    body: bytes = b""

    @property
    def changes(self) -> bool:
        """Say whether it may change something."""
        return self.method not in ("GET", "HEAD")

    @property
    def form(self) -> dict[str, str]:
        """Return the fields of a form. Raises ValueError where it is none."""
        pairs = parse_qsl(self.body.decode(), keep_blank_values=True, max_num_fields=MOST_FIELDS)
        return {name: value.replace("\r\n", "\n") for name, value in pairs}


@dataclass(frozen=True, slots=True)
class AccessRefused:
    """What is answered instead: a status and why, or for people the way to the form in which they show the token."""

    status: int
    why: str
    to_login: bool = False


@dataclass(frozen=True, slots=True)
class AccessGranted:
    """Who may come in, with their session; `cookie` is to be set, '' where the browser has it."""

    session: Session
    cookie: str = ""


class Access:
    """Decides for one door. Calls may come from several threads."""

    def __init__(self, config: Callable[[], Config], sessions: Sessions, is_ours: Callable[[End, End], bool]) -> None:
        self._config = config
        self._is_ours = is_ours
        self.sessions = sessions
        self._read: tuple[Config, str | None] | None = None

    @property
    def token(self) -> str | None:
        """Return the token of the config in force, which is opened once. Raises ConfigError."""
        config = self._config()
        if self._read is None or self._read[0] is not config:
            self._read = config, reveal_page_token(config, lambda _: None)
        return self._read[1]

    def decide(self, asked: Asked) -> AccessRefused | AccessGranted:
        """Say whether the request is answered."""
        session, cookie = self._session(asked.headers)
        if refused := self._outsider(asked, session):
            return refused
        if asked.path in HEALTH | LOOKS:
            return AccessGranted(session)
        if (asked.changes or asked.path.startswith(API)) and (refused := self._foreign(asked, session)):
            return refused
        return AccessGranted(session, "" if _is_for_programs(asked.path) else cookie)

    def refused_by_head(self, asked: Asked) -> AccessRefused | None:
        """Return why a request is refused whatever its body says, so that the body need not be waited for."""
        return self._outsider(asked, self._session(asked.headers)[0])

    def is_token(self, shown: str) -> bool:
        """Say whether this is the token."""
        return self.token is not None and is_same(shown, self.token)

    def set_cookie(self, session: Session, headers: MutableHeaders, *, secure: bool = False) -> None:
        """Have the browser keep a session; no script sees it, no other site sends it."""
        cookie = f"{self._cookie}={self.sessions.cookie(session, self.token)}; Path=/; Max-Age={LIFETIME}"
        headers.append("set-cookie", f"{cookie}; HttpOnly; SameSite=Strict{'; Secure' if secure else ''}")

    @property
    def _cookie(self) -> str:
        """Return the name of our cookie: browsers do not tell ports apart, and there may be several daemons."""
        address = self._config().status_page.listen
        return f"{COOKIE}-{address.port if address else 0}"

    def _is_local(self) -> bool:
        address = self._config().status_page.listen
        return address is None or address.is_local

    def _session(self, headers: Headers) -> tuple[Session, str]:
        shown = cookie_parser(headers.get("cookie", "")).get(self._cookie, "")
        session = self.sessions.session_of(shown, self.token) if shown else None
        if session is not None:
            return session, ""
        begun = self.sessions.begin(has_token=False)
        return begun, self.sessions.cookie(begun, self.token)

    def _outsider(self, asked: Asked, session: Session) -> AccessRefused | None:
        """Return why a caller is refused for where they come from and who they are, None where they are let in."""
        if self._is_local() and _name_of(asked.headers.get("host", "")) not in LOCAL_NAMES:
            return AccessRefused(421, "this address answers to a name of this machine alone, like localhost")
        if asked.path in HEALTH | LOOKS | {LOGIN}:
            return None
        return self._stranger(asked, session)

    def _stranger(self, asked: Asked, session: Session) -> AccessRefused | None:
        """Return why somebody is not let in, None where they are."""
        if self.token is None:
            return self._stranger_here(asked)
        kind, _, shown = asked.headers.get("authorization", "").partition(" ")
        if session.has_token or (kind.lower() == "bearer" and self.is_token(shown.strip())):
            return None
        return AccessRefused(401, "the token under [status_page] is needed", to_login=not _is_for_programs(asked.path))

    def _stranger_here(self, asked: Asked) -> AccessRefused | None:
        if asked.path == METRICS:
            return None
        known = asked.client is not None and asked.server is not None and self._is_ours(asked.client, asked.server)
        return None if known else AccessRefused(403, NOT_OURS)

    def _foreign(self, asked: Asked, session: Session) -> AccessRefused | None:
        """Return why a request is not one of a page of ours or of a program, None where it is."""
        if not _is_from_here(asked.headers):
            return AccessRefused(403, "this comes from a page of somebody else")
        if asked.path.startswith(API):
            kind = asked.headers.get("content-type", "").partition(";")[0].strip().lower()
            is_json = not asked.changes or kind == "application/json"
            return None if is_json else AccessRefused(415, "the API takes JSON: Content-Type: application/json")
        try:
            shown = asked.form.get(FORM_TOKEN, "")
        except ValueError:
            return AccessRefused(400, "this is no form of ours")
        if not is_same(shown, self.sessions.form_token(session)):
            return AccessRefused(
                403, "this form is too old, or not of this page; go back, reload the page and try again"
            )
        return None


def is_over_tls(headers: Headers) -> bool:
    """Say whether a browser is known to speak TLS with a proxy before us: its cookie then goes nowhere else.

    A browser tells where a request comes from (Sec-Fetch-Site) over TLS alone, or to its own machine.
    """
    if _name_of(headers.get("host", "")) in LOCAL_NAMES:
        return False
    return "sec-fetch-site" in headers or headers.get("x-forwarded-proto") == "https"


def _is_for_programs(path: str) -> bool:
    return path == METRICS or path.startswith(API)


def _is_from_here(headers: Headers) -> bool:
    """Say whether a browser says that a page of ours sent this, or whether nothing says that it was another's."""
    site = headers.get("sec-fetch-site")
    if site is not None:
        return site in ("same-origin", "none")
    origin = headers.get("origin")
    # "null" is what a page sends that tells no address, as ours do; others have no token of a form, and send no JSON.
    return origin in (None, "null") or urlsplit(origin).netloc == headers.get("host")


def _name_of(host: str) -> str:
    """Return the name in a Host header, without the port."""
    if host.startswith("["):
        return host[1:].partition("]")[0]
    return host.partition(":")[0].lower()
