"""`python -m sync`, and what the installed commands call."""

import gc
import sys

YOUNG = 20_000
"""Objects that come into being before Python looks for rings of dead ones: records hold none, and a page has many."""


def main() -> None:
    """End the process with the exit code of its command line."""
    gc.set_threshold(YOUNG)
    from sync import cli

    code = cli.main()
    gc.freeze()  # the process ends: looking through all that is alive for rings of dead objects would be for nothing
    sys.exit(code)


if __name__ == "__main__":
    main()
