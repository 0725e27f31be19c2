"""Start the command line: `python -m sync`, and the installed commands."""

import gc
import sys

YOUNG = 20_000
"""New objects before Python looks for reference cycles. Records form no cycles, and a page of them is many objects."""


def main() -> None:
    """Run the command line and end the process with its exit code."""
    gc.set_threshold(YOUNG)
    from sync import cli

    code = cli.main()
    gc.freeze()  # the process ends, so a last search for reference cycles is wasted time
    sys.exit(code)


if __name__ == "__main__":
    main()
