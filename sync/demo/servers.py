"""Both systems on this machine, and a folder of their own with the config and the state of a sync between them."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from shutil import rmtree
from typing import Any, Final

from connectors.clock import Clock
from connectors.growthgenius.sandbox.server import GrowthGeniusSandbox
from connectors.growthhub.sandbox.server import GrowthHubSandbox
from connectors.http.rate_headers import RateLimit
from sync.config.model import Config, load
from sync.demo.contact_generator import Place, SampleRecord
from sync.demo.sample_contacts import Edit, SampleMessage

LEFT: Final = "growthgenius"
RIGHT: Final = "growthhub"

OWNER: Final = "dev@example.com"
"""The user of GrowthGenius whose key it is; GrowthHub knows the address too."""

PACE: Final = RateLimit(1000, 10.0, 200_000)
"""Ten times what the real GrowthHub allows, so that nobody has to wait; the engine learns it from the answers."""

CONFIG = """\
# Written by `sync demo`. The keys open nothing: both accounts are sandboxes on this machine.
[accounts.growthgenius]
connector = "growthgenius"
api_key = "{api_key}"
user_id = 78
base_url = "{left}"

[accounts.growthhub]
connector = "growthhub"
token = "{token}"
location_id = "{location}"
base_url = "{right}"

[connections.sales]
left = "growthgenius"
right = "growthhub"
settle = "0s"

[connections.sales.messages]
as = "note"
"""


@dataclass(frozen=True, slots=True)
class Servers:
    """The two sandboxes, and what people do in them."""

    left: GrowthGeniusSandbox
    right: GrowthHubSandbox
    config: Config

    def welcome(self, arrival: SampleRecord) -> None:
        """Let a record be there, as long as it says."""
        if arrival.place == "left":
            self.left.add(at=arrival.at(self.left.server_now()), **arrival.fields)
        else:
            moment = arrival.at(self.right.server_now())
            self.right.add(dateAdded=moment, dateUpdated=moment, **arrival.fields)

    def edit(self, edit: Edit) -> None:
        """Let somebody change a record now. Raises StopIteration when it is not there."""
        record_id = str(self.person(edit.place, edit.who, edit.first_name)["id"])
        if edit.place == "left":
            self.left.edit(record_id, **edit.fields)
        else:
            self.right.edit(record_id, **edit.fields)

    def person(self, place: Place, email: str, first_name: str = "") -> dict[str, Any]:
        """Return a record by its e-mail. Raises StopIteration when it is not there."""
        name = "first_name" if place == "left" else "firstName"
        people = self.left.people() if place == "left" else self.right.people()
        return next(one for one in people if one.get("email") == email and first_name in ("", one.get(name)))

    def write(self, letter: SampleMessage) -> None:
        """Let somebody write, or be written to, now. Raises StopIteration when the person is not there."""
        person = str(self.person(letter.place, letter.who)["id"])
        if letter.place == "left":
            self.left.add_message(person, rendered_copy=letter.text, rendered_subject=letter.subject)
        else:
            subject: dict[str, Any] = {"subject": letter.subject} if letter.subject else {}
            self.right.add_message(person, letter.kind, "inbound", letter.text, **subject)

    def counts(self) -> tuple[int, int]:
        """Return how many people each side has."""
        return len(self.left.people()), len(self.right.people())


@contextmanager
def serving(clock: Clock, *, keep: bool) -> Iterator[Servers]:
    """Start both sandboxes with nobody in them; stop them in the end, and remove the folder unless it is to be kept."""
    folder = Path(tempfile.mkdtemp(prefix="growthsync-demo-"))  # mode 0700
    left, right = GrowthGeniusSandbox(now=clock.now), GrowthHubSandbox(now=clock.now, rate=PACE)
    right.add_user(OWNER)
    try:
        with left, right:
            yield Servers(left, right, _configured(folder, left, right))
    finally:
        if not keep:
            rmtree(folder)


def _configured(folder: Path, left: GrowthGeniusSandbox, right: GrowthHubSandbox) -> Config:
    path = folder / "config.toml"
    path.touch(mode=0o600)
    path.write_text(
        CONFIG.format(
            api_key=left.api_key, left=left.base_url, token=right.token, location=right.location_id, right=right.url
        ),
        encoding="utf-8",
    )
    return load(path)
