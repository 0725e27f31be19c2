"""`python -m benchmarks [NAMES] [--quick]`: measure, print the figures beside their goals; 1 where one fails."""

import argparse
import sys
from collections.abc import Callable, Mapping
from contextlib import ExitStack

from benchmarks import (
    daemon,
    first_sync,
    full_read,
    idle_run,
    many_fields,
    memory,
    message_sync,
    rate_limit,
    rehearsal,
    start_up,
    webhooks,
)
from benchmarks.goals import Row, table
from benchmarks.linked_worlds import LinkedWorlds

BENCHMARKS: Mapping[str, Callable[[LinkedWorlds], list[Row]]] = {
    "g1": full_read.measure,
    "g2": first_sync.measure,
    "g3": memory.measure,
    "g4": start_up.measure,
    "g5": rate_limit.measure,
    "g6": idle_run.measure,
    "g6c": daemon.measure,
    "g7": message_sync.measure,
    "g8": webhooks.measure,
    "g9": rehearsal.measure,
    "g10": many_fields.measure,
}


def main() -> int:
    """Measure what was asked for."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(BENCHMARKS)}; all unless named")
    parser.add_argument("--quick", action="store_true", help="fewer people: minutes become seconds, noise grows")
    given = parser.parse_args()
    unknown = set(given.names) - BENCHMARKS.keys()
    if unknown:
        parser.error(f"no such benchmark: {', '.join(sorted(unknown))}")
    rows: list[Row] = []
    with ExitStack() as stack:
        worlds = LinkedWorlds(stack, quick=given.quick)
        for name in given.names or BENCHMARKS:
            print(f"measuring {name} ...", file=sys.stderr, flush=True)
            rows += BENCHMARKS[name](worlds)
    print("\n".join(table(rows)))
    return int(any(row.verdict == "FAIL" for row in rows))


if __name__ == "__main__":
    sys.exit(main())
