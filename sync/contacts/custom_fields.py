"""The places that values need on the other side, made before the first of them is written (R23)."""

from collections.abc import Sequence

from sync.contacts.context import Context
from sync.streams.connection import Side


def prepare(context: Context, side: Side, names: frozenset[str]) -> Sequence[str]:
    """Make the custom fields that these values, and the marker, need and that are missing, and say so in the report.

    Return their keys.
    """
    lacking = side.connector.fields_without_place
    made = side.connector.create_places(names)
    if made:
        context.findings.created_places[side.name] = (
            context.findings.created_places.get(side.name, frozenset()) | lacking - side.connector.fields_without_place
        )
        context.findings.fields_created.setdefault(side.account, []).extend(made)
        context.run.progress.note(f"{side.account}: made the custom fields {', '.join(made)}")
    return made
