"""Keep the update time from before our own write for the fields that were open then (R40). Pure.

Our own write moves the update time of a record. A run that is cut off between two writes to one contact would then not
know when the record changed, and `newest` would ask a person. So both sides keep, for each field that is not settled,
the value that they showed and its time. Rules kept here:
- a kept time counts as long as the side shows exactly that value;
- it is dropped when the field is settled. A blank that was never agreed has none, since it wins over nothing;
- it is stored on the server's clock, because ours may be set meanwhile (`offset`: seconds that the server is ahead);
- sets are merged element by element and need no time.
"""

import json
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import Any

from connectors.contact import SET_FIELDS, Fields, Value, same
from sync.rules import contact_codec, shadow_codec
from sync.rules.conflict_policy import correct, uncorrect
from sync.rules.merge_result import SideView

Kept = Mapping[str, tuple[Value, datetime]]
"""By field: the value that a side showed and its time, on our clock."""


def open_fields(names: Iterable[str], left: SideView, right: SideView) -> frozenset[str]:
    """Return the fields on which the two sides do not agree as they stand."""
    return frozenset(
        name for name in names if name not in SET_FIELDS and not (_is_settled(left, name) and _is_settled(right, name))
    )


def of_view(view: SideView, names: Collection[str], now: Fields | None = None) -> Kept:
    """Return the values and times of a side in these fields; with `now`, only of those that the side still shows."""
    shown = [name for name in names if name in view.now and (view.now[name] is not None or name in view.base)]
    found = {name: (view.now[name], view.time_of(name)) for name in shown}
    kept = {name: (value, time) for name, (value, time) in found.items() if time is not None}
    return kept if now is None else {name: kept[name] for name in still_shown(kept, now)}


def still_shown(kept: Kept, now: Fields) -> dict[str, datetime]:
    """Return the times of the fields in which a side still shows the kept value."""
    return {name: time for name, (value, time) in kept.items() if name in now and same(name, now[name], value)}


def without(kept: Kept, names: Collection[str]) -> Kept:
    """Return what is kept of all other fields."""
    return {name: entry for name, entry in kept.items() if name not in names}


def render(kept: Kept, offset: float) -> dict[str, list[Any]]:
    """Return JSON content: by field, the value and its time in milliseconds on the server's clock."""
    return {name: [value, contact_codec.to_ms(uncorrect(time, offset))] for name, (value, time) in kept.items()}


def encode(kept: Kept, offset: float) -> str | None:
    """Return the JSON text for a link, None where there is nothing to keep."""
    return json.dumps(render(kept, offset), ensure_ascii=False) if kept else None


def read(content: Mapping[str, Any], offset: float) -> Kept:
    """Read the content that `render` returns."""
    times = {
        name: (shadow_codec.value_of(value), correct(contact_codec.from_ms(ms), offset))
        for name, (value, ms) in content.items()
    }
    return {name: (value, time) for name, (value, time) in times.items() if time is not None}


def decode(text: str | None, offset: float) -> Kept:
    """Read the JSON text of a link."""
    return read(json.loads(text), offset) if text else {}


def _is_settled(view: SideView, name: str) -> bool:
    return name in view.base and not view.changed(name)
