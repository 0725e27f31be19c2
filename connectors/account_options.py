"""The keys of one account in the config file, and the types of their values.

Each system declares a model of its own, a subclass of `AccountOptions`, in its registry entry (connectors.registry).
The description of a field completes "it takes ..." where the key is missing. A field of type `SecretStr` is a secret.
Messages show a wrong value only where its field is marked `SHOWN`, because a secret may stand in the wrong place.

Each check raises a ValueError. Its text completes the sentence "allowed is ..." and never repeats the value.
"""

import re
from typing import Annotated, Any, Final, NoReturn

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, PrivateAttr, SecretStr
from pydantic.types import StringConstraints

from connectors.duration import RATE_HELP, parse_rate
from connectors.http.rate_headers import RateLimit

SHOWN: Final = "a wrong value of this field may be shown in a message"
"""Marks the type of a field that never holds a secret."""


class OptionsTable(BaseModel):
    """A table of the config file: it has no other keys than these, and does not change after loading."""

    # Deferred, because pydantic builds each table once more as a part of the table that holds it.
    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True, defer_build=True)


def is_loopback(host: str) -> bool:
    """Say whether a host name or IP address is this machine."""
    from ipaddress import ip_address  # most config files name no address

    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _base_url(value: str) -> str:
    """Check an address that credentials go to: in clear text only to this machine, and never with a password in it."""
    from urllib.parse import urlsplit  # most config files name no address

    allowed = "an address that begins with https:// (http:// only for this machine, like http://127.0.0.1:8080)"
    try:
        parts = urlsplit(value)
        host, _port = parts.hostname or "", parts.port
    except ValueError:
        raise ValueError(allowed) from None
    bare = not (parts.query or parts.fragment or parts.username or parts.password)
    if host and bare and (parts.scheme == "https" or (parts.scheme == "http" and is_loopback(host))):
        return value.rstrip("/")
    raise ValueError(allowed)


def _redirect(value: str) -> str:
    """Check where the consent page sends the browser back to: a port of this machine, or a page of the user's own."""
    from urllib.parse import urlsplit  # most config files name no address

    parts = urlsplit(_base_url(value))
    if parts.scheme == "http" and not parts.port:
        raise ValueError("an address with a port where it is on this machine, like http://127.0.0.1:8789/callback")
    return value  # unchanged, because the app is registered with exactly this text


def _scope(value: str) -> str:
    if re.fullmatch(r"[!#-\[\]-~]+", value) is None:  # RFC 6749, section 3.3
        raise ValueError("a scope without spaces, like contacts.readonly")
    return value


def _rate(value: object) -> RateLimit:
    if not isinstance(value, str):
        raise ValueError(RATE_HELP)  # noqa: TRY004 - pydantic collects ValueErrors only
    return parse_rate(value)


Text = Annotated[str, StringConstraints(strict=True, strip_whitespace=True, min_length=1)]
Secret = Annotated[SecretStr, Field(strict=True, min_length=1)]
BaseUrl = Annotated[Text, AfterValidator(_base_url)]
RedirectUri = Annotated[Text, AfterValidator(_redirect)]
Scope = Annotated[Text, AfterValidator(_scope)]
Rate = Annotated[RateLimit, BeforeValidator(_rate), SHOWN]

KEY_HELP: Final = "env:NAME, file:PATH, credential:NAME, keyring:SERVICE/USER, or the key itself"
"""What a secret key takes."""


class AccountOptions(OptionsTable):
    """The keys that the account of every system has. A subclass sets `connector` and `base_url`, and adds its own."""

    _name: str = PrivateAttr("")
    connector: str
    rate: Rate | None = None
    base_url: BaseUrl

    @property
    def name(self) -> str:
        """Return the name that the user gave the account in the config file."""
        return self._name

    @property
    def uses_oauth(self) -> bool:
        """Say whether its tokens come from a person's consent, and change."""
        return False

    @property
    def secret(self) -> tuple[str, SecretStr]:
        """Return the key that holds the credential, and its value as the config file has it (`env:NAME`, ...)."""
        self._is_abstract("secret")

    @property
    def identity(self) -> dict[str, Any]:
        """Return what makes this account itself, as JSON (R28)."""
        self._is_abstract("identity")

    @property
    def seen_as(self) -> tuple[object, ...]:
        """Return the users, or the location, that the account is read as: part of its source ids (R31)."""
        self._is_abstract("seen_as")

    def _is_abstract(self, name: str) -> NoReturn:
        raise NotImplementedError(f"{type(self).__name__}.{name}")


class OAuthAccount(AccountOptions):
    """The keys of an account that may use OAuth: the app, and what its consent page is asked for.

    Each call is about one location. The location consents, or, with `company_id`, the company that it belongs to.
    """

    client_id: Text | None = None
    client_secret: Secret | None = None
    company_id: Text | None = None
    location_id: Text
    redirect_uri: RedirectUri = "http://127.0.0.1:8789/callback"
    scopes: Annotated[tuple[Scope, ...], Field(min_length=1)] | None = None
    authorize_url: BaseUrl

    @property
    def uses_oauth(self) -> bool:
        """Say whether its tokens come from a person's consent, and change."""
        return self.client_id is not None
