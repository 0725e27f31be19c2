"""The shape of the JSON in each column: what the code that reads the column relies on.

Rules kept here:
- a value of a field is text, a list of texts, or null; `sync.streams.cell_checks` checks that it suits its field;
- keys that a later release added are optional, since files of earlier releases lack them.
"""

from collections.abc import Mapping
from typing import Final

from state.json_shapes import (
    Shape,
    by_name,
    either,
    is_anything,
    is_flag,
    is_object,
    is_text,
    is_whole_number,
    list_of,
    or_null,
    row_of,
    text_of,
    with_keys,
)

TEXTS: Final = list_of(is_text)
VALUE: Final = or_null(either(is_text, TEXTS))
VALUES: Final = by_name(VALUE)
SHADOW: Final = list_of(VALUE)
KEPT: Final = by_name(row_of(VALUE, or_null(is_whole_number)))
MEMORY: Final = is_object
"""What a connector remembers of a record: it checks the rest itself; or what the link of a message holds."""
DIGEST: Final = or_null(is_text)

CONTACT: Final = with_keys(
    {
        "id": is_text, "fields": VALUES, "created": or_null(is_whole_number), "updated": or_null(is_whole_number),
        "marker": or_null(is_text), "phones": TEXTS, "unmapped": by_name(is_text), "memory": MEMORY,
    },
    {"emails": TEXTS, "bare": is_flag},
)  # fmt: skip
MESSAGE: Final = with_keys({"id": is_text, "contact_id": is_text, "sent_at": or_null(is_whole_number)})

CREATE: Final = with_keys(
    {
        "shadow": text_of(SHADOW), "mapping": is_whole_number, "memory": MEMORY, "digest": DIGEST,
        "person": text_of(CONTACT),
    },
    {"withheld": TEXTS, "owed": VALUES, "enriched": TEXTS, "accepted": is_flag},
)  # fmt: skip
LOOK: Final = with_keys({"digest": is_text, "updated": or_null(is_whole_number), "others": is_text})
UPDATE: Final = with_keys(
    {
        "record": is_text, "run": is_text, "memory": or_null(MEMORY), "target": VALUES, "source": VALUES,
        "history": by_name(row_of(text_of(VALUE), is_text, or_null(is_text), at_least=2)),
    },
    {"look": or_null(LOOK), "kept": by_name(KEPT)},
)  # fmt: skip
DELETION: Final = with_keys({"record": is_text, "run": is_text, "rule": is_text, "old": text_of(is_object)})
COPY: Final = with_keys({"contact": is_text, "digest": DIGEST})
CHANGE_OF_COPY: Final = with_keys({"record": is_text, "rule": is_text, "old": or_null(is_text)})

INTENT_SOURCES: Final[Mapping[str, Shape]] = {
    "contacts": either(CREATE, UPDATE, DELETION),
    "messages": either(COPY, CHANGE_OF_COPY),
}
"""What `intent.source` holds, by stream."""
SENT: Final[Mapping[str, Shape]] = {
    "contacts": VALUES,
    "messages": with_keys(
        {"contact": is_text}, {"message": or_null(text_of(MESSAGE)), "content": is_text, "text": is_text}
    ),
}
"""What `intent.sent` holds, by stream."""

SHAPES: Final[Mapping[tuple[str, str], Shape]] = {
    ("account", "identity"): is_object,
    ("setting", "value"): is_anything,
    ("mapping", "fields"): TEXTS,
    ("person", "phones"): TEXTS,
    ("person", "more_emails"): TEXTS,
    ("link", "left_memory"): MEMORY,
    ("link", "right_memory"): MEMORY,
    ("link", "left_unmapped"): by_name(is_text),
    ("link", "right_unmapped"): by_name(is_text),
    ("link", "left_kept"): KEPT,
    ("link", "right_kept"): KEPT,
    ("intent", "sent"): either(*SENT.values()),
    ("intent", "source"): either(*INTENT_SOURCES.values()),
    ("conflict", "left_value"): VALUE,
    ("conflict", "right_value"): VALUE,
    ("failure", "blockers"): TEXTS,
    ("history", "old"): either(VALUE, is_object),
    ("history", "new"): VALUE,
    ("history", "shown"): VALUE,
    ("run", "report"): with_keys({}, {"streams": is_object, "requests": is_object, "errors": TEXTS}),
    ("company", "found"): VALUES,
    ("owed", "value"): VALUE,
}
"""The columns of JSON. A shadow is checked where its stream is known, since that of a message is no JSON."""
