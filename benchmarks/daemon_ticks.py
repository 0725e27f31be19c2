"""`python -m benchmarks.daemon_ticks CONFIG TICKS`: the daemon's work at each idle tick, without the waits.

It prints one JSON line: CPU per tick in milliseconds (the median of ten parts), and megabytes of memory after a tenth
of the ticks and at the end. Starting up is not counted.
"""

import gc
import json
import os
import resource
import sys
import time
from contextlib import closing
from pathlib import Path
from statistics import median

from connectors.clock import SystemClock
from state.file import StateFile
from sync.__main__ import YOUNG
from sync.config.model import load
from sync.daemon.cancellation import StopSignal
from sync.daemon.daemon import Daemon
from sync.output.log_format import logging_to

PARTS = 10


def main() -> None:
    """Tick."""
    path, ticks = Path(sys.argv[1]), int(sys.argv[2])
    gc.set_threshold(YOUNG)
    config = load(path)
    daemon = Daemon(config, StopSignal(), SystemClock())
    with (
        closing(StateFile.open(config.state.path)),
        Path(os.devnull).open("w", encoding="utf-8") as log,
        logging_to(log, "info", "json"),
    ):
        daemon.start(paused=True)
        (stream,) = daemon.streams()
        costs, sizes = [], []
        for _ in range(PARTS):
            began = time.process_time()
            for _ in range(ticks // PARTS):
                daemon.tick(stream.key)
            costs.append((time.process_time() - began) / (ticks // PARTS) * 1000)
            sizes.append(resident())
        if stream.standing.delayed:
            raise RuntimeError(stream.standing.delayed)
        daemon.end(1.0)
    print(json.dumps({"cpu": median(costs), "first": sizes[0], "last": sizes[-1]}))


def resident() -> float:
    """Return the megabytes of memory that this process holds now."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * resource.getpagesize() / 1_000_000


if __name__ == "__main__":
    main()
