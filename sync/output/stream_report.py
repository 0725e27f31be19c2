"""The report of one stream of a run: what was counted at each account, and the window that was read."""

from dataclasses import asdict, dataclass, field
from typing import Any

from connectors.records import Window
from sync.output.formats import time_text


@dataclass(slots=True)
class Counts:
    """Records read from an account, and records created, updated and deleted *there*."""

    read: int = 0
    created: int = 0
    updated: int = 0
    deleted: int = 0


@dataclass(slots=True)
class StreamReport:
    """One stream of a run. `accounts` and `windows` are keyed by account name, left first.

    `conflicts` and `failed` count what is listed and not settled after the run. `kept` counts, by account, the records
    that an undone run had created and that stay.
    """

    accounts: dict[str, Counts]
    windows: dict[str, Window | None] = field(default_factory=dict)
    unchanged: int = 0
    conflicts: int = 0
    failed: int = 0
    unmapped: int = 0
    left_out: int = 0
    kept: dict[str, int] = field(default_factory=dict)

    @property
    def is_busy(self) -> bool:
        """Return whether anything was written, would be written, or failed."""
        written = (one.created + one.updated + one.deleted for one in self.accounts.values())
        return any(written) or bool(self.failed)

    def to_json(self) -> dict[str, Any]:
        """Return the object of one stream."""
        return {
            "window": {account: window_json(self.windows.get(account)) for account in self.accounts},
            **{account: asdict(counts) for account, counts in self.accounts.items()},
            "unchanged": self.unchanged,
            "conflicts": self.conflicts,
            "failed": self.failed,
            "unmapped": self.unmapped,
            "left_out": self.left_out,
        }


def window_json(window: Window | None) -> dict[str, str | None] | None:
    """Return a window as it stands in the JSON of a run."""
    if window is None:
        return None
    return {"from": time_text(window.start), "to": time_text(window.end) if window.end else None}


def without_empty(content: dict[str, Any], key: str) -> dict[str, Any]:
    """Return the content without a key that is empty."""
    return {name: value for name, value in content.items() if value or name != key}
