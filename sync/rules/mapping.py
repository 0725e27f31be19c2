"""State which field travels where, and compute the fingerprint that shows a changed mapping (R13, R18). Pure."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from connectors.contact import FIELDS, SET_FIELDS, Value, same
from connectors.fields import Place
from connectors.values.consent import forbids
from sync.rules.translation import Members, Translated, Translation
from sync.rules.typed_fields import TypedField

REVISION = 2
"""Raise this in a release that maps more or differently. The next run then reads both sides in full."""


@dataclass(frozen=True, slots=True)
class FieldRule:
    """Where one field may be written, and how its values are treated.

    `exchange` translates values where the sides use different words. A field that `tightens` is set on the other side
    and never emptied. `consent` are the sides on which the field says whether the contact may be contacted. Set
    elements that begin with one of `reserved` (case-folded) belong to another field. `derived` are the sides that
    derive the field from another one: their value fills blanks and replaces nothing (R36). `homeless` are the sides
    that may be written and have no place for the field now (R41). `conflicts` is the field's own policy, None for that
    of the connection. `is_plain`: equal values of both sides mean the same. `translating`
    are the sides for which a value may need another form, or have none.
    """

    name: str
    to_left: bool
    to_right: bool
    exchange: Translation | None = None
    tightens: bool = False
    consent: frozenset[str] = frozenset()
    reserved: tuple[str, ...] = ()
    conflicts: str | None = None
    homeless: frozenset[str] = field(default=frozenset(), compare=False)
    derived: frozenset[str] = frozenset()
    is_plain: bool = field(init=False, compare=False)
    translating: frozenset[str] = field(init=False, compare=False)

    def __post_init__(self) -> None:
        is_untransformed = isinstance(self.exchange, TypedField) and self.exchange.transform is None
        is_single = self.name not in SET_FIELDS
        object.__setattr__(self, "is_plain", is_single and (self.exchange is None or is_untransformed))
        object.__setattr__(self, "translating", frozenset(filter(self._translates, ("left", "right"))))

    def owes(self, side: str) -> bool:
        """Say whether a value for 'left' or 'right' has to wait until the account has a place for it."""
        return side in self.homeless

    def to(self, side: str) -> bool:
        """Say whether the field may be written on 'left' or 'right'."""
        return self.to_left if side == "left" else self.to_right

    def lets(self, value: Value, side: str) -> bool:
        """Say whether this value may be written on 'left' or 'right'."""
        return self.to(side) and not (self.tightens and value is None)

    def carried(self, value: Value, side: str) -> Translated:
        """Translate a value of the opposite side for 'left' or 'right'."""
        if self.exchange is None or side not in self.translating:
            return value
        return self.exchange.carried(value, side)

    def same(self, left: Value, right: Value) -> bool:
        """Say whether a value of the left side and one of the right side mean the same."""
        if self.consent and forbids(left) and forbids(right):
            return True
        return same(self.name, left, right) if self.exchange is None else self.exchange.same(left, right)

    def _translates(self, side: str) -> bool:
        if isinstance(self.exchange, TypedField):
            return not self.exchange.takes_all(side)
        return self.exchange is not None


Rules = Mapping[str, FieldRule]


@dataclass(frozen=True, slots=True)
class Places:
    """The fields that a system has, those that it only shows, those that carry do_not_contact, and derived ones."""

    fields: frozenset[str]
    read_only: frozenset[str]
    consent_in: frozenset[str] = frozenset()
    derived: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Options:
    """The settings of the config for single fields.

    `loosen` lets do_not_contact be taken back. `reserved` are case-folded beginnings of tags that do not travel as
    tags: those of another field, and those that a run adds to the contacts that it creates. `conflicts` are policies of
    fields, `names` the fields of the user's own.
    """

    directions: Mapping[str, str | None] = field(default_factory=dict)
    exchanges: Mapping[str, Translation] = field(default_factory=dict)
    loosen: bool = False
    reserved: tuple[str, ...] = ()
    conflicts: Mapping[str, str | None] = field(default_factory=dict)
    names: tuple[str, ...] = ()


def rules(left: Places, right: Places, direction: str, options: Options) -> dict[str, FieldRule]:
    """Return the rule of every field that both sides know.

    The direction of the stream holds for every field. A field that a system only shows is not written there (R13:
    lists, email_status, email_confidence).
    """
    table = {}
    for name in (*FIELDS, *options.names):
        if name not in left.fields or name not in right.fields:
            continue
        set_to = (direction, options.directions.get(name))
        if "none" in set_to:
            continue
        table[name] = FieldRule(
            name,
            to_left=name not in left.read_only and "left_to_right" not in set_to,
            to_right=name not in right.read_only and "right_to_left" not in set_to,
            exchange=options.exchanges.get(name),
            tightens=name == "do_not_contact" and not options.loosen,
            consent=frozenset(side for side, at in (("left", left), ("right", right)) if name in at.consent_in),
            reserved=options.reserved if name == "tags" else (),
            conflicts=options.conflicts.get(name),
            derived=frozenset(side for side, at in (("left", left), ("right", right)) if name in at.derived),
        )
    return table


def present(
    table: Rules,
    left: frozenset[str],
    right: frozenset[str],
    owners: Members,
    places: tuple[Mapping[str, Place], Mapping[str, Place]] = ({}, {}),
) -> dict[str, FieldRule]:
    """Return the rules that hold now: a field is not written where the account has no place for it (R23).

    `owners` are the users that each account knows. Owners without a place are never owed: the run reports them itself.
    `places` are those of mapped fields at the left and at the right, as far as they are known.
    """
    now = {name: _limited_to_places(rule, left, right) for name, rule in table.items()}
    for name in places[0].keys() | places[1].keys():
        exchange = now[name].exchange if name in now else None
        if isinstance(exchange, TypedField):
            placed = replace(exchange, left=places[0].get(name), right=places[1].get(name))
            now[name] = replace(now[name], exchange=placed)
    if "owner" in now:
        now["owner"] = replace(now["owner"], exchange=owners)
    return now


def _limited_to_places(rule: FieldRule, left: frozenset[str], right: frozenset[str]) -> FieldRule:
    to_left, to_right = rule.to_left and rule.name in left, rule.to_right and rule.name in right
    if (to_left, to_right) == (rule.to_left, rule.to_right):
        return rule
    lost = {"left": rule.to_left and not to_left, "right": rule.to_right and not to_right}
    homeless = frozenset(side for side, is_lost in lost.items() if is_lost and rule.name != "owner")
    return replace(rule, to_left=to_left, to_right=to_right, homeless=homeless)


def fields_with_places(table: Rules, settings: Mapping[str, Any]) -> dict[str, str]:
    """Return the fields by name and configured place.

    A field that moved to another place is then seen as changed. So is one with a place that an earlier release stored
    and did not use: it has another form once it is used.
    """
    places, used = settings.get("places", {}), settings.get("native_places", ())
    return {
        f"{name}{' at' if name in used else ''} {json.dumps(places[name], sort_keys=True)}"
        if name in places
        else name: name
        for name in table
    }


def fingerprint(table: Rules, settings: Mapping[str, Any]) -> str:
    """Return 32 hexadecimal digits that change when the mapping does: then both sides are read in full."""
    content = {
        "revision": REVISION,
        "rules": sorted((rule.name, rule.to_left, rule.to_right) for rule in table.values()),
        "settings": settings,
    }
    return hashlib.sha256(json.dumps(content, sort_keys=True, default=str).encode()).hexdigest()[:32]
