"""A world with a GrowthHub that reports what happens to a daemon, by signed webhooks."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from connectors.growthhub.sandbox.webhooks import DeliveryFaults, Sender
from tests.end_to_end.daemons import Daemon, started
from tests.end_to_end.world import World

LOUD = '[log]\nlevel = "debug"\nformat = "json"\n'


@dataclass(slots=True)
class Line:
    """The line between GrowthHub and a daemon: `sender` sends, the daemon listens at `address`."""

    world: World
    sender: Sender
    address: tuple[str, int]


def free_port() -> int:
    """Return a port that is free."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


@contextmanager
def laid(world: World, *, weather: DeliveryFaults | None = None, seed: int = 0, **options: str) -> Iterator[Line]:
    """Lay the line: the config names the address and the sender's key. Polling is so seldom that it finds nothing."""
    port = free_port()
    url = f"http://127.0.0.1:{port}/webhooks"
    sender = Sender(url, world.gh.location_id, weather=weather, seed=seed, pause=0.1, tries=10_000)
    world.options |= {"every": '"6h"', "reconcile": '"off"'}
    keys = {"listen": f'"127.0.0.1:{port}"', "ed25519_key": f'"{sender.keys.ed25519}"', **options}
    lines = "\n".join(f"{key} = {value}" for key, value in keys.items())
    world.tables = f"{LOUD}[webhooks]\n{lines}\n{world.tables}"
    with sender:
        world.gh.send_event = sender
        try:
            yield Line(world, sender, ("127.0.0.1", port))
        finally:
            world.gh.send_event = None


@contextmanager
def listening(line: Line) -> Iterator[Daemon]:
    """Start the daemon, and wait until it listens and a first run has ended."""
    with started(line.world) as daemon:
        daemon.wait("listening")
        daemon.wait("run ended", status="ok")
        yield daemon
