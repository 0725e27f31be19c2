"""Whautomate's cassettes, which are the samples of its documents, and the account that could have answered so."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from connectors.sandbox.base import Sandbox
from connectors.whautomate.sandbox.server import KEY, WhautomateSandbox
from tests.contract.recording import Recording, paths

NOW: Final = datetime(2026, 3, 2, 9, tzinfo=UTC)
READ: Final = frozenset(
    {"id", "name", "phoneNumber", "stage", "notes", "customFields", "tags", "tags[]", "location", "location.id"}
)
OBSERVED: Final = ("channel", "createdAt", "updatedAt", "lastActivity")
"""Keys that clients of others were seen to read, and that the documents leave out."""


@contextmanager
def stage(name: str) -> Iterator[tuple[Sandbox, Mapping[str, str]]]:
    """Start an account with the contact of the documents, unless the cassette creates it."""
    sandbox = WhautomateSandbox(locations={"text": "text"}, now=lambda: NOW)
    if name != "contact_created":
        sandbox.add(id="text", name="text", phoneNumber="text", notes="text", tags=["text", "more"])
    with sandbox:
        yield sandbox, {"x-api-key": KEY}


RECORDING: Final = Recording(
    "whautomate",
    Path(__file__).parents[1] / "connectors" / "whautomate" / "cassettes",
    stage,
    read=paths(["", "[]"], READ),
    excused={},
    allowed={
        f"{prefix}{key}: added": "the documents leave it out, clients of others read it"
        for prefix in ("", "[].")
        for key in OBSERVED
    },
    unplayed={},
)
