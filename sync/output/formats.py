"""The format of times, and the field name of a whole record, in all output.

Separate from the report, because lists and `sync status` need only this and must start fast.
"""

from datetime import UTC, datetime

from sync.rules.contact_codec import from_ms

WHOLE = "*"
"""The field name for a record as a whole: that it was created or deleted."""


AUTOMATIONS = (
    "Creating contacts and changing their tags can start workflows of a system, which may send messages to them. "
    "Check the triggers of the workflows first, or exclude contacts with a tag: create_tags adds tags to every contact "
    "that a run creates."
)
"""What a user should know before a first run."""


def time_text(moment: datetime) -> str:
    """Return an aware time as the documents show it: ISO 8601 in UTC with a Z, not rounded."""
    return moment.astimezone(UTC).replace(tzinfo=None).isoformat() + "Z"


def ms_text(milliseconds: int | None) -> str | None:
    """Return a time of the state, in milliseconds since 1970, as the documents show it; None for None."""
    moment = from_ms(milliseconds)
    return None if moment is None else time_text(moment)
