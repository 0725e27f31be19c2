"""That somebody may not be contacted: whoever says so first sets it, and no merge takes it back. Pure.

A system may have no field for it, but a stage or status of that name. Then both are one place there, and each of
them travels. Rules kept here:

- in a conflict over a stage "Do Not Contact" wins, whatever the policy is; under `manual` a person decides;
- as long as somebody may not be contacted, nothing takes the place of the only stage or status that says so: the other
  one is refused (R17) and stays where it is;
- where do_not_contact is about to be written and nothing says so yet, the stage is what it will be written as.
"""

from collections.abc import Mapping
from typing import Final

from connectors.contact import Fields, Value
from connectors.values.consent import SET, forbids
from sync.rules.mapping import FieldRule

FIELD: Final = "do_not_contact"
WRITTEN_AS: Final = "stage"
"""The field by which it is set where it has no place of its own."""


def tighter(rule: FieldRule, left: Value, right: Value, policy: str) -> str | None:
    """Return the side that alone says that the person may not be contacted, None where it is not about that."""
    if rule.tightens:
        return "left" if left is not None else "right"
    if policy == "manual":
        return None
    for side in rule.consent:
        says_left = forbids(left if side == "left" else rule.carried(left, side))
        says_right = forbids(right if side == "right" else rule.carried(right, side))
        if says_left != says_right:
            return "left" if says_left else "right"
    return None


def is_told(rules: Mapping[str, FieldRule], side: str, changes: Fields) -> bool:
    """Say whether a stage or a status alone will say so on a side: there it is news, and has yet to travel."""
    return FIELD not in changes and any(side in rules[name].consent and forbids(changes[name]) for name in changes)


def unheard(rules: Mapping[str, FieldRule], source: str, shown: Fields, sent: Fields) -> frozenset[str]:
    """Return do_not_contact where a record that was just created says so by itself, and its source does not know yet.

    A server may know of an address that it unsubscribed. What a server fills in is agreed on; this has to travel.
    """
    rule = rules.get(FIELD)
    is_news = shown.get(FIELD) == SET and sent.get(FIELD) != SET
    return frozenset({FIELD}) if is_news and rule is not None and rule.to(source) else frozenset()


def undone(rules: Mapping[str, FieldRule], side: str, now: Fields, base: Fields, changes: Fields) -> list[str]:
    """Return the changes of a side that would undo it there, by what it shows now and showed when both agreed.

    What it does not show now may have been said, and says nothing.
    """
    last = {**base, **now}
    if changes.get(FIELD, last.get(FIELD)) != SET:
        return []
    telling = [name for name, rule in rules.items() if side in rule.consent]
    if any(forbids(changes.get(name, now.get(name))) for name in telling):
        return []
    told = [name for name in telling if name in changes and forbids(last.get(name))]
    return told or [name for name in telling if name in changes and name == WRITTEN_AS and FIELD in changes]
