"""Which field travels where, and the fingerprint by which a changed mapping is noticed (R13, R18). Pure."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from connectors.contact import FIELDS

REVISION = 1
"""Raised by a release that maps more or maps otherwise; the next run then reads both sides in full."""


@dataclass(frozen=True, slots=True)
class FieldRule:
    """Whether a field may be written on the left, and on the right."""

    name: str
    to_left: bool
    to_right: bool

    def to(self, side: str) -> bool:
        """Say whether the field may be written on 'left' or 'right'."""
        return self.to_left if side == "left" else self.to_right


Rules = Mapping[str, FieldRule]


@dataclass(frozen=True, slots=True)
class Places:
    """What a system has a place for, and what of that it only shows."""

    fields: frozenset[str]
    read_only: frozenset[str]


def rules(left: Places, right: Places, direction: str, directions: Mapping[str, str | None]) -> dict[str, FieldRule]:
    """Return the rule of every field that both sides know, `directions` being those set field by field.

    A stream that goes one way takes every field with it; what a system only shows can't be written there (R13: lists,
    email_status, email_confidence).
    """
    table = {}
    for name in FIELDS:
        if name not in left.fields or name not in right.fields:
            continue
        set_to = (direction, directions.get(name))
        to_left = name not in left.read_only and "left_to_right" not in set_to
        to_right = name not in right.read_only and "right_to_left" not in set_to
        table[name] = FieldRule(name, to_left, to_right)
    return table


def present(table: Rules, left: frozenset[str], right: frozenset[str]) -> dict[str, FieldRule]:
    """Return the rules as they can be kept now: a field is not written where the account has no place for it (R23)."""
    return {
        name: FieldRule(name, rule.to_left and name in left, rule.to_right and name in right)
        for name, rule in table.items()
    }


def housed(table: Rules, settings: Mapping[str, Any]) -> dict[str, str]:
    """Return the fields by their names with the places that the config gives them, so that a move can be told."""
    places = settings.get("places", {})
    return {f"{name} {json.dumps(places[name], sort_keys=True)}" if name in places else name: name for name in table}


def fingerprint(table: Rules, settings: Mapping[str, Any]) -> str:
    """Return text that changes when the mapping does, and with it what a full read would find."""
    content = {
        "revision": REVISION,
        "rules": sorted((rule.name, rule.to_left, rule.to_right) for rule in table.values()),
        "settings": settings,
    }
    return hashlib.sha256(json.dumps(content, sort_keys=True, default=str).encode()).hexdigest()[:32]
