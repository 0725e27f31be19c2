"""G8: how many signed webhooks a second the daemon answers on one core, each of them on the disk before it is."""

import json
import os
import socket
import sqlite3
import subprocess
import sys
import time
from base64 import b64encode
from contextlib import closing, contextmanager
from hashlib import blake2b
from typing import TYPE_CHECKING, Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from benchmarks.goals import Row
from benchmarks.linked_worlds import LinkedWorlds
from benchmarks.process_cost import ENVIRONMENT, ROOT
from benchmarks.webhook_load import webhook_id
from benchmarks.worlds import World
from sync.webhooks.receiver import DIGEST_BYTES

if TYPE_CHECKING:
    from collections.abc import Iterator

EVENTS = 20_000
CONNECTIONS = 32
PEOPLE = 10
ROUNDS = 3
FIRST, LAST = 0, -1
"""The core of the daemon, and that of the sender; the servers use both."""

Result = dict[str, Any]

WEBHOOKS = """every = "6h"
[webhooks]
listen = "127.0.0.1:{port}"
queue = 100000
ed25519_key = "{key}"
"""


def measure(worlds: LinkedWorlds) -> list[Row]:
    """Compare with V, the same server answering without any work; daemon and sender have a core each."""
    count = EVENTS // 10 if worlds.quick else EVENTS
    heard = [_measured(count) for _ in range(ROUNDS)]
    floors = [_floor(count) for _ in range(ROUNDS)]
    heard.sort(key=lambda one: one["seconds"])
    floors.sort(key=lambda one: one["seconds"])
    ours, floor = heard[ROUNDS // 2], floors[ROUNDS // 2]
    lost = max(one["lost"] for one in heard)
    note = f"{count / ours['seconds']:,.0f} a second, slowest round {count / heard[-1]['seconds']:,.0f}"
    return [
        Row("G8", "seconds for 1,000 signed webhooks on one core", ours["seconds"] / count * 1000, 1.0, 0.5, note),
        Row("G8", "the same, x V", ours["seconds"] / floor["seconds"],
            note=f"V {count / floor['seconds']:,.0f} a second"),
        Row("G8", "webhooks answered with 200 that are not in the state", lost, 0, 0, f"of {ROUNDS * count:,}"),
    ]  # fmt: skip


def _measured(count: int) -> Result:
    """Return the result of a daemon that reads the contacts meanwhile, and is killed afterwards."""
    signing = Ed25519PrivateKey.generate()
    public = signing.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    port = _free_port()
    with World(PEOPLE, on_both=True) as world:
        with world.config.open("a") as file:
            file.write(WEBHOOKS.format(port=port, key=b64encode(public).decode()))
        with _on_a_core(FIRST, "-m", "sync", "daemon", "--config", str(world.config)) as daemon:
            _wait_for(port)
            result = _send(port, world.places["location"], count, signing)
            daemon.kill()
        result["lost"] = count - _kept(world, count)
    if result["statuses"] != {"200": count}:
        raise RuntimeError(f"not every webhook was taken: {result['statuses']}")
    return result


def _kept(world: World, count: int) -> int:
    """Return how many of the webhooks that were sent the state knows."""
    location = world.places["location"]
    ids = (f"{location} {webhook_id(number)}".encode() for number in range(count))
    digests = {blake2b(each, digest_size=DIGEST_BYTES).digest() for each in ids}
    with closing(sqlite3.connect(world.state)) as db:
        return len(digests & {row[0] for row in db.execute("SELECT digest FROM webhook")})


def _floor(count: int) -> Result:
    with _on_a_core(FIRST, "-m", "benchmarks.floors.webhooks") as process:
        port = process.stdout.readline() if process.stdout is not None else ""
        return _send(int(port), "nowhere", count, Ed25519PrivateKey.generate())


def _send(port: int, location: str, count: int, signing: Ed25519PrivateKey) -> Result:
    key = signing.private_bytes_raw().hex()
    with _on_a_core(
        LAST, "-m", "benchmarks.webhook_load", str(port), location, str(count), key, str(CONNECTIONS)
    ) as sender:
        result: Result = json.loads(sender.communicate()[0])
    return result


@contextmanager
def _on_a_core(which: int, *arguments: str) -> "Iterator[subprocess.Popen[str]]":
    """Run this Python on one core until the block ends."""
    process = subprocess.Popen(
        [sys.executable, *arguments], cwd=ROOT, env=ENVIRONMENT, text=True,
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    os.sched_setaffinity(process.pid, {sorted(os.sched_getaffinity(0))[which]})  # and so all threads that it will have
    try:
        yield process
    finally:
        process.terminate()
        process.communicate()


def _wait_for(port: int) -> None:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        try:
            socket.create_connection(("127.0.0.1", port)).close()
        except ConnectionRefusedError:
            time.sleep(0.05)
        else:
            return
    raise RuntimeError("the daemon does not listen")


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])
