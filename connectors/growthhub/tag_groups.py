"""Keep a field as one tag out of a group: "stage:replied" is the stage "replied".

Rules kept here:
- a tag belongs to the group with its beginning, compared without case. It is none of the canonical `tags`;
- one tag of a group is the value, none is empty. Several are several values, and none of them is chosen;
- a value is written in lower case, as GrowthHub keeps tags. All other tags are left alone.
"""

from collections.abc import Iterable, Mapping
from itertools import chain

from connectors.contact import Fields, Value

Tags = tuple[str, ...]


class TagGroups:
    """The groups of a location: the beginning of the tags of each field."""

    def __init__(self, prefixes: Mapping[str, str]) -> None:
        self._prefixes = dict(prefixes)
        self.names = frozenset(prefixes)

    def values(self, tags: Iterable[str]) -> dict[str, Value]:
        """Return the value of each field, None where no tag shows one."""
        found: dict[str, dict[str, str]] = {name: {} for name in self._prefixes}
        for tag in tags:
            name = self._group(tag)
            value = tag[len(self._prefixes[name]) :].strip() if name else ""
            if name and value:
                found[name].setdefault(value.casefold(), value)
        return {name: _one_or_several(tuple(each.values())) for name, each in found.items()}

    def plain(self, tags: Iterable[str]) -> Tags:
        """Return the tags that belong to no group."""
        return tuple(tag for tag in tags if self._group(tag) is None)

    def wanted(self, before: Tags, changes: Fields) -> Tags:
        """Return all tags of a contact that had the tags `before`, after the canonical changes."""
        plain = changes["tags"] if "tags" in changes else self.plain(before)
        kept = [tag for tag in before if (name := self._group(tag)) is not None and name not in changes]
        said = [self._tags(name, changes[name]) for name in self._prefixes if name in changes]
        return (*(plain if isinstance(plain, tuple) else ()), *kept, *chain.from_iterable(said))

    def _tags(self, name: str, value: Value) -> Tags:
        """Return the tags that show the value of a field."""
        values = value if isinstance(value, tuple) else (value,)
        return tuple(f"{self._prefixes[name]}{each}".lower() for each in values if each)

    def _group(self, tag: str) -> str | None:
        folded = tag.casefold()
        return next((name for name, start in self._prefixes.items() if folded.startswith(start.casefold())), None)


def _one_or_several(values: Tags) -> Value:
    return values[0] if len(values) == 1 else tuple(sorted(values, key=str.casefold)) or None
