"""Notify the command under `[notify]` of failed, guarded and waiting runs, new conflicts and stalled streams.

Rules kept here:
- one notification per cause, and one when it is over. The state records both (`sync.rules.notifications`);
- an error here stops no run: it is logged, and the notification is sent again on the next occasion;
- the document holds ids and fixed words only: no personal data and no secret.
"""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from functools import partial
from threading import Lock
from typing import Any, Final

from connectors.clock import Clock
from state.database import DatabaseError
from state.errors import LockHeld, StateError
from state.file import StateFile
from state.notifications import NotificationStore
from state.queries import conflict_times
from sync.config.model import Config
from sync.config.secret import CREDENTIALS, secret_variables
from sync.notifications.command import Program
from sync.output import event_log
from sync.output.formats import time_text
from sync.output.privacy import public
from sync.output.report import RunReport
from sync.rules.contact_codec import from_ms, to_ms
from sync.rules.notifications import CONFLICTS, FAILED, GUARDED, STALLED, WAITING, Notice, causes_after, notices

HIDDEN: Final = frozenset({CREDENTIALS, "NOTIFY_SOCKET", "WATCHDOG_PID", "WATCHDOG_USEC"})
"""Environment variables that lead to secrets, or let a process act as the service."""

OVER: Final = {
    FAILED: "runs succeed again",
    GUARDED: "the guard no longer stops the runs",
    CONFLICTS: "no conflict is open any more",
    STALLED: "it makes progress again",
    WAITING: "the first run was approved",
}
COMMANDS: Final = {FAILED: "sync status", CONFLICTS: "sync conflicts list", STALLED: "sync status"}
"""The command to type next, where it names no connection."""


class NotificationSender:
    """Send notifications to the command of a config, or nowhere without one."""

    def __init__(self, config: Config, clock: Clock, is_stopping: Callable[[], bool] = lambda: False) -> None:
        self._clock = clock
        self._state_path = config.state.path
        self._program = _program(config, clock, is_stopping)
        self._lock = Lock()

    def after_run(self, state: StateFile, report: RunReport) -> None:
        """Notify of the results of a run. Raises nothing except Interrupted."""
        if self._program is None:
            return
        for stream in report.asked:
            with event_log.about(connection=report.connection, stream=stream):
                self._guarded(partial(self._after_run, state, report, stream))

    def notify_stalled(self, connection: str, stream: str, since: datetime, span: timedelta) -> None:
        """Notify that a stream has made no progress since then, for longer than `span`. Raises nothing."""
        if self._program is None:
            return

        def notify() -> None:
            state = StateFile.open(self._state_path)
            try:
                text = f"no run has succeeded since {time_text(since)}, for more than {span}"
                present = {STALLED: {"": to_ms(since) or 0}}
                self._send(state, connection, stream, present, lambda _notice: {"text": text})
            finally:
                state.close()

        with event_log.about(connection=connection, stream=stream):
            self._guarded(notify)

    def _guarded(self, notify: Callable[[], None]) -> None:
        try:
            with self._lock:
                notify()
        except (OSError, DatabaseError, StateError, LockHeld) as error:
            event_log.error("no notification could be sent", kind=type(error).__name__)

    def _after_run(self, state: StateFile, report: RunReport, stream: str) -> None:
        """Notify of the results for one stream. An error of the whole run is reported for the first stream only."""
        open_conflicts = _conflicts(state, report.connection, stream)
        present = causes_after(report.status, open_conflicts, self._now_ms())
        if stream != report.asked[0] and report.status in ("failed", "guarded", "waiting"):
            present = {CONFLICTS: present[CONFLICTS]}

        def about(notice: Notice) -> dict[str, Any]:
            return {"run": report.run, **_about_run(report, notice, open_conflicts)}

        self._send(state, report.connection, stream, present, about)

    def _send(
        self,
        state: StateFile,
        connection: str,
        stream: str,
        present: Mapping[str, Mapping[str, int]],
        about: Callable[[Notice], dict[str, Any]],
    ) -> None:
        store = NotificationStore(state.db, connection, stream)
        due, silent = notices(present, store.all_causes())
        if silent:
            with state.atomic() as transaction:
                store.forget_causes(transaction, silent)
        for notice in due:
            # The state changes after the command ran, so a notification that was interrupted is sent again, not lost.
            document = self._document(connection, stream, notice, about(notice))
            remember, forget = notice.after(self._now_ms(), called=self._run_command(notice, document))
            with state.atomic() as transaction:
                store.put_causes(transaction, remember)
                store.forget_causes(transaction, forget)

    def _document(self, connection: str, stream: str, notice: Notice, about: dict[str, Any]) -> dict[str, Any]:
        text = OVER[notice.cause] if notice.over else public(about.pop("text"))
        return {
            "event": notice.cause,
            "over": notice.over,
            "connection": connection,
            "stream": stream,
            "at": time_text(self._clock.now()),
            "since": time_text(from_ms(notice.since_ms) or datetime.fromtimestamp(0, UTC)),
            "run": None,
            "command": _command(notice.cause, connection),
            **about,
            "text": f"{connection}: {text}",
        }

    def _run_command(self, notice: Notice, document: Mapping[str, Any]) -> bool:
        if self._program is None:
            return False
        problem = self._program.run_with(document)
        facts = {"kind": notice.cause, "status": "over" if notice.over else "open"}
        if problem:
            event_log.warning("the command under [notify] failed", reason=problem, **facts)
        else:
            event_log.info("notified", **facts)
        return not problem

    def _now_ms(self) -> int:
        return to_ms(self._clock.now()) or 0


def _program(config: Config, clock: Clock, is_stopping: Callable[[], bool]) -> Program | None:
    if config.notify is None:
        return None
    hidden = HIDDEN | secret_variables(config)
    return Program(config.notify.command, config.path.parent, config.notify.time_limit, hidden, clock, is_stopping)


def _conflicts(state: StateFile, connection: str, stream: str) -> dict[str, int]:
    """Return when each open conflict of a stream was found, by a key of the conflict."""
    found = conflict_times(state.db, connection, stream)
    return {f"{number}@{found_ms}": found_ms for number, found_ms in found.items()}


def _command(cause: str, connection: str) -> str:
    named = f"growthsync approve {connection}" if cause == WAITING else f"sync plan --connection {connection}"
    return COMMANDS.get(cause, named)


def _about_run(report: RunReport, notice: Notice, open_conflicts: Mapping[str, int]) -> dict[str, Any]:
    if notice.cause == CONFLICTS:
        new = [int(one.key.partition("@")[0]) for one in notice.causes]
        count = len(open_conflicts)
        text = f"{len(new)} new conflict{'' if len(new) == 1 else 's'}, {count} open"
        return {"text": text, "conflicts": {"new": [] if notice.over else new, "open": count}}
    if notice.cause in {GUARDED, WAITING}:
        return {"text": report.guarded or report.waiting}
    return {"text": f"a run failed: {'; '.join(map(public, report.errors))}"}
