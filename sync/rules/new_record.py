"""What of a person goes to a side on which the person is about to be made. Pure."""

from dataclasses import dataclass, field

from connectors.contact import SET_FIELDS, Fields, Value
from sync.rules import do_not_contact
from sync.rules.mapping import Rules
from sync.rules.sets import without
from sync.rules.translation import NAMELESS


@dataclass(frozen=True, slots=True)
class NewRecord:
    """The values of a new person, and the fields that stay behind: both sides have yet to meet there.

    `owed` are values that the side has no place for now (R41).
    """

    changes: dict[str, Value]
    withheld: frozenset[str]
    owed: dict[str, Value] = field(default_factory=dict)


def making(rules: Rules, fields: Fields, target: str) -> NewRecord:
    """Return what goes to the side 'left' or 'right': what may, has a name there, and makes nobody contacted (R17)."""
    changes: dict[str, Value] = {}
    owed: dict[str, Value] = {}
    withheld = set()
    for name, shown in fields.items():
        value = without(shown, rules[name].reserved) if name in SET_FIELDS and name in rules else shown
        if value is None or name not in rules or not (rules[name].to(target) or rules[name].owes(target)):
            continue
        carried = rules[name].carried(value, target)
        if carried is NAMELESS:
            withheld.add(name)
        elif rules[name].owes(target):
            owed[name] = carried
        else:
            changes[name] = carried
    for name in do_not_contact.undone(rules, target, {}, {}, changes):
        del changes[name]
        withheld.add(name)
    if do_not_contact.is_told(rules, target, changes):
        withheld.add(do_not_contact.FIELD)
    return NewRecord(changes, frozenset(withheld), owed)
