"""`python -m sync`, and what the installed commands call."""

import sys

from sync import cli


def main() -> None:
    """End the process with the exit code of its command line."""
    sys.exit(cli.main())


if __name__ == "__main__":
    main()
