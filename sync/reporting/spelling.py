"""How everything that people and scripts read spells a time, and a record as a whole.

Apart from the report, since lists and `sync status` need no more of it, and have to start quickly.
"""

from datetime import UTC, datetime

WHOLE = "*"
"""The field of what is about a record as a whole: that it was made or deleted."""


def time_text(moment: datetime) -> str:
    """Render an aware time as the documents do: ISO 8601 in UTC, as fine as it is, with a Z."""
    return moment.astimezone(UTC).replace(tzinfo=None).isoformat() + "Z"
