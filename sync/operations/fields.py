"""`sync fields`: the fields of every connection, what could be mapped, and the lines for the config (R47)."""

import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

from sync.config.model import Config, parse
from sync.engine.field_places import ConnectionFields
from sync.engine.field_suggestions import Suggestion
from sync.engine.field_table import FieldEnd, FieldRow
from sync.errors import UsageError

Document = dict[str, Any]

COLUMNS: Final = (
    "connection", "field", "left_place", "left_type", "left_values", "right_place", "right_type", "right_values",
    "direction", "conflicts", "transform", "problems",
)  # fmt: skip


def fields_document(found: Sequence[ConnectionFields]) -> Document:
    """Return the fields of each connection as JSON."""
    return {
        "connections": [
            {"name": one.connection.name, "fields": [_field(one, row) for row in one.rows]} for one in found
        ]
    }


def fields_csv(document: Document) -> Iterator[str]:
    """Yield the same as lines of CSV, with a heading."""
    yield _csv_line(COLUMNS)
    for connection in document["connections"]:
        for one in connection["fields"]:
            ends = [
                cell
                for end in (one["left"], one["right"])
                for cell in (end["place"] or "", end["type"], str(end["values"]))
            ]
            rest = (one["direction"], one["conflicts"], one["transform"], "; ".join(one["problems"]))
            yield _csv_line((connection["name"], one["field"], *ends, *rest))


def suggestions_document(found: Sequence[Suggestion], config: Config) -> Document:
    """Return the proposals as JSON, each with its lines for the config."""
    return {
        "suggestions": [
            {**asdict(one), "config": config_line(one, config)} for one in found
        ],
        "written": None,
    }  # fmt: skip


def config_line(one: Suggestion, config: Config) -> str:
    """Return the line for the table `contacts.fields` of the connection."""
    keys = ", ".join(f"{key} = {_toml_text(value)}" for key, value in _keys(one, config).items())
    return f"{one.name} = {{ {keys} }}"


def write_suggestions(path: Path, found: Sequence[Suggestion], config: Config) -> None:
    """Add the proposals to the config file, and keep everything else in it, comments included.

    Raises ConfigError, and changes nothing, where the result would not be a valid config; UsageError where the file
    cannot be written.
    """
    import tomlkit

    document: Any = tomlkit.parse(path.read_text(encoding="utf-8"))
    for one in found:
        contacts = document["connections"][one.connection].setdefault("contacts", tomlkit.table())
        fields = contacts.setdefault("fields", tomlkit.table())
        line = tomlkit.inline_table()
        line.update(_keys(one, config))
        fields[one.name] = line
    text = tomlkit.dumps(document)
    parse(text, path)
    draft = path.with_name(f"{path.name}.new")
    try:
        # The draft gets the permissions of the file, which may hold secrets, before anything is in it.
        draft.touch(mode=0o600)
        draft.chmod(path.stat().st_mode)
        draft.write_text(text, encoding="utf-8")
        draft.replace(path)
    except OSError as error:
        raise UsageError(f"{path}: can't be written ({error.strerror})") from None
    finally:
        draft.unlink(missing_ok=True)


def _field(found: ConnectionFields, row: FieldRow) -> Document:
    counts = found.counts
    return {
        "field": row.name,
        "left": _end(row.left, counts["left"][row.name]),
        "right": _end(row.right, counts["right"][row.name]),
        "direction": row.direction,
        "conflicts": row.conflicts,
        "transform": row.transform,
        "problems": list(row.problems),
    }


def _end(end: FieldEnd, values: int) -> Document:
    place = end.place
    return {
        "account": end.account,
        "place": end.written,
        "exists": place is not None,
        "type": end.type,
        "kind": place.kind if place is not None else "",
        "options": list(place.options) if place is not None else [],
        "writable": place is not None and place.writable,
        "values": values,
    }


def _keys(one: Suggestion, config: Config) -> dict[str, str]:
    """Return the keys of a proposed field: the kinds of both systems, or the accounts where both have one kind."""
    connection = config.connections[one.connection]
    accounts = (connection.left, connection.right)
    kinds = [config.accounts[name].connector for name in accounts]
    named = accounts if kinds[0] == kinds[1] else kinds
    direction = {} if one.direction is None else {"direction": one.direction}
    return {named[0]: one.left, named[1]: one.right, "type": one.type, **direction}


def _toml_text(value: str) -> str:
    import json

    return json.dumps(value, ensure_ascii=False)


def _csv_line(cells: Sequence[str]) -> str:
    written = io.StringIO()
    csv.writer(written, lineterminator="").writerow(cells)
    return written.getvalue()
