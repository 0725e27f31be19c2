"""Create the custom fields that values need on a side, before the first of them is written (R23)."""

from collections.abc import Sequence

from sync.contacts.context import Context
from sync.streams.connection import Side


def prepare(context: Context, side: Side, names: frozenset[str]) -> Sequence[str]:
    """Create the missing custom fields that these values and the marker need, and report them. Return their keys."""
    lacking = side.connector.fields_without_place
    created = side.connector.create_places(names)
    if created:
        context.findings.created_places[side.name] = (
            context.findings.created_places.get(side.name, frozenset()) | lacking - side.connector.fields_without_place
        )
        context.findings.fields_created.setdefault(side.account, []).extend(created)
        context.run.progress.note(f"{side.account}: created the custom fields {', '.join(created)}")
    return created
