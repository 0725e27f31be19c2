"""The keys of the table [webhooks] for GrowthHub: the public keys that sign its events.

A key is checked as far as is possible without the cryptography library, which is slow to import.
"""

import binascii
from typing import Annotated, Any, Final

from pydantic import BeforeValidator

from connectors.account_options import OptionsTable

ON: Final = ("on",)
"""Stands for the RSA key that GrowthHub published."""
ED25519_BEGINS: Final = bytes.fromhex("302a300506032b6570032100")
ED25519_BYTES: Final = 44
RSA_OID: Final = bytes.fromhex("06092a864886f70d010101")
RSA_HEAD: Final = 4
"""Bytes before the content: 30 82 and two bytes of length, for every key of 1024 bits or more."""


def _keys(value: object) -> tuple[str, ...]:
    """Return base64 of DER, of one key or several, which may be written as PEM."""
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
    except ValueError:
        # binascii.Error is a ValueError, and characters outside ASCII raise a ValueError too.
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
    """Say whether the key is complete. Otherwise only the start of the daemon would show that it is not."""
    whole = der[:2] == b"\x30\x82" and len(der) == RSA_HEAD + int.from_bytes(der[2:RSA_HEAD], "big")
    return whole and RSA_OID in der[: 2 * len(RSA_OID)]


class WebhookKeys(OptionsTable):
    """The public keys. The Ed25519 key is the published one, unless it is set.

    RSA signatures, which GrowthHub has ended, are accepted only where a key is set, or "on" for the published one.
    """

    ed25519_key: Annotated[tuple[str, ...] | None, BeforeValidator(_ed25519)] = None
    rsa_key: Annotated[tuple[str, ...], BeforeValidator(_rsa)] = ()
