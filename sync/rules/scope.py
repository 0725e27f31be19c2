"""Decide which contacts travel (R29, R49). Pure.

Rules kept here:
- a condition about a value that is unknown (R4) neither holds nor fails: a contact travels for the first time only
  where its scope holds, and a linked one is parked only where it fails;
- texts are compared without case, as tags are; a set has a value if one of its elements is that value;
- an empty value is none of the values that a condition names.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any, Final, Literal

from connectors.contact import Contact, Value
from connectors.values import instant, labels

TIMES: Final = ("created", "updated")
"""Names that stand for the times of a record, besides the fields."""

UNKNOWN: Final = None
"""The verdict about a value that is not known."""

Verdict = bool | None


@dataclass(frozen=True, slots=True)
class FieldTest:
    """One question about one field: `operator` is has, in, not, exists, contains, matches, before or after.

    `operand` is a flag for exists, a pattern for matches, an aware time for before and after, else texts.
    """

    field: str
    operator: str
    operand: Any


@dataclass(frozen=True, slots=True)
class ConditionGroup:
    """Conditions; all of them have to hold, or any."""

    quantifier: Literal["all", "any"]
    conditions: "tuple[Condition, ...]"


Condition = FieldTest | ConditionGroup


@dataclass(frozen=True, slots=True)
class Scope:
    """Which contacts travel from one side: those for which all conditions hold. `bind`: linked ones are bound, too."""

    conditions: tuple[Condition, ...] = ()
    bind: bool = False


def in_scope(scope: Scope, contact: Contact) -> Verdict:
    """Return whether a contact is in the scope of its side, None where a value that decides it is unknown."""
    return all_hold(holds(condition, contact) for condition in scope.conditions)


def unshown_fields(scope: Scope, contact: Contact) -> frozenset[str]:
    """Return the fields that conditions name and that the contact does not show, not even as an unmapped value."""
    names = {name for condition in scope.conditions for name in _names(condition)}
    return frozenset(names.difference(TIMES, contact.fields, contact.unmapped))


def _names(condition: Condition) -> Iterator[str]:
    if isinstance(condition, FieldTest):
        yield condition.field
        return
    for one in condition.conditions:
        yield from _names(one)


def all_hold(verdicts: Iterable[Verdict]) -> Verdict:
    """Return whether all hold: one that fails decides, and then one that is unknown."""
    found = set(verdicts)
    return False if False in found else UNKNOWN if UNKNOWN in found else True


def any_holds(verdicts: Iterable[Verdict]) -> Verdict:
    """Return whether any holds: one that holds decides, and then one that is unknown."""
    found = set(verdicts)
    return True if True in found else UNKNOWN if UNKNOWN in found else False


def holds(condition: Condition, contact: Contact) -> Verdict:
    """Return whether a condition holds for a contact, None where its value is unknown."""
    if isinstance(condition, ConditionGroup):
        combine = all_hold if condition.quantifier == "all" else any_holds
        return combine(holds(one, contact) for one in condition.conditions)
    name, operator, operand = condition.field, condition.operator, condition.operand
    if name in TIMES:
        return _time_holds(operator, operand, contact.created_at if name == "created" else contact.updated_at)
    if name not in contact.fields:
        return UNKNOWN
    return _value_holds(operator, operand, contact.fields[name])


def _value_holds(operator: str, operand: Any, value: Value) -> bool:
    match operator:
        case "has" | "in":
            return _is_one_of(value, operand)
        case "not":
            return not _is_one_of(value, operand)
        case "exists":
            return bool(value) is operand
        case "contains":
            parts = [labels.key(part) for part in operand]
            return any(part in labels.key(element) for element in _elements(value) for part in parts)
        case "matches":
            return any(_pattern(operand).search(element) is not None for element in _elements(value))
    return any(_is_timed(operator, operand, instant.parse(element)) for element in _elements(value))


def _time_holds(operator: str, operand: Any, moment: datetime | None) -> Verdict:
    if operator == "exists":
        return (moment is not None) is operand
    return UNKNOWN if moment is None else _is_timed(operator, operand, moment)


def _is_timed(operator: str, bound: datetime, moment: datetime | None) -> bool:
    """Say whether a time lies before the bound, or at it or after it."""
    return moment is not None and (moment < bound) is (operator == "before")


def _is_one_of(value: Value, wanted: Sequence[str]) -> bool:
    return not {labels.key(one) for one in _elements(value)}.isdisjoint(labels.key(one) for one in wanted)


def _elements(value: Value) -> Sequence[str]:
    return value if isinstance(value, tuple) else (value,) if value else ()


@lru_cache(maxsize=64)
def _pattern(text: str) -> Any:
    """Return a compiled pattern. RE2 has no pattern that takes more than linear time."""
    from re2 import Options, compile  # few configs have a pattern  # noqa: A004

    options = Options()
    options.case_sensitive = False
    return compile(text, options)
