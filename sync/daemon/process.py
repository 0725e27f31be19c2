"""The daemon as a process: its signals, its only place on the state file, its word to systemd, and its end.

Rules kept here:
- SIGTERM and SIGINT end it with 0 within 5 s: runs stop where they wait or between two steps, and a call that is still
  in hand after GRACE is abandoned with the process, which is as safe as any kill (P6). Who insists ends it at once;
- SIGHUP has it read its config again; one that is wrong, or whose secrets are missing, changes nothing and is told;
- who looks from outside (systemd's watchdog, the health check of a container) is told that it is well only while no
  run hangs: a run that fails and is tried again is well in this sense, since starting anew would not help.
"""

import os
import signal
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from queue import Empty, SimpleQueue
from types import FrameType
from typing import Final, NoReturn, Self

from connectors.clock import Clock, SystemClock
from state.file import StateFile
from state.heartbeat import show_well
from state.lock import hold_daemon
from sync.config.model import Config
from sync.config.secret import reveal, reveal_page_token
from sync.daemon import systemd
from sync.daemon.cancellation import StopSignal
from sync.daemon.daemon import Daemon
from sync.errors import DONE, ConfigError
from sync.http_server.endpoints import Endpoint, Endpoints
from sync.oauth.token_sources import authorities_of
from sync.output import event_log
from sync.output.privacy import hide
from sync.rules.contact_codec import to_ms

GRACE: Final = 3.5
"""Seconds for what is under way to end by itself."""
WATCH: Final = 10.0
"""Seconds between two looks at how the streams stand."""

Load = Callable[[], Config]


@dataclass(slots=True)
class ActiveConfig:
    """The config that is in force: what the doors ask for it."""

    config: Config


MakeDoors = Callable[[ActiveConfig, Daemon], Iterable[Endpoint]]


def serve(config: Config, load: Load, clock: Clock, make_doors: MakeDoors = lambda _config, _daemon: ()) -> int:
    """Run every connection of the config until a signal ends it; `load` reads the config anew.

    `make_doors` says what is served over HTTP beside the runs. Raises ConfigError, StateError and LockHeld before
    anything is run.
    """
    with Signals() as signals, ExitStack() as stack:
        check_secrets(config)
        lock = stack.enter_context(_alone(config.state.path, clock))
        daemon = Daemon(config, signals.stop, clock)
        event_log.info("daemon begins", connections=list(config.connections), pid=os.getpid())
        in_force = ActiveConfig(config)
        doors = Endpoints(make_doors(in_force, daemon))
        stack.callback(doors.close)
        doors.open(config)
        _tell(doors)
        daemon.start()
        show_well(lock)
        systemd.tell(systemd.READY, _status(daemon))
        _Service(in_force, load, daemon, doors, lock).attend(signals)
        systemd.tell(systemd.STOPPING)
        event_log.info("daemon ends", signal=signals.name)
        doors.close()
        ended = daemon.end(GRACE)
        daemon.forget_plan()
        if not ended:
            _abandon()
    return DONE


def _tell(doors: Endpoints) -> None:
    for key, address in doors.addresses().items():
        event_log.info("listening", key=key, listen=str(address))


def check_secrets(config: Config) -> None:
    """Open every secret once, so that one that is missing is told now and not with each run. Raises ConfigError."""
    used = dict.fromkeys(name for one in config.connections.values() for name in (one.left, one.right))
    token = reveal_page_token(config, _note)
    hide([*reveal(config, used, _note).values(), *([token] if token else [])])
    authorities_of(config, used, _note, SystemClock())


def _note(text: str) -> None:
    event_log.warning("note", text=text)


class Signals:
    """The signals of the process, as words in a queue, for as long as the block lasts."""

    def __init__(self) -> None:
        self.stop = StopSignal()
        self.name = ""
        self._words: SimpleQueue[str] = SimpleQueue()
        self._before: dict[int, object] = {}

    def __enter__(self) -> Self:
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            self._before[number] = signal.signal(number, self._come)
        return self

    def __exit__(self, *_: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)  # type: ignore[arg-type] # what signal() gave, signal() takes

    def next(self, seconds: float) -> str:
        """Return "stop" or "reload" when it comes, '' when nothing has come for so long."""
        try:
            return self._words.get(timeout=seconds)
        except Empty:
            return ""

    def _come(self, number: int, _frame: FrameType | None) -> None:
        if number == signal.SIGHUP:
            self._words.put("reload")
            return
        if self.stop.is_asked:
            _abandon()
        self.name = signal.Signals(number).name
        self.stop.ask()
        self._words.put("stop")


@dataclass(slots=True)
class _Service:
    """What the main thread does while the streams are run: heed signals, look at them, say that all is well."""

    in_force: ActiveConfig
    load: Load
    daemon: Daemon
    doors: Endpoints
    lock: Path
    hung: frozenset[str] = field(default_factory=frozenset)

    def attend(self, signals: Signals) -> None:
        """Stay until the process is asked to stop."""
        while (word := signals.next(WATCH)) != "stop":
            if word == "reload":
                self._reload()
            self._watch()

    def _reload(self) -> None:
        systemd.tell(systemd.RELOADING)
        try:
            config = self._loaded()
            self.doors.open(config)
        except ConfigError as error:
            for line in error.lines:
                event_log.error("config refused, the one before stays in force", reason=line)
        else:
            self.in_force.config = config
            _tell(self.doors)
            self.daemon.take_up(config)
            event_log.info("config read again", connections=list(config.connections))
        systemd.tell(systemd.READY, _status(self.daemon))

    def _loaded(self) -> Config:
        """Return the config as it is now. Raises ConfigError when it can't be put in force."""
        config = self.load()
        if config.state.path != self.in_force.config.state.path:
            raise ConfigError(f"{config.path}: state.path: another state file needs a restart, not a reload")
        check_secrets(config)
        return config

    def _watch(self) -> None:
        hung = frozenset(self.daemon.hanging())
        for key in hung - self.hung:
            connection, _, stream = key.partition("/")
            event_log.error("a run hangs", connection=connection, stream=stream)
        self.hung = hung
        if not hung:
            systemd.tell(systemd.WELL, _status(self.daemon))
            self._show_well()
        self.daemon.watch()

    def _show_well(self) -> None:
        try:
            show_well(self.lock)
        except OSError as error:
            event_log.error("the lock can't be touched", reason=str(error.strerror))


@contextmanager
def _alone(state_path: Path, clock: Clock) -> Iterator[Path]:
    with closing(StateFile.open(state_path)) as state, hold_daemon(state, to_ms(clock.now()) or 0) as lock:
        yield lock


def _status(daemon: Daemon) -> str:
    at = daemon.next_run_at()
    count = len(daemon.streams())
    return f"STATUS={count} stream{'' if count == 1 else 's'}, next run {f'{at:%H:%M:%S} UTC' if at else 'not planned'}"


def _abandon() -> NoReturn:
    """End at once, whatever is under way: the state is true at every instruction (P6)."""
    with suppress(OSError, ValueError, RuntimeError):  # RuntimeError: the signal came while something was printed
        sys.stdout.flush()
        sys.stderr.flush()
    os._exit(DONE)
