"""Keep long lists in temporary files, so that they need no memory (P7)."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import fields
from tempfile import TemporaryFile
from typing import Any

from sync.output.report import PlannedChange
from sync.rules.shadow_codec import value_of

FIELDS = tuple(one.name for one in fields(PlannedChange))


class Spool:
    """Planned changes in order, readable any number of times. The file is deleted with the object."""

    def __init__(self, changes: Iterable[PlannedChange]) -> None:
        # The plan outlives the staging database that it was read from.
        self._file = TemporaryFile("w+", encoding="utf-8")  # noqa: SIM115 (lives as long as the spool)
        for change in changes:
            # `asdict` would copy each value, which takes longer than to write it.
            content = {name: getattr(change, name) for name in FIELDS}
            self._file.write(json.dumps(content, ensure_ascii=False) + "\n")

    def __iter__(self) -> Iterator[PlannedChange]:
        """Yield the changes from the first one."""
        self._file.seek(0)
        for line in self._file:
            content = json.loads(line)
            yield PlannedChange(**{**content, "old": value_of(content["old"]), "new": value_of(content["new"])})


class ObjectSpool:
    """JSON objects in order, readable any number of times. The file is deleted with the object."""

    def __init__(self, objects: Iterable[dict[str, Any]]) -> None:
        self._file = TemporaryFile("w+", encoding="utf-8")  # noqa: SIM115 (lives as long as the spool)
        for one in objects:
            self._file.write(json.dumps(one, ensure_ascii=False) + "\n")

    def __iter__(self) -> Iterator[dict[str, Any]]:
        """Yield the objects from the first one."""
        self._file.seek(0)
        yield from map(json.loads, self._file)
