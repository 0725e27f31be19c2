"""Verify that a webhook comes from GrowthHub: a signature over the raw body, by a public key that GrowthHub published.

Rules kept here:
- `x-ghl-signature` (Ed25519) counts where it is present, right or wrong. Else `x-wh-signature` (RSA, PKCS #1 v1.5,
  SHA-256) counts where a key for it is configured. GrowthHub planned to send it until 2026-07-01 and seems to have
  ended it since;
- the value "N/A" is no signature, and neither is a header that comes twice;
- base64 is accepted in one spelling only, so that no two headers are the same signature.
"""

import binascii
from base64 import b64decode, b64encode
from collections.abc import Iterable, Sequence
from typing import Final

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.asymmetric.types import PublicKeyTypes
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_der_public_key

ED25519_HEADER: Final = b"x-ghl-signature"
RSA_HEADER: Final = b"x-wh-signature"
ABSENT: Final = b"N/A"

ED25519: Final = "MCowBQYDK2VwAyEAi2HR1srL4o18O8BRa7gVJY7G7bupbN3H9AwJrHCDiOg="
RSA: Final = (
    "MIICIjANBgkqhkiG9w0BAQEFAAOCAg8AMIICCgKCAgEAokvo/r9tVgcfZ5DysOSCFrm602qYV0MaAiNnX9O8KxMbiyRKWeL9JpCpVpt4XHIc"
    "BOK4u3cLSqJGOLaPuXw6dO0t6Q/ZVdAV5Phz+ZtzPL16iCGeK9po6D6JHBpbi989mmzMryUnQJezlYJ3DVfBcsedpinheNnyYeFXolrJvcsj"
    "DtfAeRx5ByHQmTnSdFUzuAnC9/GepgLT9SM4nCpvuxmZMxrJt5Rw+VUaQ9B8JSvbMPpez4peKaJPZHBbU3OdeCVx5klVXXZQGNHOs8gF3kvo"
    "V5rTnXV0IknLBXlcKKAQLZcY/Q9rG6Ifi9c+5vqlvHPCUJFT5XUGG5RKgOKUJ062fRtN+rLYZUV+BjafxQauvC8wSWeYja63VSUruvmNj8xk"
    "x2zE/Juc+yjLjTXpIocmaiFeAO6fUtNjDeFVkhf5LNb59vECyrHD2SQIrhgXpO4Q3dVNA5rw576PwTzNh/AMfHKIjE4xQA1SZuYJmNnmVZLI"
    "ZBlQAF9Ntd03rfadZ+yDiOXCCs9FkHibELhCHULgCsnuDJHcrGNd5/Ddm5hxGQ0ASitgHeMZ0kcIOwKDOzOU53lDza6/Y09T7sYJPQe7z0cv"
    "j7aE4B+Ax1ZoZGPzpJlZtGXCsu9aTEGEnKzmsFqwcSsnw3JB31IGKAykT1hhTiaCeIY/OwwwNUY2yvcCAwEAAQ=="
)
"""GrowthHub's keys, as its guide to webhooks prints them: SubjectPublicKeyInfo, DER, base64."""

Headers = Iterable[tuple[bytes, bytes]]
"""Headers as they arrived, with names in lower case."""


class Verifier:
    """The accepted keys, as base64 of DER. Raises ValueError for a text that is no such key."""

    def __init__(self, ed25519: Sequence[str] = (ED25519,), rsa: Sequence[str] = ()) -> None:
        self._ed25519 = [_loaded_ed25519(key) for key in ed25519]
        self._rsa = [_loaded_rsa(key) for key in rsa]

    def is_signed(self, body: bytes, headers: Headers) -> bool:
        """Say whether a body has a valid signature."""
        found = {ED25519_HEADER: list[bytes](), RSA_HEADER: list[bytes]()}
        for name, value in headers:
            if name in found and value != ABSENT:
                found[name].append(value)
        if found[ED25519_HEADER]:
            signature = _only(found[ED25519_HEADER])
            return any(_is_ed25519(key, signature, body) for key in self._ed25519)
        signature = _only(found[RSA_HEADER])
        return any(_is_rsa(key, signature, body) for key in self._rsa)


def _only(values: Sequence[bytes]) -> bytes:
    """Return the bytes of the only signature, empty where there is none."""
    if len(values) != 1:
        return b""
    try:
        signature = b64decode(values[0], validate=True)
    except (binascii.Error, ValueError):
        return b""
    return signature if b64encode(signature) == values[0] else b""


def _is_ed25519(key: Ed25519PublicKey, signature: bytes, body: bytes) -> bool:
    try:
        key.verify(signature, body)
    except InvalidSignature:
        return False
    return True


def _is_rsa(key: RSAPublicKey, signature: bytes, body: bytes) -> bool:
    try:
        key.verify(signature, body, PKCS1v15(), SHA256())
    except InvalidSignature:
        return False
    return True


def _loaded(text: str) -> PublicKeyTypes:
    try:
        return load_der_public_key(b64decode(text, validate=True))
    except (ValueError, UnsupportedAlgorithm) as error:
        raise ValueError(f"no public key: {error}") from None


def _loaded_ed25519(text: str) -> Ed25519PublicKey:
    key = _loaded(text)
    if not isinstance(key, Ed25519PublicKey):
        raise ValueError("a key of another kind than Ed25519")  # noqa: TRY004 - one kind of error for the caller
    return key


def _loaded_rsa(text: str) -> RSAPublicKey:
    key = _loaded(text)
    if not isinstance(key, RSAPublicKey):
        raise ValueError("a key of another kind than RSA")  # noqa: TRY004 - one kind of error for the caller
    return key
