"""Send one request and return its answer, by a connection pool of `requests`.

There is no retry, redirect, cookie or .netrc. Proxies and the CA bundle are read from the environment once. The pool is
used directly, because a session costs more than the call itself. A kept connection is checked before it is used again,
so that one that the server closed costs no call. Answers are read strictly (connectors.http.strict_http).
"""

import os
import ssl
import zlib
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from http.client import HTTPException
from typing import Any, Final, cast
from urllib.parse import urlsplit

from certifi import where
from requests import PreparedRequest, ReadTimeout, RequestException
from requests.adapters import HTTPAdapter
from requests.utils import get_environ_proxies
from urllib3 import BaseHTTPResponse, HTTPConnectionPool, HTTPSConnectionPool, Timeout
from urllib3.exceptions import ConnectTimeoutError, HTTPError, NewConnectionError, ProxyError, ReadTimeoutError
from urllib3.util.ssl_ import create_urllib3_context

from connectors.http.allowed_calls import AllowedCalls, NotListed
from connectors.http.request import Request
from connectors.http.strict_http import TooSlow, strict

UNREADABLE: Final = (
    RequestException, HTTPError, HTTPException, OSError, EOFError,
    ValueError, TypeError, LookupError, ArithmeticError, AttributeError, RecursionError, zlib.error,
)  # fmt: skip
"""The errors of the libraries for bytes that they cannot read. The request is sound, so the server is the cause."""
CONNECTIONS: Final = 8
MUCH: Final = 1024 * 1024
"""Bytes from which on an answer counts as large, not slow."""
BODILESS: Final = frozenset({"GET", "HEAD", "DELETE"})
"""Methods that send no header for a body that is not there."""


@cache
def tls_context(bundle: str) -> ssl.SSLContext:
    """Return the TLS settings that all connections of the process share; the CA bundle is a file or a folder."""
    context: ssl.SSLContext = create_urllib3_context(cert_reqs=ssl.CERT_REQUIRED)
    folder = os.path.isdir(bundle)  # noqa: PTH112 - OpenSSL takes a text
    context.load_verify_locations(cafile=None if folder else bundle, capath=bundle if folder else None)
    return context


class Transport:
    """Connections to one server, for several threads. Only the allowed calls are made.

    An answer, head and body, has `patience` seconds from its first byte on.
    """

    def __init__(
        self,
        base_url: str,
        calls: AllowedCalls,
        proxies: Mapping[str, str] | None,
        timeout: tuple[float, float],
        *,
        patience: float,
        monotonic: Callable[[], float],
    ) -> None:
        self._adapter = HTTPAdapter(pool_connections=1, pool_maxsize=CONNECTIONS, max_retries=0)
        self._base_url = base_url
        self._calls = calls
        self._proxies = dict(get_environ_proxies(base_url) if proxies is None else proxies)
        self._verify = os.environ.get("REQUESTS_CA_BUNDLE") or os.environ.get("CURL_CA_BUNDLE") or where()
        self._patience = patience
        self._monotonic = monotonic
        self._timeout = Timeout(connect=timeout[0], read=timeout[1])
        self._pool: HTTPConnectionPool | None = None
        self._strict: type[Any] | None = None

    def send(self, request: Request) -> BaseHTTPResponse:
        """Return the answer with its body unread. Raises NotListed, and what requests and urllib3 raise."""
        self._calls.check(self._base_url, request.method, request.url, change=request.change)
        pool = self._pool = self._pool or self._open()
        pool.ConnectionCls = self._connection_of(pool)
        headers = dict(request.headers)
        if request.body is not None or request.method not in BODILESS:
            headers["Content-Length"] = str(len(request.body or b""))
        return pool.urlopen(
            request.method,
            _target(pool, request.url),
            request.body,
            headers,
            retries=self._adapter.max_retries,
            redirect=False,
            assert_same_host=False,
            timeout=self._timeout,
            preload_content=False,
            decode_content=False,
        )

    def permits(self, request: Request) -> bool:
        """Say whether this may go out."""
        try:
            self._calls.check(self._base_url, request.method, request.url, change=request.change)
        except NotListed:
            return False
        return True

    def close(self) -> None:
        """Close every connection."""
        self._pool = None
        self._adapter.close()

    def _open(self) -> HTTPConnectionPool:
        prepared = PreparedRequest()
        prepared.prepare_url(self._base_url, None)
        pool = self._adapter.get_connection_with_tls_context(prepared, self._verify, self._proxies)
        if isinstance(pool, HTTPSConnectionPool):
            # urllib3 would load the CA bundle for each connection, which takes longer than a call.
            pool.conn_kw["ssl_context"] = tls_context(self._verify)
            pool.ca_certs = pool.ca_cert_dir = None
        return cast("HTTPConnectionPool", pool)  # the stub names its base class

    def _connection_of(self, pool: HTTPConnectionPool) -> type[Any]:
        """Return the strict kind of the connection that the pool would make; recorders of tests exchange that one."""
        kind: type[Any] = type(pool).ConnectionCls
        if self._strict is None or not issubclass(self._strict, kind):
            self._strict = strict(kind, self._patience, self._monotonic)
        return self._strict


def _target(pool: HTTPConnectionPool, url: str) -> str:
    """Return what a request names: what follows the host, or the whole address where a proxy is asked in clear."""
    if pool.proxy is not None and pool.scheme == "http":
        return url
    parts = urlsplit(url)
    return f"{parts.path or '/'}?{parts.query}" if parts.query else parts.path or "/"


def causes(error: BaseException) -> Iterator[BaseException]:
    """Yield an error and what it wraps, outermost first."""
    seen: set[int] = set()
    inner: BaseException | None = error
    while inner is not None and id(inner) not in seen:
        seen.add(id(inner))
        yield inner
        wrapped = (getattr(inner, "reason", None), getattr(inner, "original_error", None), *inner.args)
        inner = next((each for each in wrapped if isinstance(each, BaseException)), inner.__cause__)


def surely_unsent(error: BaseException) -> bool:
    """Say whether no connection came about, so that the server cannot have seen the request."""
    never = (NewConnectionError, ConnectTimeoutError, ssl.SSLCertVerificationError)
    return any(isinstance(each, never) for each in causes(error))


def is_hopeless(error: BaseException) -> bool:
    """Say whether trying again cannot help: the server's certificate is not trusted."""
    return any(isinstance(each, ssl.SSLCertVerificationError) for each in causes(error))


def is_timeout(error: BaseException) -> bool:
    """Say whether the server took the request and then said nothing for too long."""
    return any(isinstance(each, ReadTimeout | ReadTimeoutError) for each in causes(error))


def is_much(error: BaseException) -> bool:
    """Say whether the deadline passed while a large answer flowed: less may come in time."""
    return any(isinstance(each, TooSlow) and each.received >= MUCH for each in causes(error))


def explain(error: BaseException) -> str:
    """Return the innermost reason in words, without addresses of our memory."""
    *_, innermost = causes(error)
    text = str(innermost) or type(innermost).__name__
    text = text.rpartition(">: ")[2] or text
    if is_timeout(error):
        text = "no answer in time"
    elif isinstance(innermost, OSError) and innermost.strerror:
        text = innermost.strerror.lower()
    if any(isinstance(each, ProxyError) for each in causes(error)):
        return f"the proxy of the environment (HTTP_PROXY, HTTPS_PROXY, ALL_PROXY) lets no call through: {text}"
    return text
