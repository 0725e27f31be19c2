"""Show a sync of any system with the right one of the usual demo, in five parts: fill, run, edit, run, verify.

It says nothing that only one system does, so that each system with a sandbox can be shown.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final, TextIO

from connectors import registry
from connectors.clock import Clock, SystemClock
from sync.demo.console import DemoConsole, console_for
from sync.demo.contact_generator import Side
from sync.demo.kept_servers import Serve, keep_serving
from sync.demo.servers import RIGHT, Servers, serving
from sync.engine.options import RunOptions
from sync.engine.runner import run_connections
from sync.errors import DONE, UsageError
from sync.output.progress import SilentProgress, for_stream
from sync.output.report import RunReport, verification, verification_code
from sync.output.text import counted
from sync.text_output.runs import run_lines, verify_lines

ALONE: Final = 8
BOTH: Final = 4
SETTLED: Final = 2.1
"""Seconds until an edit lies before the horizon."""


def pair_demo(kind: str, keep: bool, out: TextIO, clock: Clock | None = None, serve: Serve | None = None) -> bool:
    """Show the demo of a system beside the usual right one; return whether both sides agree and rest at the end.

    `keep` then serves both systems and the status page until Ctrl-C. Raises UsageError for a system without a sandbox
    for the demo.
    """
    if registry.system(kind).demo is None:
        raise UsageError(f"sync demo: there is no sandbox of {registry.label(kind)} for the demo")
    clock = clock or SystemClock()
    with serving(clock, keep=keep, kinds=(RIGHT, kind)) as servers:
        walkthrough = PairWalkthrough(servers, clock, console_for(out), out, kind)
        agreed = walkthrough.show()
        if keep:
            keep_serving(servers, walkthrough.console, clock, serve)
    return agreed


@dataclass(frozen=True, slots=True)
class PairWalkthrough:
    """The parts of the demo, and where they are printed. `kind` is the system at the right."""

    servers: Servers
    clock: Clock
    console: DemoConsole
    out: TextIO
    kind: str

    def show(self) -> bool:
        """Show all parts; return whether both sides agree at the end and the last run wrote nothing."""
        self._fill()
        self.console.heading("2. The first run: every contact is new or paired")
        self._run()
        self._edit()
        self.console.heading("4. The second run: only what changed, and then nothing")
        self._run()
        writes = sum(traffic.writes for traffic in self._run().requests.values())
        return self._verify() and writes == 0

    def _fill(self) -> None:
        for side, fields in _contacts():
            server = self.servers.side(side)
            server.add(fields, server.now() - timedelta(hours=1))
        left, right = (len(server.contacts()) for server in (self.servers.left, self.servers.right))
        self.console.heading("1. Two systems that do not know each other")
        self.console.say(
            "Both run on this machine and speak the documented APIs over HTTP. All contacts are invented.",
            f"  {self._label('left')} has {counted(left, 'contact')}, {self._label('right')} has {right}.",
            f"  {BOTH} contacts are in both.",
            f"Config and state are in {self.servers.config.path.parent}",
        )

    def _edit(self) -> None:
        edits: list[tuple[Side, str, dict[str, Any]]] = [
            ("left", _address("left", 1), {"city": "Bergen"}),
            ("right", _address("right", 1), {"city": "Turin"}),
            ("right", _address("both", 1), {"company": "Example Looms"}),
        ]
        self.console.heading("3. Users edit, on both sides")
        for side, address, fields in edits:
            server = self.servers.side(side)
            server.edit(str(self.servers.find(side, address)["id"]), fields)
        rows = [
            (self._label(side), address, *(f"{name} is now {value}" for name, value in fields.items()))
            for side, address, fields in edits
        ]
        self.console.table(("IN", "CONTACT", "EDIT"), rows)

    def _verify(self) -> bool:
        self.console.heading("5. Do both sides agree?")
        self.console.command("sync verify")
        options = RunOptions(dry_run=True, unguarded=True, whole=True, compared=True)
        reports = run_connections(self.servers.config, options, SilentProgress(), None, self.clock)
        self.console.result(verify_lines(verification(reports)))
        sends = self.servers.left.sends + self.servers.right.sends
        self.console.say("", f"Both were asked to send {counted(sends, 'message')} to a contact.")
        return verification_code(reports) == DONE and sends == 0

    def _run(self) -> RunReport:
        self.clock.sleep(SETTLED)
        self.console.command("sync run")
        with for_stream(self.out) as progress:
            (report,) = run_connections(self.servers.config, RunOptions(), progress, None, self.clock)
        self.console.result(run_lines([report]))
        return report

    def _label(self, side: Side) -> str:
        return registry.label(RIGHT if side == "left" else self.kind)


def _address(who: str, number: int) -> str:
    return f"{who}{number}@example.com"


def _contacts() -> Iterator[tuple[Side, dict[str, Any]]]:
    """Yield the contacts of each side: those of one side alone, and those of both."""
    parts: tuple[tuple[int, str, int, tuple[Side, ...]], ...] = (
        (100, "left", ALONE, ("left",)),
        (120, "right", ALONE, ("right",)),
        (140, "both", BOTH, ("left", "right")),
    )
    for base, who, count, where in parts:
        for number in range(count):
            fields = {
                "first_name": who.capitalize(), "last_name": f"Example{number}", "email": _address(who, number),
                "phone": f"+12125550{base + number}", "city": "Oslo", "tags": ["demo"],
            }  # fmt: skip
            for side in where:
                yield side, fields
