"""Keep "do not contact" when either side says it (P9). Pure.

A system may have no field for it, but a stage or status of that name. There, both are one place, and each of them
travels as its own field. Rules kept here:

- in a conflict over a stage, "Do Not Contact" wins under every policy but `manual`, which asks a person;
- while a contact may not be contacted, the only stage or status that says so is not replaced: the new value is refused
  (R17) and stays where it is;
- when do_not_contact is about to be written and nothing says so yet, it will be written as the stage.
"""

from collections.abc import Mapping
from typing import Final

from connectors.contact import Fields, Value
from connectors.values.consent import SET, forbids
from sync.rules.mapping import FieldRule

FIELD: Final = "do_not_contact"
WRITTEN_AS: Final = "stage"
"""The field that carries do_not_contact at a system without a place for it."""


def stricter_side(rule: FieldRule, left: Value, right: Value, policy: str) -> str | None:
    """Return the only side that forbids contact in this conflict, None where the conflict is not about that."""
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


def is_said_by_stage(rules: Mapping[str, FieldRule], side: str, changes: Fields) -> bool:
    """Say whether only a stage or status in `changes` will forbid contact on a side: it has to travel then."""
    return FIELD not in changes and any(side in rules[name].consent and forbids(changes[name]) for name in changes)


def unshared_consent(rules: Mapping[str, FieldRule], source: str, shown: Fields, sent: Fields) -> frozenset[str]:
    """Return do_not_contact when a new record forbids contact by itself and its source does not know that yet.

    A server may know an address that unsubscribed. Other values that a server fills in are agreed; this one must
    travel.
    """
    rule = rules.get(FIELD)
    is_news = shown.get(FIELD) == SET and sent.get(FIELD) != SET
    return frozenset({FIELD}) if is_news and rule is not None and rule.to(source) else frozenset()


def consent_reversals(
    rules: Mapping[str, FieldRule], side: str, now: Fields, base: Fields, changes: Fields
) -> list[str]:
    """Return those of the `changes` that would allow contact again on a side.

    `now` is what the side shows, `base` is its shadow. A field that is not shown now counts with its shadow for what
    was said, and as saying nothing for what still stands.
    """
    last = {**base, **now}
    if changes.get(FIELD, last.get(FIELD)) != SET:
        return []
    telling = [name for name, rule in rules.items() if side in rule.consent]
    if any(forbids(changes.get(name, now.get(name))) for name in telling):
        return []
    changed_telling = [name for name in telling if name in changes and forbids(last.get(name))]
    return changed_telling or [name for name in telling if name in changes and name == WRITTEN_AS and FIELD in changes]
