"""Encryption of what may not stand in clear in the state file: AES-256-GCM, under a key from outside of it.

Rules kept here:
- each sealing has a nonce of its own, drawn at random;
- the account and the name of the key are bound to what is sealed, so that no row passes for another;
- a key is 32 random bytes in base64, since what a person makes up can be guessed. No message shows one.
"""

import base64
import binascii
import hashlib
import secrets
from typing import Final

from state.tokens import EncryptedToken

KEY_BYTES: Final = 32
NONCE_BYTES: Final = 12
_NAMED: Final = b"growthsync: the name of a key\0"
_BOUND: Final = "growthsync: the token of an account\0"


class NotAKey(ValueError):
    """A text that is no key. Its message completes "the key ..."."""


class CannotOpen(ValueError):
    """Something that was sealed under another key, for somebody else, or damaged."""


class Key:
    """What seals and opens. `name` tells keys apart, and tells nothing of them."""

    def __init__(self, text: str) -> None:
        self._key = _decoded(text)
        self.name = hashlib.sha256(_NAMED + self._key).hexdigest()[:8]

    def seal(self, content: bytes, account: str) -> EncryptedToken:
        """Encrypt something that is an account's."""
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        nonce = secrets.token_bytes(NONCE_BYTES)
        return EncryptedToken(self.name, nonce, AESGCM(self._key).encrypt(nonce, content, _bound(account, self.name)))

    def open(self, sealed: EncryptedToken, account: str) -> bytes:
        """Return what was sealed for an account. Raises CannotOpen."""
        from cryptography.exceptions import InvalidTag
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        if sealed.key != self.name:
            raise CannotOpen(f"it is encrypted under the key {sealed.key}, and token_key is {self.name}")
        try:
            return AESGCM(self._key).decrypt(sealed.nonce, sealed.content, _bound(account, sealed.key))
        except (InvalidTag, ValueError):  # ValueError: a nonce that can't be one
            raise CannotOpen("it is damaged, or was made for another account") from None


def _bound(account: str, key: str) -> bytes:
    return f"{_BOUND}{account}\0{key}".encode()


def _decoded(text: str) -> bytes:
    try:
        key = base64.b64decode(text.replace("-", "+").replace("_", "/") + "=" * (-len(text) % 4), validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if len(key) != KEY_BYTES:
        raise NotAKey(f"is not {KEY_BYTES} bytes in base64; make one: openssl rand -base64 {KEY_BYTES}")
    return key
