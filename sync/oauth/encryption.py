"""Encrypt the tokens in the state file (P8): AES-256-GCM, under a key that is kept outside of it.

Rules kept here:
- each encryption draws a new random nonce;
- the account and the name of the key are authenticated with the ciphertext, so that rows cannot be exchanged;
- a key is 32 random bytes in base64, because a password can be guessed. No message shows a key.
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
    """A text is not a key. The message completes "the key ..."."""


class CannotDecrypt(ValueError):
    """A ciphertext is from another key, for another account, or damaged."""


class Key:
    """An encryption key. `name` identifies it and reveals nothing of it."""

    def __init__(self, text: str) -> None:
        self._key = _decoded(text)
        self.name = hashlib.sha256(_NAMED + self._key).hexdigest()[:8]

    def encrypt(self, content: bytes, account: str) -> EncryptedToken:
        """Encrypt the content for an account."""
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        nonce = secrets.token_bytes(NONCE_BYTES)
        return EncryptedToken(
            self.name, nonce, AESGCM(self._key).encrypt(nonce, content, _authenticated(account, self.name))
        )

    def decrypt(self, encrypted: EncryptedToken, account: str) -> bytes:
        """Return the content that was encrypted for an account. Raises CannotDecrypt."""
        from cryptography.exceptions import InvalidTag
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        if encrypted.key != self.name:
            raise CannotDecrypt(f"it is encrypted under the key {encrypted.key}, and token_key is {self.name}")
        try:
            return AESGCM(self._key).decrypt(encrypted.nonce, encrypted.content, _authenticated(account, encrypted.key))
        except (InvalidTag, ValueError):  # ValueError: the nonce has a wrong length
            raise CannotDecrypt("it is damaged, or belongs to another account") from None


def _authenticated(account: str, key: str) -> bytes:
    return f"{_BOUND}{account}\0{key}".encode()


def _decoded(text: str) -> bytes:
    try:
        key = base64.b64decode(text.replace("-", "+").replace("_", "/") + "=" * (-len(text) % 4), validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if len(key) != KEY_BYTES:
        raise NotAKey(f"is not {KEY_BYTES} bytes in base64; create one: openssl rand -base64 {KEY_BYTES}")
    return key
