"""Recorded answers of a real server, and what has to stand in its sandbox for the same questions to be asked there."""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import requests
from vcr.serializers import yamlserializer

from connectors.sandbox.base import Sandbox
from tests.contract.shapes import differences

INFRASTRUCTURE: Final = frozenset({"server", "x-envoy-upstream-service-time"})
"""Headers of what stands before the server."""


def _nothing(*_: str) -> None:
    """Say that nothing was sent."""


@dataclass(frozen=True, slots=True)
class Exchange:
    """A question as it was asked, and its answer; `body` and `answer` are decoded JSON."""

    method: str
    target: str
    headers: Mapping[str, str]
    body: Any
    status: int
    shown: frozenset[str]
    answer: Any


@dataclass(frozen=True, slots=True)
class Recording:
    """The cassettes of one system.

    `stage` starts a sandbox in which a cassette (by name) can be played, and gives it with the credentials to ask with.
    `body` gives those that were not recorded, by cassette and method. `allowed` are the differences that may be, as
    patterns of "path: how" with the reason; `read` are the paths of what the connector reads, where none may be but for
    `excused`. `unplayed` are cassettes that the sandbox does not stand for, with the reason.
    """

    system: str
    cassettes: Path
    stage: Callable[[str], AbstractContextManager[tuple[Sandbox, Mapping[str, str]]]]
    read: frozenset[str]
    allowed: Mapping[str, str]
    excused: Mapping[str, str]
    unplayed: Mapping[str, str]
    body: Callable[[str, str], Any] = _nothing

    def names(self) -> list[str]:
        """Return the names of all cassettes."""
        return sorted(path.stem for path in self.cassettes.glob("*.yaml"))

    def exchanges(self, name: str) -> Iterator[Exchange]:
        """Yield what a cassette holds, in order."""
        text = (self.cassettes / f"{name}.yaml").read_text(encoding="utf-8")
        for each in yamlserializer.deserialize(text)["interactions"]:
            asked, answered = each["request"], each["response"]
            parts = urlsplit(asked["uri"])
            said = asked["body"]
            yield Exchange(
                asked["method"],
                f"{parts.path}?{parts.query}",
                {key: values[0] for key, values in asked["headers"].items()},
                json.loads(said) if said else None,
                answered["status"]["code"],
                frozenset(key.lower() for key in answered["headers"]) - INFRASTRUCTURE,
                json.loads(answered["body"]["string"]),
            )

    def drift(self, name: str) -> Iterator[str]:
        """Play a cassette to the sandbox; yield every difference of its answers, as "path: how"."""
        with self.stage(name) as (sandbox, credentials), requests.Session() as session:
            for exchange in self.exchanges(name):
                asked = {**exchange.headers, **credentials}
                url = f"{sandbox.url}{exchange.target}"
                body = exchange.body or self.body(name, exchange.method)
                answer = session.request(exchange.method, url, json=body, headers=asked, timeout=5)
                for where, how in _compared(exchange, answer):
                    yield f"{where}: {how}"

    def pattern(self, difference: str) -> str | None:
        """Return the pattern that lets a difference pass, None where there is none."""
        path = difference.partition(": ")[0]
        patterns = self.excused if path in self.read else {**self.allowed, **self.excused}
        return next((each for each in patterns if fnmatchcase(difference, each.replace("[]", "[[]]"))), None)


def paths(containers: Iterable[str], keys: Iterable[str]) -> frozenset[str]:
    """Return the path of every key in every container; "" is the answer itself."""
    return frozenset(f"{container}.{key}".removeprefix(".") for container in containers for key in keys)


def _compared(exchange: Exchange, answer: requests.Response) -> Iterator[tuple[str, str]]:
    if answer.status_code != exchange.status:
        yield "status", f"{answer.status_code}, not {exchange.status}: {answer.text}"
        return
    yield from ((f"header {key}", "missing") for key in exchange.shown - {key.lower() for key in answer.headers})
    yield from differences(exchange.answer, answer.json())
