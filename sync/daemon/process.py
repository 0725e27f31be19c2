"""The daemon as a process: its signals, its lock on the state file, its messages to systemd, and its end.

Rules kept here:
- SIGTERM and SIGINT end it with 0 within 5 s. Runs stop where they wait or between two steps. A call under way after
  GRACE is abandoned with the process, which is as safe as any kill (P6). A second signal ends the process at once;
- SIGHUP makes it read its config again. A config that is wrong, or with missing secrets, is logged and changes nothing;
- systemd's watchdog and the health check of a container see it as healthy while no run hangs. A run that fails and is
  retried counts as healthy, because a restart would not help.
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
from state.heartbeat import touch_heartbeat
from state.lock import hold_daemon
from sync.config.model import Config
from sync.config.secret import reveal, reveal_page_tokens
from sync.daemon import systemd
from sync.daemon.cancellation import StopSignal
from sync.daemon.daemon import Daemon
from sync.errors import DONE, ConfigError
from sync.http_server.endpoints import Endpoint, Endpoints
from sync.oauth.token_sources import token_sources_of
from sync.output import event_log
from sync.output.privacy import hide
from sync.rules.contact_codec import to_ms

GRACE: Final = 3.5
"""Seconds in which runs under way may end by themselves."""
WATCH: Final = 10.0
"""Seconds between two checks of the streams."""

Load = Callable[[], Config]


@dataclass(slots=True)
class ActiveConfig:
    """The active config, which the endpoints read."""

    config: Config


MakeEndpoints = Callable[[ActiveConfig, Daemon], Iterable[Endpoint]]


def serve(config: Config, load: Load, clock: Clock, make_endpoints: MakeEndpoints = lambda _config, _daemon: ()) -> int:
    """Run every connection of the config until a signal ends it, and return the exit code.

    `load` reads the config again. `make_endpoints` returns what is served over HTTP. Raises ConfigError, StateError and
    LockHeld before the first run.
    """
    with Signals() as signals, ExitStack() as stack:
        # A missing secret should end the start with an error, not fail every run.
        check_secrets(config)
        lock = stack.enter_context(_daemon_lock(config.state.path, clock))
        daemon = Daemon(config, signals.stop, clock)
        event_log.info("daemon begins", connections=list(config.connections), pid=os.getpid())
        active = ActiveConfig(config)
        endpoints = Endpoints(make_endpoints(active, daemon))
        stack.callback(endpoints.close)
        endpoints.open(config)
        _log_addresses(endpoints)
        daemon.start()
        touch_heartbeat(lock)
        systemd.notify(systemd.READY, _status(daemon))
        _MainLoop(active, load, daemon, endpoints, lock).run_until_stopped(signals)
        systemd.notify(systemd.STOPPING)
        event_log.info("daemon ends", signal=signals.name)
        _end(daemon, endpoints)
    return DONE


def _end(daemon: Daemon, endpoints: Endpoints) -> None:
    """Stop serving, wait for the runs, and abandon those that take longer than GRACE."""
    endpoints.close()
    ended = daemon.end(GRACE)
    daemon.remove_plan()
    if not ended:
        _abandon()


def _log_addresses(endpoints: Endpoints) -> None:
    for key, address in endpoints.addresses().items():
        event_log.info("listening", key=key, listen=str(address))


def check_secrets(config: Config) -> None:
    """Read every secret once, so that a missing one ends the start and not each run. Raises ConfigError."""
    used = dict.fromkeys(name for one in config.connections.values() for name in (one.left, one.right))
    hide([*reveal(config, used, _note).values(), *reveal_page_tokens(config, _note)])
    token_sources_of(config, used, _note, SystemClock())


def _note(text: str) -> None:
    event_log.warning("note", text=text)


class Signals:
    """Queue the signals of the process as words, as long as the `with` block lasts."""

    def __init__(self) -> None:
        self.stop = StopSignal()
        self.name = ""
        self._words: SimpleQueue[str] = SimpleQueue()
        self._before: dict[int, object] = {}

    def __enter__(self) -> Self:
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            self._before[number] = signal.signal(number, self._receive)
        return self

    def __exit__(self, *_: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)  # type: ignore[arg-type] # what signal() gave, signal() takes

    def next_word(self, seconds: float) -> str:
        """Return "stop" or "reload" when the signal comes, '' when none comes in this time."""
        try:
            return self._words.get(timeout=seconds)
        except Empty:
            return ""

    def _receive(self, number: int, _frame: FrameType | None) -> None:
        if number == signal.SIGHUP:
            self._words.put("reload")
            return
        if self.stop.is_requested:
            _abandon()
        self.name = signal.Signals(number).name
        self.stop.request()
        self._words.put("stop")


@dataclass(slots=True)
class _MainLoop:
    """The main thread while the streams run: handle signals, check the streams, report the health."""

    active: ActiveConfig
    load: Load
    daemon: Daemon
    endpoints: Endpoints
    lock: Path
    hung: frozenset[str] = field(default_factory=frozenset)

    def run_until_stopped(self, signals: Signals) -> None:
        """Return when a signal asks the process to stop."""
        while (word := signals.next_word(WATCH)) != "stop":
            if word == "reload":
                self._reload()
            self._watch()

    def _reload(self) -> None:
        systemd.notify(systemd.RELOADING)
        try:
            config = self._loaded()
            self.endpoints.open(config)
        except ConfigError as error:
            for line in error.lines:
                event_log.error("config refused, the config before stays active", reason=line)
        else:
            self.active.config = config
            _log_addresses(self.endpoints)
            self.daemon.apply_config(config)
            event_log.info("config read again", connections=list(config.connections))
        systemd.notify(systemd.READY, _status(self.daemon))

    def _loaded(self) -> Config:
        """Return the config of the file. Raises ConfigError when it cannot become the active one."""
        config = self.load()
        if config.state.path != self.active.config.state.path:
            raise ConfigError(f"{config.path}: state.path: another state file needs a restart, not a reload")
        check_secrets(config)
        return config

    def _watch(self) -> None:
        hung = frozenset(self.daemon.hanging())
        for key in hung - self.hung:
            connection, _, stream = key.partition("/")
            event_log.error("a run hangs", connection=connection, stream=stream)
        self.hung = hung
        # A hanging run needs a restart, which the watchdog does once this message stays away.
        if not hung:
            systemd.notify(systemd.HEALTHY, _status(self.daemon))
            self._show_well()
        self.daemon.watch()

    def _show_well(self) -> None:
        try:
            touch_heartbeat(self.lock)
        except OSError as error:
            event_log.error("the lock file cannot be updated", reason=str(error.strerror))


@contextmanager
def _daemon_lock(state_path: Path, clock: Clock) -> Iterator[Path]:
    with closing(StateFile.open(state_path)) as state, hold_daemon(state, to_ms(clock.now()) or 0) as lock:
        yield lock


def _status(daemon: Daemon) -> str:
    at = daemon.next_run_at()
    count = len(daemon.streams())
    return f"STATUS={count} stream{'' if count == 1 else 's'}, next run {f'{at:%H:%M:%S} UTC' if at else 'not planned'}"


def _abandon() -> NoReturn:
    """End the process at once, also during a call: the state is valid at every instruction (P6)."""
    with suppress(OSError, ValueError, RuntimeError):  # RuntimeError: the signal interrupted a print
        sys.stdout.flush()
        sys.stderr.flush()
    os._exit(DONE)
