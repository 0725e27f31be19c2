"""One request, one answer: `requests`' adapter with nothing that acts by itself.

No retry, no redirect, no cookie, no .netrc; proxies and the CA bundle are read from the environment once. Each kept
connection is checked before it is used again, so that one which the server has closed costs no call.
"""

import os
import ssl
from collections.abc import Iterator, Mapping
from typing import Any, Final

from requests import PreparedRequest, ReadTimeout, Response
from requests.adapters import HTTPAdapter
from requests.structures import CaseInsensitiveDict
from requests.utils import get_environ_proxies
from urllib3.connectionpool import ConnectionPool
from urllib3.exceptions import ConnectTimeoutError, NewConnectionError, ReadTimeoutError

from connectors.request import Request

CONNECTIONS: Final = 8


class _OneServer(HTTPAdapter):
    """An adapter whose requests all go to one server the same way, so that its pool is looked up once."""

    _pool: ConnectionPool | None = None

    def get_connection_with_tls_context(self, *request: Any, **options: Any) -> ConnectionPool:
        """Return the pool of connections."""
        if self._pool is None:
            self._pool = super().get_connection_with_tls_context(*request, **options)
        return self._pool

    def close(self) -> None:
        """Let go of the pool, which closes its connections when nobody holds it any more."""
        self._pool = None
        super().close()


class Transport:
    """Connections to one server, for several threads."""

    def __init__(self, base_url: str, proxies: Mapping[str, str] | None, timeout: tuple[float, float]) -> None:
        self._adapter = _OneServer(pool_connections=1, pool_maxsize=CONNECTIONS, max_retries=0)
        self._proxies = dict(get_environ_proxies(base_url) if proxies is None else proxies)
        self._verify = os.environ.get("REQUESTS_CA_BUNDLE") or os.environ.get("CURL_CA_BUNDLE") or True
        self._timeout = timeout

    def send(self, request: Request) -> Response:
        """Return the answer with its body unread. Raises what requests and urllib3 raise."""
        prepared = PreparedRequest()
        prepared.method = request.method
        prepared.url = request.url
        prepared.headers = CaseInsensitiveDict(request.headers)
        prepared.body = request.body
        if request.body is not None or request.method not in {"GET", "HEAD", "DELETE"}:
            prepared.headers["Content-Length"] = str(len(request.body or b""))
        return self._adapter.send(
            prepared, stream=True, timeout=self._timeout, verify=self._verify, proxies=self._proxies
        )

    def close(self) -> None:
        """Close every connection."""
        self._adapter.close()


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


def explain(error: BaseException) -> str:
    """Return the innermost reason in words, without addresses of our memory."""
    *_, innermost = causes(error)
    if is_timeout(error):
        return "no answer in time"
    if isinstance(innermost, OSError) and innermost.strerror:
        return innermost.strerror.lower()
    text = str(innermost) or type(innermost).__name__
    return text.rpartition(">: ")[2] or text
