"""The demo itself: two systems, a first run, people's edits, a second run, a conflict, quiet, and a comparison."""

import shlex
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from sqlite3 import Row
from typing import Final, TextIO

from connectors.clock import Clock, SystemClock
from state.file import StateFile
from sync.demo import sample_contacts
from sync.demo.console import DemoConsole, teller
from sync.demo.contact_generator import SAME_EMAIL, SAME_PHONE, Place, population
from sync.demo.servers import LEFT, RIGHT, Servers, serving
from sync.engine.options import RunOptions
from sync.engine.runner import run_connections
from sync.errors import DONE
from sync.operations import queries
from sync.output.progress import SilentProgress, for_stream
from sync.output.report import RunReport, verification, verification_code
from sync.output.text import counted, value_text
from sync.rules.shadow_codec import parse
from sync.text_output.open_items import conflict_lines, failure_lines, resolved_lines
from sync.text_output.runs import run_lines, verify_lines

NAMES: Final = {"left": "GrowthGenius", "right": "GrowthHub", LEFT: "GrowthGenius", RIGHT: "GrowthHub"}
SETTLED: Final = 1.1
"""Seconds until an edit lies before the horizon: the servers tell the time in whole seconds."""

APART: Final = 2.0
"""Seconds between two edits of which one is plainly the newer (R14)."""


def demo(keep: bool, out: TextIO, clock: Clock | None = None) -> bool:
    """Tell the story into `out`; return whether both sides agree in the end. `keep` leaves the folder.

    Raises what a bug of a sandbox raises.
    """
    clock = clock or SystemClock()
    with serving(clock, keep=keep) as servers:
        story = Walkthrough(servers, clock, teller(out), out)
        agreed = story.tell()
    _tell_what_is_left(story, keep=keep)
    return agreed


@dataclass(frozen=True, slots=True)
class Walkthrough:
    """What is told, of whom, and where to."""

    servers: Servers
    clock: Clock
    teller: DemoConsole
    out: TextIO

    def tell(self) -> bool:
        """Tell everything; return whether both sides agree in the end."""
        self._begin()
        self._first_run()
        self._edits()
        self._second_run()
        self._settle()
        self._messages()
        quiet = self._quiet()
        return self._agreement() and quiet

    def _begin(self) -> None:
        for arrival in (*population(), *(one for one, _, _ in sample_contacts.DIRTY), *sample_contacts.KNOWN):
            self.servers.welcome(arrival)
        left, right = self.servers.counts()
        self.teller.heading("1. Two systems that do not know each other")
        self.teller.say(
            "Both run on this machine and speak the documented APIs over HTTP. Everybody in them is invented.",
            f"  GrowthGenius has {counted(left, 'record')}, GrowthHub has {right}.",
            f"  {SAME_EMAIL} people are in both with the same e-mail address.",
            f"  {SAME_PHONE} are in both with the same phone number; GrowthHub has no address of them.",
            "  Two records in GrowthGenius share one address. Two colleagues share one number.",
            f"Config and state are in {self.servers.config.path.parent}",
        )

    def _first_run(self) -> None:
        self.teller.heading("2. The first run: everybody meets")
        report = self._run()
        created = {name: counts.created for name, counts in report.streams["contacts"].accounts.items()}
        links = self._rows("SELECT count(*) AS n FROM link WHERE stream = 'contacts'")[0]["n"]
        rules = {row["rule"]: row["n"] for row in self._history(report, "rule, count(*) AS n", "GROUP BY rule")}
        self.teller.say(
            "",
            "What happened:",
            f"  {created[RIGHT]} people were created at GrowthHub, {created[LEFT]} at GrowthGenius.",
            f"  {links - sum(created.values())} were found on both sides and paired."
            f" {counted(rules.get('filled', 0), 'blank')} filled from the other side.",
            f"  {counted(rules.get('newest', 0), 'value')} differed. The newer one won; the old one is in the history.",
            "",
            "Dirty values, and what GrowthHub has of them now:",
        )
        self.teller.table(("WHO", "GROWTHGENIUS HAS", "GROWTHHUB HAS"), list(self._dirty_rows()))
        self.teller.say(
            '"NaN" says nothing, so it is no change. "12" and "Atlantis" mean nothing there:',
            "they are left out, and counted as unmapped.",
        )
        self._failures()

    def _dirty_rows(self) -> Iterator[Sequence[str]]:
        for arrival, left_key, right_key in sample_contacts.DIRTY:
            email = arrival.fields["email"]
            at_left, at_right = self.servers.person("left", email), self.servers.person("right", email)
            shown = [key for key in ("mobile_phone", left_key) if at_left[key] is not None]
            mine = ", ".join(f"{key} {value_text(at_left[key])}" for key in dict.fromkeys(shown))
            yield email, mine, f"{right_key} {value_text(at_right.get(right_key))}"

    def _failures(self) -> None:
        self.teller.say("Nobody is guessed: who can't be told from somebody else is listed, with the reason.")
        self.teller.command("sync failures list")
        self.teller.result(failure_lines(queries.failures(self.servers.config)))

    def _edits(self) -> None:
        self.teller.heading("3. People edit, on both sides")
        for edit in sample_contacts.EARLIER:
            self.servers.edit(edit)
        self.clock.sleep(APART)
        for edit in sample_contacts.LATER:
            self.servers.edit(edit)
        self.servers.welcome(sample_contacts.NEWCOMER)
        rows = [(NAMES[edit.place], edit.who, edit.told) for edit in (*sample_contacts.EARLIER, *sample_contacts.LATER)]
        newcomer = (NAMES[sample_contacts.NEWCOMER.place], sample_contacts.NEWCOMER.fields["email"], "is new")
        self.teller.table(("IN", "WHOSE RECORD", "SOMEBODY ..."), [*rows, newcomer])

    def _second_run(self) -> None:
        self.teller.heading("4. The second run: only what changed")
        report = self._run()
        changes = self._history(report, "*", "ORDER BY link, id")
        self.teller.say("", "What it wrote, from the history that `sync` keeps:")
        self.teller.table(("WHO", "WRITTEN TO", "WHAT", "WHY"), [self._change_row(row) for row in changes])

    def _settle(self) -> None:
        self.teller.heading("5. The conflict waits for a person")
        self.teller.say("Finn's city was changed on both sides within a second. No clock can tell who was last.")
        document = queries.conflicts(self.servers.config)
        self.teller.command("sync conflicts list")
        self.teller.result(conflict_lines(document))
        for conflict in document["conflicts"]:
            self.teller.command(f"sync conflicts resolve {conflict['id']} --left")
            settled = queries.resolve(self.servers.config, conflict["id"], side="left", value=None)
            self.teller.result(resolved_lines(settled))
        self._run()
        at_left, at_right = (
            self.servers.person(place, sample_contacts.DISPUTED)["city"] for place in ("left", "right")
        )
        self.teller.say("", f"GrowthGenius has {value_text(at_left)} now, GrowthHub {value_text(at_right)}.")

    def _messages(self) -> None:
        self.teller.heading("6. Messages are carried along, and nobody is sent anything")
        for letter in sample_contacts.WRITTEN:
            self.servers.write(letter)
        rows = [(NAMES[one.place], one.who, one.subject or "", one.text) for one in sample_contacts.WRITTEN]
        self.teller.table(("IN", "WHOSE", "SUBJECT", "TEXT"), rows)
        self._run()
        self.teller.say("", "GrowthHub has a note now:")
        noted = next(one for one in sample_contacts.WRITTEN if one.place == "left")
        contact = self.servers.person("right", noted.who)
        self.teller.result(
            line for note in self.servers.right.notes(contact["id"]) for line in note["body"].split("\n")
        )
        self.teller.say("The last line tells it again, should the state file ever be lost. GrowthGenius has:")
        copied = [one for one in self.servers.left.messages() if one["message_type"] in ("sms", "email")]
        self.teller.table(
            ("WHOSE", "KIND", "SUBJECT", "TEXT"),
            [
                (self._email("left", str(one["contact_id"])), one["message_type"], one["rendered_subject"] or "",
                 " ".join(one["rendered_copy"].split()))
                for one in copied
            ],
        )  # fmt: skip
        self.teller.say(f"GrowthHub was asked to send {counted(self.servers.right.sends, 'message')}.")

    def _quiet(self) -> bool:
        self.teller.heading("7. Nothing to do")
        report = self._run()
        calls = {name: traffic.reads + traffic.writes for name, traffic in report.requests.items()}
        writes = sum(traffic.writes for traffic in report.requests.values())
        told = ", ".join(f"{counted(number, 'call')} to {NAMES[name]}" for name, number in calls.items())
        self.teller.say(
            "",
            f"{told}, {counted(writes, 'write')}. The calls do not grow with the number of people.",
            "The last ten minutes are read again each time, in case a server shows a change late (`lookback`);",
            "of messages the last day, in one call to GrowthGenius and two to GrowthHub (e-mails are listed apart).",
        )
        return writes == 0

    def _agreement(self) -> bool:
        self.teller.heading("8. Do both sides agree?")
        self.teller.say("`sync verify` reads and compares every contact and message of both sides, and writes nothing.")
        self.teller.command("sync verify")
        options = RunOptions(dry_run=True, unguarded=True, whole=True, compared=True)
        reports = run_connections(self.servers.config, options, SilentProgress(), lambda _: True, self.clock)
        self.teller.result(verify_lines(verification(reports)))
        agreed = verification_code(reports) == DONE
        if agreed:
            self.teller.say("Both sides agree. Values that mean nothing on the other side are left out.")
        else:
            self.teller.say("Both sides do NOT agree. This is a mistake in growthsync, please report it.")
        return agreed

    def _run(self) -> RunReport:
        """Let the last edits settle, and run for real."""
        self.clock.sleep(SETTLED)
        self.teller.command("sync run")
        with for_stream(self.out) as progress:
            (report,) = run_connections(self.servers.config, RunOptions(), progress, lambda _: True, self.clock)
        self.teller.result(run_lines([report]))
        return report

    def _history(self, report: RunReport, columns: str, tail: str) -> list[Row]:
        return self._rows(f"SELECT {columns} FROM history WHERE run = ? {tail}", report.run)

    def _rows(self, query: str, *values: object) -> list[Row]:
        state = StateFile.open_copy(self.servers.config.state.path)
        try:
            return state.db.execute(query, values).fetchall()
        finally:
            state.close()

    def _change_row(self, change: Row) -> Sequence[str]:
        place: Place = "left" if change["account"] == LEFT else "right"
        who = self._email(place, change["record_id"])
        if change["field"] == "*":
            return who, NAMES[place], "(a new record)", change["rule"]
        old, new = (value_text(None if change[key] is None else parse(change[key])) for key in ("old", "new"))
        return who, NAMES[place], f"{change['field']}: {old} -> {new}", change["rule"]

    def _email(self, place: Place, record_id: str) -> str:
        server = self.servers.left if place == "left" else self.servers.right
        return str(server.person(record_id).get("email") or record_id)


def _tell_what_is_left(story: Walkthrough, *, keep: bool) -> None:
    config = story.servers.config
    if not keep:
        story.teller.say("", "The servers are stopped and the folder is removed. Keep it with: sync demo --keep")
        return
    path, state = shlex.quote(str(config.path)), shlex.quote(str(config.state.path))
    story.teller.say(
        "",
        "The servers are stopped, so `sync run` has nobody to call. The folder stays; remove it when you are done.",
        "Look at it with:",
        f"  sync status --config {path}",
        f"  sync conflicts list --config {path}",
        f"  sync failures list --config {path}",
        f"  sqlite-utils tables {state} --counts",
        f"  sqlite-utils rows {state} about",
    )
