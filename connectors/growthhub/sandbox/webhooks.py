"""Send the events of the GrowthHub sandbox: signed by its own keys, over HTTP, with the faults of the real one.

Rules kept here (documented behaviour): an event that is not answered 2xx is sent again, with the same body and time, up
to 12 times. An address that answers too few events with 2xx gets no more until a user switches it on again. Order is
not promised. Other faults are drawn from `DeliveryFaults`, by a seed.
"""

import json
import threading
from base64 import b64encode
from collections import Counter, deque
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from http.client import HTTPConnection, HTTPException
from random import Random
from typing import Any, Final, Self
from urllib.parse import urlsplit

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.asymmetric.types import PublicKeyTypes
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from connectors.growthhub.sandbox import events

TRIES: Final = 13
"""The first try, and twelve more."""
JUDGED_AFTER: Final = 10_000
"""Events after which the share of those that were answered 2xx is looked at."""
LEAST_SHARE: Final = 0.9
SUCCESS: Final = 2


@dataclass(frozen=True, slots=True)
class DeliveryFaults:
    """Shares of the events that are lost, sent twice, delayed behind others, or forged in addition."""

    lost: float = 0.0
    doubled: float = 0.0
    delayed: float = 0.0
    forged: float = 0.0


class SigningKeys:
    """A pair of keys for each of the two signatures."""

    def __init__(self) -> None:
        self._ed25519 = Ed25519PrivateKey.generate()

    @cached_property
    def _rsa(self) -> RSAPrivateKey:
        return generate_private_key(65537, 2048)

    @property
    def ed25519(self) -> str:
        """The public key for `x-ghl-signature`, as the config takes it."""
        return _public(self._ed25519.public_key())

    @property
    def rsa(self) -> str:
        """The public key for `x-wh-signature`, as the config takes it."""
        return _public(self._rsa.public_key())

    def sign(self, body: bytes) -> dict[str, str]:
        """Return the header that signs a body today."""
        return {"x-ghl-signature": b64encode(self._ed25519.sign(body)).decode()}

    def sign_as_before(self, body: bytes) -> dict[str, str]:
        """Return the header that signed it until 2026-07-01."""
        return {"x-wh-signature": b64encode(self._rsa.sign(body, PKCS1v15(), SHA256())).decode()}


@dataclass(frozen=True, slots=True)
class WebhookDelivery:
    """A body to deliver, and whether GrowthHub signs it."""

    body: bytes
    is_forged: bool = False
    tries: int = 0


class Sender:
    """Sends events to an address, in a thread of its own: the listener of a sandbox.

    `answers` are the statuses of all answers, 0 for none. A failed event is sent again after `pause` seconds, `tries`
    times at most. `is_paused` says that the address has failed too often. Setting it back switches the address on
    again.
    """

    def __init__(
        self, url: str, location: str, *,
        weather: DeliveryFaults | None = None, seed: int = 0, pause: float = 0.05, tries: int = TRIES,
        judged_after: int = JUDGED_AFTER,
    ) -> None:  # fmt: skip
        self.keys = SigningKeys()
        self.answers: list[int] = []
        self.weather = weather or DeliveryFaults()
        self._forger = SigningKeys()
        self._place = urlsplit(url)
        self._location = location
        self._pause = pause
        self._tries = tries
        self._judged_after = judged_after
        self._ended: Counter[bool] = Counter()
        self.is_paused = False
        self._random = Random(seed)  # noqa: S311 - the weather guards nothing
        self._waiting: deque[WebhookDelivery] = deque()
        self._held: list[WebhookDelivery] = []
        self._changed = threading.Condition()
        self._busy = self._stopping = False
        self._told = 0
        self._thread = threading.Thread(target=self._serve, name="webhooks", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        with self._changed:
            self._stopping = True
            self._changed.notify_all()
        self._thread.join()

    def __call__(self, kind: str, record: Mapping[str, Any], at: datetime) -> None:
        """Queue an event."""
        with self._changed:
            if self.is_paused:
                return
            self._told += 1
            webhook = f"00000000-0000-4000-9000-{self._told:012d}"
            body = json.dumps(events.payload(kind, record, self._location, at, webhook)).encode()
            self._take(WebhookDelivery(body))
            self._changed.notify_all()

    def wait(self) -> None:
        """Wait until everything is sent, delayed events too."""
        with self._changed:
            self._waiting.extend(self._held)
            self._held.clear()
            self._changed.notify_all()
            self._changed.wait_for(lambda: not self._waiting and not self._busy)

    def _take(self, delivery: WebhookDelivery) -> None:
        chance, weather = self._random.random, self.weather
        if chance() < weather.forged:
            self._waiting.append(WebhookDelivery(delivery.body.replace(b"-9000-", b"-9fff-"), is_forged=True))
        if chance() < weather.lost:
            return
        if chance() < weather.delayed:
            self._held.append(delivery)
            return
        self._waiting.extend([delivery] * (2 if chance() < weather.doubled else 1))
        if self._held and chance() < weather.delayed:
            self._waiting.append(self._held.pop(0))

    def _serve(self) -> None:
        while (delivery := self._next()) is not None:
            status = self._post(delivery)
            with self._changed:
                self.answers.append(status)
                self._settle(delivery, is_taken=status // 100 == SUCCESS)
                self._busy = False
                self._changed.notify_all()

    def _settle(self, delivery: WebhookDelivery, *, is_taken: bool) -> None:
        """Send again what failed, and pause the address when too many events failed."""
        if delivery.is_forged:
            # A forged event is not repeated and not counted.
            return
        if not is_taken and delivery.tries + 1 < self._tries:
            self._waiting.append(WebhookDelivery(delivery.body, tries=delivery.tries + 1))
            self._changed.wait_for(lambda: self._stopping, self._pause)
            return
        self._ended[is_taken] += 1
        ended = self._ended.total()
        if ended > self._judged_after and self._ended[True] < LEAST_SHARE * ended:
            self.is_paused = True

    def _next(self) -> WebhookDelivery | None:
        with self._changed:
            self._changed.wait_for(lambda: self._waiting or self._stopping)
            if self._stopping:
                return None
            self._busy = True
            return self._waiting.popleft()

    def _post(self, delivery: WebhookDelivery) -> int:
        connection = HTTPConnection(self._place.hostname or "", self._place.port, timeout=30)
        try:
            keys = self._forger if delivery.is_forged else self.keys
            headers = {"Content-Type": "application/json", **keys.sign(delivery.body)}
            connection.request("POST", self._place.path, delivery.body, headers)
            return connection.getresponse().status
        except (OSError, HTTPException):
            return 0
        finally:
            connection.close()


def _public(key: PublicKeyTypes) -> str:
    return b64encode(key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).decode()
