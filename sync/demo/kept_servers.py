"""Keep the servers of the demo running, with the daemon and its status page, so that a user can try things out.

`sync demo --keep` does it after its story; `sync sandbox` does it at once, before any contact was synced.
"""

import shlex
from collections.abc import Callable
from typing import Final, TextIO

from connectors.clock import Clock, SystemClock
from sync.demo import sample_contacts
from sync.demo.console import DemoConsole, console_for
from sync.demo.contact_generator import population
from sync.demo.sample_contacts import Edit
from sync.demo.servers import Servers, serving
from sync.engine.options import RunOptions
from sync.engine.runner import run_connections
from sync.output.progress import SilentProgress
from sync.output.text import counted
from sync.text_output.open_items import open_lines

Serve = Callable[[Servers, Clock], None]
"""Serves the status page of the demo's config and runs its daemon, until Ctrl-C."""

APART: Final = 1.1
"""Seconds until an edit lies before the horizon."""
IN_CONFLICT: Final = (
    Edit("left", sample_contacts.DISPUTED, "moves him to Austin", {"city": "Austin"}),
    Edit("right", sample_contacts.DISPUTED, "moves him to Boise, in the same second", {"city": "Boise"}),
)


def sandbox(out: TextIO, clock: Clock | None = None, serve: Serve | None = None) -> None:
    """Start two systems with invented contacts, the daemon and the page; end with Ctrl-C and remove the folder."""
    clock = clock or SystemClock()
    with serving(clock, keep=False) as servers:
        for record in (*population(), *(one for one, _, _ in sample_contacts.DIRTY), *sample_contacts.KNOWN):
            servers.add_record(record)
        console = console_for(out)
        left, right = len(servers.left.contacts()), len(servers.right.contacts())
        console.heading("Two systems on this machine, and nothing synced yet")
        console.say(
            f"{counted(left, 'contact')} and {right}, all invented.",
            "The daemon waits until you approve the first run, here or on the page.",
        )
        _show_commands(servers, console, "check", "rehearse", "plan", "approve sales", "run", "status")
        _serve(servers, console, clock, serve)


def leave_conflict(servers: Servers, console: DemoConsole, clock: Clock) -> None:
    """Let two users edit one field at once, and run, so that a conflict waits for a decision."""
    for edit in IN_CONFLICT:
        servers.edit(edit)
    clock.sleep(APART)
    (report,) = run_connections(servers.config, RunOptions(), SilentProgress(), None, clock)
    console.say("", "Finn was moved twice within a second once more, so that a conflict waits for you on the page.")
    console.result(open_lines(sum(one.conflicts for one in report.streams.values()), 0))


def keep_serving(servers: Servers, console: DemoConsole, clock: Clock, serve: Serve | None = None) -> None:
    """Serve both systems and the page until Ctrl-C, and say where they are."""
    console.heading("Now try it yourself")
    _show_commands(servers, console, "status", "runs", "conflicts list", "failures list", "verify")
    _serve(servers, console, clock, serve)
    state = shlex.quote(str(servers.config.state.path))
    console.say(
        "", "The servers are stopped. The folder stays; remove it when you are done. Its state is a plain file:"
    )
    console.say(f"  sqlite-utils tables {state} --counts")


def _show_commands(servers: Servers, console: DemoConsole, *commands: str) -> None:
    path = shlex.quote(str(servers.config.path))
    console.say("", "In another terminal:", *(f"  sync {command} --config {path}" for command in commands))
    console.say("", "The APIs; their keys are in that config file:")
    console.say(*(f"  {name}: {account.base_url}" for name, account in servers.config.accounts.items()))


def _serve(servers: Servers, console: DemoConsole, clock: Clock, serve: Serve | None) -> None:
    console.say("", f"The status page: http://{servers.config.status_page.listen}", "", "Ctrl-C ends it.")
    (serve or _run_daemon)(servers, clock)


def _run_daemon(servers: Servers, clock: Clock) -> None:
    from sync.config.model import load
    from sync.daemon.process import serve
    from sync.page.endpoint import daemon_endpoints

    serve(servers.config, lambda: load(servers.config.path), clock, daemon_endpoints(clock))
