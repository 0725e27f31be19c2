"""A daemon in a process of its own, and what it logs."""

import json
import os
import signal
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sync.config.model import load
from sync.daemon.cancellation import Activity, StopSignal
from sync.daemon.stream import Stream
from sync.notifications.sender import NotificationSender
from tests.end_to_end.forked_command import ForkedCommand
from tests.end_to_end.world import Timeline, World

PATIENCE = 30.0
"""Seconds after which something that is waited for will not come any more: more than a call to a dead server takes."""


class Daemon:
    """The process, and the lines of its log as they come."""

    def __init__(self, process: ForkedCommand) -> None:
        self.process = process
        self.lines: list[dict[str, Any]] = []
        self._changed = threading.Condition()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def wait(self, event: str, count: int = 1, **facts: Any) -> dict[str, Any]:
        """Wait until the log has so many lines of an event with these facts, and return the last of them."""
        with self._changed:
            found = self._changed.wait_for(lambda: self._found(event, count, facts), PATIENCE)
            assert found, f"no {event} with {facts} in {self.lines[-20:]}"
            return self.of(event, **facts)[count - 1]

    def of(self, event: str, **facts: Any) -> list[dict[str, Any]]:
        """Return the lines of an event with these facts."""
        return [line for line in self.lines if line["event"] == event and facts.items() <= line.items()]

    def runs(self, connection: str = "sales") -> int:
        """Return how many runs of a connection have ended."""
        return len(self.of("run ended", connection=connection))

    def wait_for_runs(self, more: int, connection: str = "sales") -> None:
        """Wait until so many more runs of a connection have ended well."""
        before = len(self.of("run ended", connection=connection, status="ok"))
        self.wait("run ended", before + more, connection=connection, status="ok")

    def reload(self) -> None:
        """Have it read its config again."""
        self.process.send_signal(signal.SIGHUP)

    def stop(self, number: int = signal.SIGTERM) -> int:
        """Ask it to end, and return its exit code."""
        self.process.send_signal(number)
        code = self.process.wait(PATIENCE)
        self._reader.join(PATIENCE)
        return code

    def kill(self) -> None:
        """End it as a power loss would."""
        self.process.kill()
        self.process.wait(PATIENCE)

    def _found(self, event: str, count: int, facts: dict[str, Any]) -> bool:
        return len(self.of(event, **facts)) >= count

    def _read(self) -> None:
        assert self.process.stderr is not None
        for line in self.process.stderr:
            with self._changed:
                self.lines.append(
                    json.loads(line) if line.startswith("{") else {"event": "no line of the log", "text": line}
                )
                self._changed.notify_all()


@contextmanager
def started(world: World) -> Iterator[Daemon]:
    """Start a daemon, and end it when the block does."""
    with world.start("daemon") as process:
        daemon = Daemon(process)
        try:
            yield daemon
        finally:
            process.kill()
            process.communicate()


class Passing(StopSignal):
    """A wish to end under a clock that stands still: who waits for it lets the time pass."""

    def __init__(self, clock: Timeline) -> None:
        super().__init__()
        self._clock = clock

    def wait(self, seconds: float) -> bool:
        """Let the time pass, and return whether the wish is there."""
        self._clock.sleep(seconds)
        return self.is_requested


def stream_of(world: World, stop: StopSignal | None = None, name: str = "contacts") -> Stream:
    """Return a stream of the world's connection as the daemon would have it, to be run by hand."""
    world.write_config()
    config = load(world.config_path)
    clock, connection = world.clock, config.connections["sales"]
    wish = stop or Passing(clock)
    return Stream(
        config, connection, name, NotificationSender(config, clock), wish, clock, Activity(clock), clock.now()
    )


def until(condition: Any) -> None:
    """Wait until something is so."""
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline, "it will not come any more"
        time.sleep(0.01)


class ServiceManager:
    """The socket on which systemd would hear a service."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "notify"
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(os.fspath(self.path))
        self._socket.settimeout(PATIENCE)

    def hears(self, word: str) -> str:
        """Wait for a message with a word in it, and return it."""
        while True:
            message = self._socket.recv(4096).decode()
            if word in message:
                return message

    def close(self) -> None:
        """Hear nothing more."""
        self._socket.close()
