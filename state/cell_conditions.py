"""The conditions in SQL that find damaged cells of a column: its type, its words, the range of its times, its JSON."""

import sqlite3
from collections.abc import Iterator
from typing import Final

from state.cell_shapes import SHAPES
from state.database import Database

KINDS: Final = {"INTEGER": "integer", "TEXT": "text", "BLOB": "blob"}
WORDS: Final = {"integer": "a whole number", "text": "text", "blob": "bytes"}
WORDS_OF: Final = {"side": ("left", "right"), "stream": ("contacts", "messages")}
"""Columns that hold one of a few words; some tables have rows without a stream."""
OF_NO_STREAM: Final = frozenset({"tally", "schedule", "told", "hint"})
EARLIEST_MS: Final = -62_135_596_800_000
LATEST_MS: Final = 253_402_300_799_999
"""The range of a datetime."""
UNKNOWN_FIELD: Final = """
  stream = 'contacts' AND typeof(field) = 'text' AND field <> '*' AND EXISTS (SELECT 1 FROM mapping)
  AND field NOT IN (
    SELECT substr(known.value, 1, instr(known.value || ' ', ' ') - 1)
    FROM mapping, json_each(CASE WHEN json_valid(fields) THEN fields ELSE '[]' END) AS known)
  AND NOT EXISTS (SELECT 1 FROM mapping WHERE NOT json_valid(fields))
"""
"""The condition for a conflict about a field that no mapping ever had: mappings of the past are kept.

A mapping has the configured place of a field behind its name and a space; a conflict has the name alone.
"""


def conditions_of(table: str, column: sqlite3.Row) -> Iterator[tuple[str, str]]:
    """Yield a condition for each kind of damage of a column, with its description."""
    name, kind = column["name"], KINDS.get(column["type"])
    if kind is not None:
        yield f"typeof({name}) NOT IN ('{kind}', 'null')", f"{WORDS[kind]} is expected"
    if name.endswith("_ms"):
        outside = f"typeof({name}) = 'integer' AND {name} NOT BETWEEN {EARLIEST_MS} AND {LATEST_MS}"
        yield outside, "there is no such time"
    words = None if name == "stream" and table in OF_NO_STREAM else WORDS_OF.get(name)
    if words is not None:
        listed = ", ".join(f"'{word}'" for word in words)
        yield f"typeof({name}) = 'text' AND {name} NOT IN ({listed})", f"{' or '.join(words)} is expected"
    if (table, name) in SHAPES:
        yield _no_json(name, ""), "JSON is expected"
    if (table, name) == ("conflict", "field"):
        yield UNKNOWN_FIELD, "the name of a field is expected"
    if table == "link" and name.endswith("_shadow"):
        fields = (
            "(SELECT json_array_length(m.fields) FROM mapping m WHERE m.id = link.mapping AND json_valid(m.fields))"
        )
        length = f"CASE WHEN {_no_json(name, 'array')} THEN -1 ELSE json_array_length({name}) END"
        yield (
            f"stream = 'contacts' AND typeof({name}) = 'text' AND {length} <> coalesce({fields}, {length})",
            ("a value for each field is expected"),
        )
        yield f"stream = 'contacts' AND {_no_json(name, 'array')}", "JSON (array) is expected"


def references_of(db: Database, table: str, column: str) -> Iterator[tuple[str, str]]:
    """Yield a condition for references of a column to rows that do not exist."""
    for key in db.execute(f"PRAGMA foreign_key_list({table})").fetchall():
        if key["from"] == column:
            named = f"SELECT {key['to']} FROM {key['table']}"
            yield f"{column} IS NOT NULL AND {column} NOT IN ({named})", f"there is no such row of {key['table']}"


def _no_json(name: str, shape: str) -> str:
    wrong = f"json_type({name}) <> '{shape}'" if shape else "0"
    # `json_valid` comes first and alone, since the other functions raise for what is no JSON.
    return f"typeof({name}) = 'text' AND CASE WHEN json_valid({name}) THEN {wrong} ELSE 1 END"
