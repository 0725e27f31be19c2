"""Decide which values of a contact go into the record that is created on the other side. Pure."""

from dataclasses import dataclass, field

from connectors.contact import SET_FIELDS, Fields, Value
from sync.rules import do_not_contact
from sync.rules.mapping import Rules
from sync.rules.sets import without
from sync.rules.translation import NO_TRANSLATION
from sync.rules.typed_fields import TypedField


@dataclass(frozen=True, slots=True)
class NewRecord:
    """The values of a new record, and the fields that are left out: they are a first meeting later.

    `owed` are values that the side has no place for now (R41).
    """

    changes: dict[str, Value]
    withheld: frozenset[str]
    owed: dict[str, Value] = field(default_factory=dict)


def unshared_fields(rules: Rules, target: str, shown: Fields, sent: Fields) -> frozenset[str]:
    """Return the fields of a new record on the side `target` that its source has to get, and does not know yet.

    They are do_not_contact where the record forbids contact by itself, what is computed from the new record (R48), and
    what a mapped field can only read there, such as an id (R47). Other values that a server fills in are agreed.
    """
    source = "right" if target == "left" else "left"
    one_way = {
        name
        for name, rule in rules.items()
        if isinstance(rule.exchange, TypedField) and rule.to(source) and not rule.to(target) and shown.get(name)
    }
    return do_not_contact.unshared_consent(rules, source, shown, sent) | one_way


def plan_new_record(rules: Rules, fields: Fields, target: str) -> NewRecord:
    """Return the values for 'left' or 'right': what may go there and has a translation (R17).

    A value that would allow contact again is left out (P9).
    """
    changes: dict[str, Value] = {}
    owed: dict[str, Value] = {}
    withheld = set()
    for name, shown in fields.items():
        rule = rules.get(name)
        if shown is None or rule is None or not (rule.to(target) or rule.owes(target)):
            continue
        value = without(shown, rule.reserved) if name in SET_FIELDS else shown
        if value is None:
            continue
        carried = rule.carried(value, target)
        if carried is NO_TRANSLATION:
            withheld.add(name)
        elif rule.owes(target):
            owed[name] = carried
        else:
            changes[name] = carried
    for name in do_not_contact.consent_reversals(rules, target, {}, {}, changes):
        del changes[name]
        withheld.add(name)
    if do_not_contact.is_said_by_stage(rules, target, changes):
        withheld.add(do_not_contact.FIELD)
    return NewRecord(changes, frozenset(withheld), owed)
