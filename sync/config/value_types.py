"""The types of the values in the config file, as pydantic checks them. Those of accounts: connectors.account_options.

Each check raises a ValueError. Its text completes the sentence "allowed is ..." and never repeats the value, because a
secret may stand in the wrong place.
"""

import re
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal, NamedTuple

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr, ValidationInfo

from connectors import registry
from connectors.account_options import Secret, Text, is_loopback
from connectors.duration import SPAN_HELP, parse_span
from sync.config.cron import check_cron

if TYPE_CHECKING:
    from collections.abc import Iterable

RESERVED = frozenset({"window", "unchanged", "conflicts", "failed", "unmapped", "left_out", "direction"})
"""Words that reports and the `fields` table use where account names stand."""

REFERENCES = ("env", "file", "credential", "keyring")
"""The kinds of references to a secret."""

SEALING_HELP = (
    "env:NAME, file:PATH, credential:NAME or keyring:SERVICE/USER, where 32 random bytes are in base64, made by: "
    "openssl rand -base64 32"
)

LONGEST_COMMAND = timedelta(seconds=60)
HIGHEST_PORT = 65535


class Address(NamedTuple):
    """An IP address of this machine, and a port to listen at; port 0 takes any free one."""

    host: str
    port: int

    @property
    def is_local(self) -> bool:
        """Say whether only this machine can reach it."""
        return is_loopback(self.host)

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


def suggest(word: str, allowed: "Iterable[str]") -> str:
    """Return "a, b, c", and the allowed word that is close to the given one."""
    from difflib import get_close_matches  # slow to import, and only a typing mistake needs it

    names = list(allowed)
    close = get_close_matches(word.lower(), names, n=1)
    return ", ".join(names) + (f"; did you mean {close[0]}?" if close else "")


def _span(value: object) -> timedelta:
    if not isinstance(value, str):
        raise ValueError(SPAN_HELP)  # noqa: TRY004 - pydantic collects ValueErrors only
    return parse_span(value)


def _interval(value: object) -> timedelta:
    span = _span(value)
    if span < timedelta(seconds=1):
        raise ValueError(f"{SPAN_HELP}, of a second or more")
    return span


def _interval_or_off(value: object) -> timedelta | None:
    if value == "off":
        return None
    try:
        return _interval(value)
    except ValueError as error:
        raise ValueError(f'{error}, or "off"') from None


def _short(value: object) -> timedelta:
    span = _interval(value)
    if span > LONGEST_COMMAND:
        raise ValueError(f"{SPAN_HELP}, from 1s to 60s")
    return span


def _command(value: str) -> str:
    """Check that it can be split into words as a shell does. No shell runs it."""
    import shlex  # most config files have no [notify]

    try:
        words = shlex.split(value)
    except ValueError as error:
        raise ValueError(f"a program with its arguments, quoted as for a shell ({str(error).lower()})") from None
    if not words:
        raise ValueError("a program with its arguments")
    return value


def _share_or_count(value: object) -> int | float:
    """TOML distinguishes 1 from 1.0, and so does this: one contact, or all of them."""
    if isinstance(value, float) and 0.0 <= value <= 1.0:
        return value
    if isinstance(value, int) and not isinstance(value, bool) and value >= 0:
        return value
    raise ValueError("a share from 0.0 to 1.0, or a whole number of contacts")


def _listen(value: object) -> Address:
    """Check an address to listen at. It is an IP address, because a host name may mean several."""
    from ipaddress import ip_address

    allowed = "an IP address of this machine and a port, like 127.0.0.1:8787 or [::1]:8787"
    host, _, port = value.rpartition(":") if isinstance(value, str) else ("", "", "")
    host = "127.0.0.1" if host == "localhost" else host.removeprefix("[").removesuffix("]")
    try:
        found = Address(str(ip_address(host)), int(port) if port.isascii() and port.isdigit() else -1)
    except ValueError:
        raise ValueError(allowed) from None
    if not 0 <= found.port <= HIGHEST_PORT:
        raise ValueError(allowed)
    return found


def _listen_or_off(value: object) -> Address | None:
    if value == "off":
        return None
    if isinstance(value, Address):
        return value
    try:
        return _listen(value if isinstance(value, str) else "")
    except ValueError as error:
        raise ValueError(f'{error}, or "off"') from None


def _url_path(value: str) -> str:
    if not re.fullmatch(r"/[A-Za-z0-9._~/-]*", value):
        raise ValueError("a path that begins with /, of letters, digits and . _ ~ - /")
    return value


def _reference(value: SecretStr) -> SecretStr:
    if value.get_secret_value().partition(":")[0] not in REFERENCES:
        raise ValueError(f"{SEALING_HELP}; the key itself may not stand here")
    return value


def _consent_channel(value: str) -> str:
    allowed = dict.fromkeys(name for one in registry.systems() for name in one.capabilities.consent_channels)
    if value not in allowed:
        raise ValueError(suggest(value, allowed))
    return value


def _country(value: str) -> str:
    from connectors.values.country import display_name, to_alpha2  # most config files leave the country out

    try:
        display_name(value)
    except KeyError:
        meant = to_alpha2(value)
        hint = f"; did you mean {meant}?" if meant else ""
        raise ValueError(f"a country of ISO 3166-1 as two capital letters, like US or GB{hint}") from None
    return value


def _path(value: object, info: ValidationInfo) -> Path:
    """Read a path as relative to the config file; its folder is the context of the validation."""
    if not isinstance(value, str) or not value.strip() or "\0" in value:
        raise ValueError("the path of a file, relative to this one")
    return Path(info.context or ".", Path(value).expanduser()).absolute()


def _name(value: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_-]*", value):
        raise ValueError("a name of letters, digits, - and _")
    if value in RESERVED:
        raise ValueError(f"a name other than {', '.join(sorted(RESERVED))}, which reports use themselves")
    return value


def _values(value: object) -> tuple[str, ...]:
    values = value if isinstance(value, list) else [value]
    if values and all(isinstance(one, str) and one for one in values):
        return tuple(values)
    raise ValueError("a text, or a list of texts; one of them must match")


Flag = Annotated[bool, Field(strict=True)]
Channel = Literal["Email", "SMS", "WhatsApp", "Instagram", "Facebook"]
ConsentChannel = Annotated[str, Field(strict=True), AfterValidator(_consent_channel)]
Flow = Literal["inbound", "outbound"]
Direction = Literal["both", "left_to_right", "right_to_left"]
Name = Annotated[str, AfterValidator(_name)]
FilePath = Annotated[Path, BeforeValidator(_path)]
Listen = Annotated[Address, BeforeValidator(_listen)]
ListenOrOff = Annotated[Address | None, BeforeValidator(_listen_or_off)]
UrlPath = Annotated[Text, AfterValidator(_url_path)]
Span = Annotated[timedelta, BeforeValidator(_span)]
Interval = Annotated[timedelta, BeforeValidator(_interval)]
IntervalOrOff = Annotated[timedelta | None, BeforeValidator(_interval_or_off)]
ShortSpan = Annotated[timedelta, BeforeValidator(_short)]
Command = Annotated[Text, AfterValidator(_command)]
TokenKey = Annotated[Secret, AfterValidator(_reference)]
Cron = Annotated[Text, AfterValidator(check_cron)]
Country = Annotated[Text, AfterValidator(_country)]
Values = Annotated[tuple[str, ...], BeforeValidator(_values)]
ShareOrCount = Annotated[int | float, BeforeValidator(_share_or_count)]
