"""Start the sandboxes of two systems, and write the config and the state of a sync between them into a folder."""

import json
import socket
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from shutil import rmtree
from typing import Final

from connectors import registry
from connectors.clock import Clock
from connectors.sandbox.demo import DemoServer, Record
from sync.config.model import Config, load
from sync.demo.contact_generator import SampleRecord, Side
from sync.demo.sample_contacts import Edit, SampleMessage

LEFT, RIGHT = registry.FIRST_PAIR
"""The kinds of system that the demo shows; its accounts have these names too."""

CONNECTION: Final = """\
[connections.sales]
left = "{left}"
right = "{right}"
settle = "0s"
"""
PAGE: Final = """
[status_page]
listen = "{listen}"
"""
MESSAGES: Final = """\

[connections.sales.messages]
as = "note"
"""


@dataclass(frozen=True, slots=True)
class Servers:
    """The two sandboxes, and what their users do by hand. Methods raise StopIteration where the contact is missing."""

    left: DemoServer
    right: DemoServer
    config: Config

    def side(self, side: Side) -> DemoServer:
        """Return the server of a side."""
        return self.left if side == "left" else self.right

    def add_record(self, record: SampleRecord) -> None:
        """Add a contact that has the age that the record says."""
        server = self.side(record.side)
        server.add(record.fields, record.changed_at(server.now()))

    def edit(self, edit: Edit) -> None:
        """Change a contact now."""
        self.side(edit.side).edit(str(self.find(edit.side, edit.email, edit.first_name)["id"]), edit.fields)

    def find(self, side: Side, email: str, first_name: str = "") -> Record:
        """Return a contact by its e-mail address, and by its first name where two have the same address."""
        name = self.side(side).key("first_name")
        found = (one for one in self.side(side).contacts() if one.get("email") == email)
        return next(one for one in found if first_name in ("", one.get(name)))

    def add_message(self, message: SampleMessage) -> None:
        """Add a message to or from a contact now."""
        contact = str(self.find(message.side, message.email)["id"])
        self.side(message.side).add_message(contact, message.text, message.subject)


@contextmanager
def serving(clock: Clock, *, keep: bool, kinds: tuple[str, str] = (LEFT, RIGHT)) -> Iterator[Servers]:
    """Start both sandboxes, empty. Stop them at the end, and remove the folder unless it is to be kept."""
    folder = Path(tempfile.mkdtemp(prefix="growthsync-demo-"))  # mode 0700
    left, right = (_server(kind, clock) for kind in kinds)
    try:
        with left.running, right.running:
            yield Servers(left, right, _write_config(folder, dict(zip(kinds, (left, right), strict=True))))
    finally:
        if not keep:
            rmtree(folder)


def _server(kind: str, clock: Clock) -> DemoServer:
    build = registry.system(kind).demo
    if build is None:
        raise AssertionError(f"the registry entry of {kind} has no sandbox for the demo")
    return build(clock)


def _write_config(folder: Path, servers: Mapping[str, DemoServer]) -> Config:
    path = folder / "config.toml"
    path.touch(mode=0o600)
    text = [
        "# Written by `sync demo`. The keys open nothing: both accounts are sandboxes on this machine.\n",
        *(_account(kind, server) for kind, server in servers.items()),
        CONNECTION.format(**dict(zip(("left", "right"), servers, strict=True))),
        PAGE.format(listen=_free_address()),
        MESSAGES if servers.keys() <= {*registry.kinds_with("messages")} else "",
    ]
    path.write_text("".join(text), encoding="utf-8")
    return load(path)


def _free_address() -> str:
    """Return the usual address of the status page, or another one where that is taken."""
    for port in (8787, 0):
        with suppress(OSError), socket.socket() as tried:
            tried.bind(("127.0.0.1", port))
            return f"127.0.0.1:{tried.getsockname()[1]}"
    return "off"


def _account(kind: str, server: DemoServer) -> str:
    options = {"connector": kind, **server.options}
    # The values are plain ASCII, which JSON and TOML write in the same way.
    lines = [f"{key} = {json.dumps(value)}\n" for key, value in options.items()]
    return f"[accounts.{kind}]\n{''.join(lines)}\n"
