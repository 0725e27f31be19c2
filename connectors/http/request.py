"""Build requests: addresses, headers and bodies, encoded in one way for all connectors."""

import json as jsonlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final
from urllib.parse import quote, urlencode, urljoin, urlsplit, urlunsplit

from requests import PreparedRequest, RequestException

PORTS: Final = {"http": 80, "https": 443}
_ENCODER: Final = jsonlib.JSONEncoder(separators=(",", ":"), allow_nan=False)


@dataclass(frozen=True, slots=True)
class Request:
    """One request. `url` is complete and encoded, `change` says that it is more than a question."""

    method: str
    url: str
    headers: Mapping[str, str]
    body: bytes | None = None
    change: bool = False


class Origin:
    """One server: its base address, and the headers of every request to it.

    Raises ValueError for an address or a header that cannot be sent. The message shows no value of a header.
    """

    def __init__(self, base_url: str, headers: Mapping[str, str]) -> None:
        self.base_url = _encoded(base_url)
        self.host = urlsplit(self.base_url).netloc.rpartition("@")[2]
        self._headers = {name: _sendable(name, value) for name, value in headers.items()}

    def request(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, str | Sequence[str]] | None = None,
        json: Any = None,
        form: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        change: bool = False,
    ) -> Request:
        """Return a request to `path` (segments quoted by the caller) below the base address."""
        url = f"{self.base_url}{path}"
        if params:
            url = f"{url}?{urlencode(params, doseq=True, quote_via=quote)}"
        sent = {**self._headers, **(headers or {})}
        if form is not None:
            sent["Content-Type"] = "application/x-www-form-urlencoded"
            return Request(method, url, sent, urlencode(form).encode(), change)
        if json is None:
            return Request(method, url, sent, change=change)
        sent["Content-Type"] = "application/json"
        return Request(method, url, sent, _ENCODER.encode(json).encode(), change)

    def moved(self, request: Request, location: str) -> Request | None:
        """Return the request at the target of a redirect, None when that is another server or no address."""
        try:
            url = urljoin(request.url, location)
            if _server(url) != _server(self.base_url):
                return None
        except ValueError:
            return None
        base, parts = urlsplit(self.base_url), urlsplit(url)
        return replace(request, url=urlunsplit((base.scheme, base.netloc, parts.path, parts.query, "")))


def _encoded(base_url: str) -> str:
    prepared = PreparedRequest()
    try:
        prepared.prepare_url(base_url.rstrip("/"), None)
    except RequestException:
        raise ValueError(f"base_url is not an address: {base_url!r}") from None
    return str(prepared.url).rstrip("/")


def _sendable(name: str, value: str) -> str:
    if not value.isascii() or not value.isprintable() or value != value.strip():
        raise ValueError(f"the header {name} cannot carry this value: only printable ASCII without spaces around it")
    return value


def _server(url: str) -> tuple[str, str | None, int | None]:
    parts = urlsplit(url)
    return parts.scheme, parts.hostname, parts.port or PORTS.get(parts.scheme)
