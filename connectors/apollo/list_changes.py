"""Which lists a contact is put on and taken from, and in how few calls that is done for many (R34). Pure.

`label_names` of a write replaces all lists of a contact: one that a person has added meanwhile would be
lost. Calls that add and remove touch nothing else, and many contacts share one.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import TypeVar

from connectors.apollo.directory import Directory
from connectors.apollo.mapping import label_names
from connectors.records import Raw
from connectors.values import labels

ItemT = TypeVar("ItemT")
Names = tuple[str, ...]


def list_changes(current: Raw, wanted: Iterable[str], lists: Directory) -> tuple[Names, Names]:
    """Return the lists that a contact is not on yet, and those that it is on and shall not be, each in order."""
    had = {labels.key(name): name for name in label_names(current, lists)}
    named = {labels.key(name): name for name in wanted}
    added = tuple(named[key] for key in sorted(named.keys() - had.keys()))
    return added, tuple(had[key] for key in sorted(had.keys() - named.keys()))


def changed_lists(now: Raw, names: Names, lists: Directory, *, adding: bool) -> list[str] | None:
    """Return all lists of a contact after a change, None where one of those that it is on has no name."""
    had = label_names(now, lists)
    if len(had) < len(now.get("label_ids") or ()):
        return None
    keys = {labels.key(name) for name in names}
    kept = [name for name in had if labels.key(name) not in keys]
    return [*kept, *names] if adding else kept


def in_few_calls(wanted: Sequence[tuple[Names, ItemT]]) -> dict[Names, list[ItemT]]:
    """Return the calls for many contacts, each with its lists: one for each set of lists, or for each list if fewer."""
    by_set: dict[Names, list[ItemT]] = defaultdict(list)
    by_name: dict[Names, list[ItemT]] = defaultdict(list)
    for names, item in wanted:
        if names:
            by_set[names].append(item)
        for name in names:
            by_name[name,].append(item)
    return by_name if len(by_name) < len(by_set) else by_set
