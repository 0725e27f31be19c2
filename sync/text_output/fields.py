"""Fields and proposals as lines of text."""

from collections.abc import Iterator, Mapping
from typing import Any

from sync.output.text import aligned, indented, printable

Document = Mapping[str, Any]

HEADING = ("FIELD", "LEFT", "TYPE", "VALUES", "RIGHT", "TYPE", "VALUES", "DIRECTION", "CONFLICTS", "TRANSFORM")


def fields_lines(document: Document) -> Iterator[str]:
    """Yield a table for each connection, and below it what cannot be carried."""
    for connection in document["connections"]:
        yield f"{connection['name']}:"
        yield from indented(aligned([HEADING, *map(_row, connection["fields"])]))
        for one in connection["fields"]:
            for problem in one["problems"]:
                yield f"  {one['field']}: {printable(problem)}"


def suggestion_lines(document: Document) -> Iterator[str]:
    """Yield the lines for the config, each with its reason as a comment."""
    if not document["suggestions"]:
        yield (
            "nothing to propose: no two unused places have one name, or values that agree among linked contacts "
            "(before the first `sync run` no contact is linked)"
        )
    table = ""
    for one in document["suggestions"]:
        heading = f"[connections.{one['connection']}.contacts.fields]"
        if heading != table:
            table = heading
            yield heading
        compared = f", {one['agreeing']} of {one['compared']} contacts agree" if one["compared"] else ""
        yield f"{printable(one['config'])}  # {one['reason']}{compared}"
    if document["written"]:
        yield f"written to {document['written']}; `sync plan` shows what the next run does"
    elif document["suggestions"]:
        yield "add the lines that you want to the config, or all of them with: sync fields suggest --write"


def _row(one: Document) -> tuple[str, ...]:
    cells = [
        cell
        for end in (one["left"], one["right"])
        for cell in (end["place"] or "-", end["kind"] or end["type"], f"{end['values']:,}")
    ]
    return (one["field"], *cells, one["direction"], one["conflicts"], one["transform"])
