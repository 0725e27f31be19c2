"""The `[webhooks]` table: where GrowthHub's events are heard, by whose signature, and how many are kept.

A key is looked at as far as is possible without the library that will use it, which is slow to import.
"""

import binascii
from collections.abc import Callable
from datetime import timedelta
from typing import Annotated, Any, Final

from pydantic import BeforeValidator

from sync.config.table import ConfigTable
from sync.config.value_types import Interval, Listen, UrlPath

ON: Final = ("on",)
"""Stands for the RSA key that GrowthHub has published."""
ED25519_BEGINS: Final = bytes.fromhex("302a300506032b6570032100")
ED25519_BYTES: Final = 44
RSA_OID: Final = bytes.fromhex("06092a864886f70d010101")
RSA_HEAD: Final = 4
"""Bytes before the length that they tell: 30 82 and two of length, as every key of 1024 bits and more has."""


def _between(lowest: int, highest: int) -> Callable[[object], int]:
    def check(value: object) -> int:
        if isinstance(value, int) and not isinstance(value, bool) and lowest <= value <= highest:
            return value
        raise ValueError(f"a whole number from {lowest} to {highest}")

    return check


def _keys(value: object) -> tuple[str, ...]:
    """Return base64 of DER, of one key or several, be they written as PEM or without its first and last line."""
    if value == "off":
        return ()
    texts: list[Any] = value if isinstance(value, list) else [value]
    keys = tuple(_bare(text) for text in texts if isinstance(text, str))
    if not keys or len(keys) < len(texts):
        raise ValueError
    return keys


def _bare(text: str) -> str:
    lines = [line.strip() for line in text.replace("-----BEGIN PUBLIC KEY-----", "").splitlines()]
    return "".join(lines).replace("-----END PUBLIC KEY-----", "")


def _der(text: str) -> bytes:
    try:
        return binascii.a2b_base64(text, strict_mode=True)
    except ValueError:  # binascii.Error is one, and so is what a letter of no alphabet raises
        return b""


def _ed25519(value: object) -> tuple[str, ...]:
    allowed = "a public key (Ed25519, SubjectPublicKeyInfo, PEM or base64) or a list of them"
    try:
        keys = _keys(value)
    except ValueError:
        raise ValueError(allowed) from None
    if not keys or not all(len(der) == ED25519_BYTES and der.startswith(ED25519_BEGINS) for der in map(_der, keys)):
        raise ValueError(allowed)
    return keys


def _rsa(value: object) -> tuple[str, ...]:
    allowed = 'a public key (RSA, SubjectPublicKeyInfo, PEM or base64), a list of them, "on", or "off"'
    if value == "on":
        return ON
    try:
        keys = _keys(value)
    except ValueError:
        raise ValueError(allowed) from None
    if not all(map(_is_rsa, map(_der, keys))):
        raise ValueError(allowed)
    return keys


def _is_rsa(der: bytes) -> bool:
    """Say whether it is a whole one: what is cut short would be found out too late."""
    whole = der[:2] == b"\x30\x82" and len(der) == RSA_HEAD + int.from_bytes(der[2:RSA_HEAD], "big")
    return whole and RSA_OID in der[: 2 * len(RSA_OID)]


class WebhooksOptions(ConfigTable):
    """Where the daemon listens for events, and what it takes.

    `largest` are the bytes of a body, `queue` the records that wait to be looked at; an event is as old as `window` at
    most. With `every`, connections that hear events are polled so seldom. The Ed25519 key is GrowthHub's own unless it
    is named; signatures by RSA, which GrowthHub has ended, are not taken unless a key is named or it is "on".
    """

    listen: Listen
    path: UrlPath = "/webhooks"
    largest: Annotated[int, BeforeValidator(_between(1024, 16_000_000))] = 1_000_000
    queue: Annotated[int, BeforeValidator(_between(1, 100_000))] = 10_000
    window: Interval = timedelta(days=4)  # GrowthHub sends an event again for up to 3 days, with the time it had
    every: Interval | None = None
    ed25519_key: Annotated[tuple[str, ...] | None, BeforeValidator(_ed25519)] = None
    rsa_key: Annotated[tuple[str, ...], BeforeValidator(_rsa)] = ()
