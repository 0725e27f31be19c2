"""How everything that people and scripts read spells a time, and a record as a whole.

Apart from the report, since lists and `sync status` need no more of it, and have to start quickly.
"""

from datetime import UTC, datetime

WHOLE = "*"
"""The field of what is about a record as a whole: that it was made or deleted."""


AUTOMATIONS = (
    "Creating people and changing their tags can start workflows of a system, which may write to these people. Check "
    "its triggers first, or let them leave out who bears a tag: create_tags puts tags on everybody that a run creates."
)
"""What a person should know before a first run."""


def time_text(moment: datetime) -> str:
    """Render an aware time as the documents do: ISO 8601 in UTC, as fine as it is, with a Z."""
    return moment.astimezone(UTC).replace(tzinfo=None).isoformat() + "Z"
