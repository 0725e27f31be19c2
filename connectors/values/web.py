"""Web addresses: sites, and profiles at social networks.

Rules kept here:
- a missing scheme is https. Scheme and host are in lower case. The default port and the slash of a bare host are
  removed; path, query and fragment stay. Documented samples: "anz.com" (GrowthGenius), "https://www.tesla.com"
  (GrowthHub);
- profiles have one form per network: https://www.linkedin.com/in/slug (and company, school, showcase),
  https://twitter.com/name, https://x.com/name, https://www.facebook.com/name. x.com and twitter.com are two sites. An
  address elsewhere in such a field is kept;
- what is no web address (a bare handle, mailto:, several addresses) is unmapped (R17);
- mapping twice equals mapping once. Addresses compare by `key`.
"""

import re
from dataclasses import dataclass
from typing import Literal
from urllib.parse import SplitResult, urlsplit

from connectors.values import domain, text
from connectors.values.text import Reading, Unmapped

Network = Literal["linkedin", "twitter", "facebook"]

_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*://", re.IGNORECASE)
_KEY_PREFIX = re.compile(r"(?:https?://)?(?:www\.)*", re.IGNORECASE)
_CANONICAL = re.compile(r"https?://[a-z0-9_-]{1,63}(?:\.[a-z0-9_-]{1,63})+(?:/[\w.~%-]+)*", re.ASCII)
"""The form of most addresses. They are canonical already and need not be parsed."""
_DEFAULT_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True)
class _Site:
    """One site of a network: its domains, its canonical host, and the form of a profile.

    `canonical` is the form of a profile's address that needs no change.
    """

    domains: tuple[str, ...]
    host: str
    profile: re.Pattern[str]
    canonical: re.Pattern[str]


_NAME = re.compile(r"/@*([^/@]+)/*")
_SITES: dict[Network, tuple[_Site, ...]] = {
    "linkedin": (
        _Site(
            ("linkedin.com",),
            "www.linkedin.com",
            re.compile(r"/((?:in|company|school|showcase)/[^/]+)(?:/[a-z]{2}|/about)?/*"),
            re.compile(r"https://www\.linkedin\.com/(?:in|company|school|showcase)/[\w.~%-]+", re.ASCII),
        ),
    ),
    "twitter": (
        _Site(("twitter.com",), "twitter.com", _NAME, re.compile(r"https://twitter\.com/[\w.~%-]+", re.ASCII)),
        _Site(("x.com",), "x.com", _NAME, re.compile(r"https://x\.com/[\w.~%-]+", re.ASCII)),
    ),
    "facebook": (
        _Site(
            ("facebook.com", "fb.com"),
            "www.facebook.com",
            re.compile(r"/((?!profile\.php)[^/]+)/*"),
            re.compile(r"https://www\.facebook\.com/[\w~%-]+", re.ASCII),
        ),
    ),
}


def website(raw: object) -> Reading:
    """Return the address, None if there is none, UNKNOWN for dirt, Unmapped for what cannot be an address."""
    found = text.clean_line(raw)
    if not isinstance(found, str):
        return found
    if _CANONICAL.fullmatch(found):
        return found
    address = _split(found)
    return Unmapped(found) if address is None else _join(address)


def profile(raw: object, network: Network) -> Reading:
    """Return the address of a profile in the form of its network, else as `website` does."""
    address = website(raw)
    if not isinstance(address, str):
        return address
    sites = _SITES[network]
    if any(site.canonical.fullmatch(address) for site in sites):
        return address
    parts = urlsplit(address)
    for site in sites:
        if any(f".{parts.netloc}".endswith(f".{name}") for name in site.domains):
            return _at(site, parts)
    return address


def key(value: str) -> str:
    """Return the comparable form: without scheme, "www.", final slashes and the case of the host."""
    host, slash, path = _KEY_PREFIX.sub("", value, count=1).partition("/")
    return (domain.key(host) + slash + path).rstrip("/")


def _split(address: str) -> SplitResult | None:
    """Return the parts of an address with canonical host and port, None when it cannot be one."""
    if " " in address or not address.isprintable():
        return None
    try:
        parts = urlsplit(address if _SCHEME.match(address) else f"https://{address.removeprefix('//')}")
        host, port = domain.canonical(parts.hostname or ""), parts.port
    except ValueError:
        # Brackets, a port that is no number, and letters that look like "/" raise a ValueError.
        return None
    if parts.scheme not in _DEFAULT_PORTS or host is None or "@" in parts.netloc:
        return None
    return parts._replace(netloc=host if port in (None, _DEFAULT_PORTS[parts.scheme]) else f"{host}:{port}")


def _join(parts: SplitResult) -> str:
    bare = parts.path == "/" and not parts.query and not parts.fragment
    return parts._replace(path="").geturl() if bare else parts.geturl()


def _at(site: _Site, parts: SplitResult) -> str:
    here = parts._replace(scheme="https", netloc=site.host)
    name = site.profile.fullmatch(parts.path)
    return _join(here) if name is None else f"https://{site.host}/{name[1]}"
