"""The time that a record showed before our own write, kept for the fields that were open then (R40). Pure.

Our own write moves the update time of a record. A run that is cut off between two writes to one person would then no
longer know when the record was changed, and `newest` would have to ask a person. So, for each field that is not
settled, both sides keep the value that they showed and the time that counted for it. Rules kept here:
- a kept time counts as long as the side shows the very value that it showed then;
- it goes when the field is settled; a blank that was never agreed on has none, since it wins over nothing;
- it is stored on the server's clock (`offset` is by how many seconds that is ahead), since ours may be set meanwhile;
- sets are merged element by element and need no time.
"""

import json
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import Any

from connectors.contact import SET_FIELDS, Fields, Value, same
from sync.rules import contact_codec, shadow_codec
from sync.rules.conflict_policy import correct, uncorrect
from sync.rules.merge import SideView

Kept = Mapping[str, tuple[Value, datetime]]
"""By field: the value that a side showed, and the time that counted for it, on our clock."""


def open_fields(names: Iterable[str], left: SideView, right: SideView) -> frozenset[str]:
    """Return those of the fields on which both sides have not agreed as they stand."""
    return frozenset(
        name for name in names if name not in SET_FIELDS and not (_is_settled(left, name) and _is_settled(right, name))
    )


def of_view(view: SideView, names: Collection[str], now: Fields | None = None) -> Kept:
    """Return what a side showed in these fields, and still shows `now`, with the times that count for them."""
    shown = [name for name in names if name in view.now and (view.now[name] is not None or name in view.base)]
    found = {name: (view.now[name], view.time_of(name)) for name in shown}
    kept = {name: (value, time) for name, (value, time) in found.items() if time is not None}
    return kept if now is None else {name: kept[name] for name in still_shown(kept, now)}


def still_shown(kept: Kept, now: Fields) -> dict[str, datetime]:
    """Return the times of the fields in which a side shows the value that it showed then."""
    return {name: time for name, (value, time) in kept.items() if name in now and same(name, now[name], value)}


def without(kept: Kept, names: Collection[str]) -> Kept:
    """Return what is kept of all other fields."""
    return {name: entry for name, entry in kept.items() if name not in names}


def render(kept: Kept, offset: float) -> dict[str, list[Any]]:
    """Return it as JSON keeps it: by field, the value and milliseconds."""
    return {name: [value, contact_codec.to_ms(uncorrect(time, offset))] for name, (value, time) in kept.items()}


def encode(kept: Kept, offset: float) -> str | None:
    """Return it as text for a link, None where there is nothing to keep."""
    return json.dumps(render(kept, offset), ensure_ascii=False) if kept else None


def read(content: Mapping[str, Any], offset: float) -> Kept:
    """Read it from JSON."""
    times = {
        name: (shadow_codec.value_of(value), correct(contact_codec.from_ms(ms), offset))
        for name, (value, ms) in content.items()
    }
    return {name: (value, time) for name, (value, time) in times.items() if time is not None}


def decode(text: str | None, offset: float) -> Kept:
    """Read it from the text of a link."""
    return read(json.loads(text), offset) if text else {}


def _is_settled(view: SideView, name: str) -> bool:
    return name in view.base and not view.changed(name)
