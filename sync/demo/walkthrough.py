"""Show a sync in nine parts.

Two systems, a first run, edits, a second run, a conflict, explain and undo, messages, a quiet run, verify.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import Final, TextIO

from connectors import registry
from connectors.clock import Clock, SystemClock
from state import connections
from state.file import StateFile
from state.history import History, HistoryEntry
from state.links import Links
from sync.demo import sample_contacts
from sync.demo.console import DemoConsole, console_for
from sync.demo.contact_generator import SAME_EMAIL, SAME_PHONE, Side, population
from sync.demo.kept_servers import Serve, keep_serving, leave_conflict
from sync.demo.servers import LEFT, RIGHT, Servers, serving
from sync.engine.options import RunOptions
from sync.engine.runner import run_connections
from sync.errors import DONE
from sync.operations import open_items
from sync.operations.explain import explain
from sync.output.progress import SilentProgress, for_stream
from sync.output.report import RunReport, verification, verification_code
from sync.output.text import counted, value_text
from sync.rules.shadow_codec import parse
from sync.rules.streams import CONTACTS
from sync.text_output.open_items import conflict_lines, failure_lines, resolved_lines
from sync.text_output.runs import run_lines, undo_lines, verify_lines
from sync.text_output.timeline import explanation_lines

LABELS: Final = {"left": registry.label(LEFT), "right": registry.label(RIGHT)}
SETTLED: Final = 1.1
"""Seconds until an edit lies before the horizon: the time of the servers has whole seconds."""

APART: Final = 2.0
"""Seconds between two edits, so that one is clearly the newer (R14)."""


def demo(keep: bool, out: TextIO, clock: Clock | None = None, serve: Serve | None = None) -> bool:
    """Show the demo on `out`; return whether both sides agree at the end.

    `keep` then serves both systems and the status page until Ctrl-C, and leaves the folder. Raises what a bug of a
    sandbox raises.
    """
    clock = clock or SystemClock()
    with serving(clock, keep=keep) as servers:
        walkthrough = Walkthrough(servers, clock, console_for(out), out)
        agreed = walkthrough.show()
        if keep:
            leave_conflict(servers, walkthrough.console, clock)
            keep_serving(servers, walkthrough.console, clock, serve)
    if not keep:
        _show_what_next(walkthrough.console)
    return agreed


@dataclass(frozen=True, slots=True)
class Walkthrough:
    """The parts of the demo, and where they are printed."""

    servers: Servers
    clock: Clock
    console: DemoConsole
    out: TextIO

    def show(self) -> bool:
        """Show all parts; return whether both sides agree at the end and the last run wrote nothing."""
        self._fill_systems()
        self._first_run()
        self._edits()
        self._second_run()
        settled = self._conflict()
        self._explain_and_undo(settled)
        self._messages()
        quiet = self._quiet_run()
        return self._verify() and quiet

    def _fill_systems(self) -> None:
        for record in (*population(), *(one for one, _, _ in sample_contacts.DIRTY), *sample_contacts.KNOWN):
            self.servers.add_record(record)
        left, right = len(self.servers.left.contacts()), len(self.servers.right.contacts())
        self.console.heading("1. Two systems that do not know each other")
        self.console.say(
            "Both run on this machine and speak the documented APIs over HTTP. All contacts are invented.",
            f"  {LABELS['left']} has {counted(left, 'record')}, {LABELS['right']} has {right}.",
            f"  {SAME_EMAIL} contacts are in both with the same e-mail address.",
            f"  {SAME_PHONE} are in both with the same phone number; {LABELS['right']} has no address of them.",
            f"  Two records in {LABELS['left']} share one address. Two colleagues share one number.",
            f"Config and state are in {self.servers.config.path.parent}",
        )

    def _first_run(self) -> None:
        self.console.heading("2. The first run: every contact is new or paired")
        report = self._run()
        created = {name: counts.created for name, counts in report.streams[CONTACTS].accounts.items()}
        links, history = self._state_after(report)
        rules = Counter(entry.rule for entry in history)
        self.console.say(
            "",
            "What happened:",
            f"  {created[RIGHT]} contacts were created at {LABELS['right']}, {created[LEFT]} at {LABELS['left']}.",
            f"  {links - sum(created.values())} were found on both sides and paired."
            f" {counted(rules['filled'], 'blank')} filled from the other side.",
            f"  {counted(rules['newest'], 'value')} differed. The newer one won; the old one is in the history.",
            "",
            f"Dirty values, and what {LABELS['right']} has of them now:",
        )
        self.console.table(("CONTACT", *(f"{label.upper()} HAS" for label in LABELS.values())), [*self._dirty_rows()])
        self.console.say(
            '"NaN" says nothing, so it is no change. "12" and "Atlantis" mean nothing there:',
            "they are left out, and counted as unmapped.",
        )
        self.console.say("growthsync never guesses: a record that may be two contacts is listed, with the reason.")
        self.console.command("sync failures list")
        self.console.result(failure_lines(open_items.failures(self.servers.config)))

    def _dirty_rows(self) -> Iterator[Sequence[str]]:
        left_key, right_key = self.servers.left.key, self.servers.right.key
        for record, left_field, right_field in sample_contacts.DIRTY:
            email = record.fields["email"]
            at_left, at_right = self.servers.find("left", email), self.servers.find("right", email)
            keys = dict.fromkeys([left_key("mobile_phone"), left_key(left_field)])
            shown = ", ".join(f"{key} {value_text(at_left[key])}" for key in keys if at_left[key] is not None)
            yield email, shown, f"{right_key(right_field)} {value_text(at_right.get(right_key(right_field)))}"

    def _edits(self) -> None:
        self.console.heading("3. Users edit, on both sides")
        for edit in sample_contacts.EARLIER:
            self.servers.edit(edit)
        self.clock.sleep(APART)
        for edit in sample_contacts.LATER:
            self.servers.edit(edit)
        self.servers.add_record(sample_contacts.NEWCOMER)
        edits = (*sample_contacts.EARLIER, *sample_contacts.LATER)
        rows = [(LABELS[edit.side], edit.email, edit.what) for edit in edits]
        new = sample_contacts.NEWCOMER
        self.console.table(
            ("IN", "CONTACT", "A USER ..."), [*rows, (LABELS[new.side], new.fields["email"], "adds her")]
        )

    def _second_run(self) -> None:
        self.console.heading("4. The second run: only what changed")
        report = self._run()
        _, changes = self._state_after(report)
        self.console.say("", "What it wrote, from the history that `sync` keeps:")
        rows = [self._change_row(change) for change in sorted(changes, key=lambda change: change.link or 0)]
        self.console.table(("CONTACT", "WRITTEN TO", "WHAT", "WHY"), rows)

    def _conflict(self) -> RunReport:
        """Show a conflict and settle it; return the run that writes it."""
        self.console.heading("5. The conflict waits for a person")
        self.console.say(
            "Finn's city was changed on both sides within a second. No clock can tell which edit was last."
        )
        document = open_items.conflicts(self.servers.config)
        self.console.command("sync conflicts list")
        self.console.result(conflict_lines(document))
        for conflict in document["conflicts"]:
            self.console.command(f"sync conflicts resolve {conflict['id']} --left")
            settled = open_items.resolve(self.servers.config, conflict["id"], side="left", value=None)
            self.console.result(resolved_lines(settled))
        report = self._run()
        left, right = (value_text(self._disputed_city(side)) for side in ("left", "right"))
        self.console.say("", f"{LABELS['left']} has {left} now, {LABELS['right']} {right}.")
        return report

    def _explain_and_undo(self, settled: RunReport) -> None:
        self.console.heading("6. Where does a value come from, and how does it go back?")
        self.console.command(f"sync explain {sample_contacts.DISPUTED} city")
        self.console.result(explanation_lines(explain(self.servers.config, sample_contacts.DISPUTED, "city")))
        self.console.command(f"sync undo {settled.run}")
        options = RunOptions(undoes=settled.run, streams=(CONTACTS,))
        (report,) = run_connections(self.servers.config, options, SilentProgress(), None, self.clock)
        self.console.result(undo_lines([report]))
        left, right = (value_text(self._disputed_city(side)) for side in ("left", "right"))
        self.console.say(
            "", f"{LABELS['right']} has {right} again, {LABELS['left']} still {left}: both stay until the next edit."
        )

    def _disputed_city(self, side: Side) -> str:
        return str(self.servers.find(side, sample_contacts.DISPUTED)[self.servers.side(side).key("city")])

    def _messages(self) -> None:
        self.console.heading("7. Messages are copied, and no message is sent")
        for message in sample_contacts.MESSAGES:
            self.servers.add_message(message)
        rows = [(LABELS[one.side], one.email, one.subject, one.text) for one in sample_contacts.MESSAGES]
        self.console.table(("IN", "CONTACT", "SUBJECT", "TEXT"), rows)
        self._run()
        self.console.say("", f"{LABELS['right']} has a note now:")
        self.console.result(line for copy in self.servers.right.copies() for line in copy.text.split("\n"))
        self.console.say(f"By its last line it is recognised if the state file is lost. {LABELS['left']} has:")
        copies = [
            (self._email("left", one.contact_id), one.kind, one.subject, " ".join(one.text.split()))
            for one in self.servers.left.copies()
        ]
        self.console.table(("CONTACT", "KIND", "SUBJECT", "TEXT"), copies)
        self.console.say(f"{LABELS['right']} was asked to send {counted(self.servers.right.sends, 'message')}.")

    def _quiet_run(self) -> bool:
        self.console.heading("8. Nothing to do")
        report = self._run()
        calls = {name: traffic.reads + traffic.writes for name, traffic in report.requests.items()}
        writes = sum(traffic.writes for traffic in report.requests.values())
        counts = ", ".join(f"{counted(number, 'call')} to {registry.label(name)}" for name, number in calls.items())
        self.console.say(
            "",
            f"{counts}, {counted(writes, 'write')}. The calls do not grow with the number of contacts.",
            "The last ten minutes are read again each time, in case a server shows a change late (`lookback`);",
            "of messages the last day.",
        )
        return writes == 0

    def _verify(self) -> bool:
        self.console.heading("9. Do both sides agree?")
        self.console.say(
            "`sync verify` reads and compares every contact and message of both sides, and writes nothing."
        )
        self.console.command("sync verify")
        options = RunOptions(dry_run=True, unguarded=True, whole=True, compared=True)
        reports = run_connections(self.servers.config, options, SilentProgress(), None, self.clock)
        self.console.result(verify_lines(verification(reports)))
        agreed = verification_code(reports) == DONE
        if agreed:
            self.console.say("Both sides agree. Values that mean nothing on the other side are left out.")
        else:
            self.console.say("Both sides do NOT agree. This is a mistake in growthsync, please report it.")
        return agreed

    def _run(self) -> RunReport:
        """Wait until the last edits have settled, and run."""
        self.clock.sleep(SETTLED)
        self.console.command("sync run")
        with for_stream(self.out) as progress:
            (report,) = run_connections(self.servers.config, RunOptions(), progress, None, self.clock)
        self.console.result(run_lines([report]))
        return report

    def _state_after(self, report: RunReport) -> tuple[int, list[HistoryEntry]]:
        """Return the number of linked contacts, and what a run wrote to contacts."""
        with closing(StateFile.open_copy(self.servers.config.state.path)) as state:
            connection = connections.find_connection(state.db, report.connection)
            if connection is None:
                raise AssertionError("a run leaves its connection in the state")
            history, found = History(state.db, connection.id, CONTACTS), list[HistoryEntry]()
            last = 0
            while page := history.of_run(report.run, last):
                found += [line.entry for line in page]
                last = page[-1].id
            return Links(state.db, connection.id, CONTACTS).count_links(), found

    def _change_row(self, change: HistoryEntry) -> Sequence[str]:
        side: Side = "left" if change.account == LEFT else "right"
        email = self._email(side, change.record_id)
        if change.field == "*":
            return email, LABELS[side], "(a new record)", change.rule
        old, new = (
            value_text(None if value is None else parse(change.field, value)) for value in (change.old, change.new)
        )
        return email, LABELS[side], f"{change.field}: {old} -> {new}", change.rule

    def _email(self, side: Side, record_id: str) -> str:
        record = next(one for one in self.servers.side(side).contacts() if str(one["id"]) == record_id)
        return str(record.get("email") or record_id)


def _show_what_next(console: DemoConsole) -> None:
    console.say(
        "",
        "The servers are stopped and the folder is removed. What next?",
        "  sync demo --keep    # the same, then servers and status page stay until Ctrl-C, with a conflict to settle",
        "  sync sandbox        # two systems to play with, and nothing synced yet",
        "  sync init           # connect your own accounts; nothing is written to them before you approve it",
    )
