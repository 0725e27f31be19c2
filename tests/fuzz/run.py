"""Run episodes until enough answers were changed: `python -m tests.fuzz.run --answers 10000`.

A seed that breaks something is printed with what it broke; `--seed N` repeats that episode. Ends with 1 for any.
"""

import argparse
import random
import sys
import tempfile
from pathlib import Path

from tests.fuzz.episode import lead


def main() -> int:
    """Do what the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--answers", type=int, default=10_000)
    parser.add_argument("--seed", type=int, action="append", help="lead this episode, and no other")
    parser.add_argument("--first", type=int, help="the first seed; the others follow it")
    arguments = parser.parse_args()
    first = random.SystemRandom().randrange(2**31) if arguments.first is None else arguments.first
    answers = failed = led = 0
    while answers < arguments.answers:
        if arguments.seed is not None and led == len(arguments.seed):
            break
        seed = first + led if arguments.seed is None else arguments.seed[led]
        with tempfile.TemporaryDirectory() as folder:
            episode = lead(seed, Path(folder))
        led, answers, failed = led + 1, answers + episode.answers, failed + bool(episode.wrong)
        if episode.wrong or arguments.seed:
            changes = episode.changes if arguments.seed else ()
            lines = "\n  ".join([*dict.fromkeys(episode.wrong), *episode.said, *changes])
            sys.stdout.write(f"seed {seed}: python -m tests.fuzz.run --seed {seed}\n  {lines}\n")
            sys.stdout.flush()
    sys.stdout.write(f"{answers} changed answers in {led} episodes from seed {first}, {failed} broke something\n")
    return int(failed > 0)


if __name__ == "__main__":
    raise SystemExit(main())
