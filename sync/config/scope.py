"""The tables `only.left` and `only.right` of a connection: which contacts travel from a side (R29, R49).

A table names fields with values, and a contact has to have one of them, or has conditions under `all` or `any`, which
may be nested. sync.rules.scope decides whether they hold.
"""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Annotated, Any, Final, Literal, Self

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from connectors.account_options import OptionsTable, Text
from connectors.contact import FIELDS
from connectors.values import instant
from sync.config.error_lines import ConfigMistake
from sync.config.value_types import Flag, Values, suggest

LONGEST_PATTERN: Final = 500
"""Characters of a pattern. RE2 needs time in proportion to pattern and text, whatever both are."""

DEEPEST: Final = 10
"""How deep `all` and `any` may be nested."""

TIMES: Final = ("created", "updated")
"""Names that stand for the times of a record, besides the fields."""

Operator = Literal["has", "in", "not", "exists", "contains", "matches", "before", "after"]
OPERATORS: Final[tuple[Operator, ...]] = ("has", "in", "not", "exists", "contains", "matches", "before", "after")
OF_TIMES: Final = frozenset({"before", "after", "exists"})


def _pattern(value: str) -> str:
    from re2 import Options, compile, error  # few configs have a pattern  # noqa: A004

    allowed = f"a pattern in the syntax of RE2, of at most {LONGEST_PATTERN} characters"
    quiet = Options()
    quiet.log_errors = False
    if len(value) > LONGEST_PATTERN:
        raise ValueError(allowed)
    try:
        compile(value, quiet)
    except error:
        raise ValueError(allowed) from None
    return value


def _moment(value: object) -> datetime:
    """Return a time, aware and in UTC; a bare date is its midnight."""
    if isinstance(value, datetime):
        return value.astimezone(UTC) if value.tzinfo else value.replace(tzinfo=UTC)
    if isinstance(value, date):
        return datetime(value.year, value.month, value.day, tzinfo=UTC)
    found = instant.parse(value) if isinstance(value, str) else None
    if found is None and isinstance(value, str):
        try:
            return _moment(date.fromisoformat(value))
        except ValueError:
            pass
    if found is None:
        raise ValueError("a date or a time, like 2026-01-01 or 2026-01-01T09:30:00Z")
    return found


def _some(value: tuple["Condition", ...]) -> tuple["Condition", ...]:
    if not value:
        raise ValueError("one condition at least")
    return value


Pattern = Annotated[Text, AfterValidator(_pattern)]
Moment = Annotated[datetime, BeforeValidator(_moment)]


class Condition(OptionsTable):
    """One condition: a field with one operator, or a group of conditions (`all`, `any`)."""

    field: Text | None = None
    has: Values | None = None
    in_: Values | None = Field(default=None, alias="in")
    not_: Values | None = Field(default=None, alias="not")
    exists: Flag | None = None
    contains: Values | None = None
    matches: Pattern | None = None
    before: Moment | None = None
    after: Moment | None = None
    all: "Conditions | None" = None
    any: "Conditions | None" = None

    @model_validator(mode="after")
    def _is_one_condition(self) -> Self:
        operators = [name for name in OPERATORS if self.operand(name) is not None]
        groups = [name for name in ("all", "any") if getattr(self, name) is not None]
        is_group = len(groups) == 1 and self.field is None and not operators
        is_test = not groups and self.field is not None and len(operators) == 1
        if not (is_group or is_test):
            raise ValueError(f"field with one of {', '.join(OPERATORS)}; or else all or any with conditions")
        return self

    def operand(self, operator: Operator) -> Any:
        """Return what the table says for an operator, None where it does not name it."""
        return getattr(self, f"{operator}_" if operator in {"in", "not"} else operator)

    @property
    def operator(self) -> Operator:
        """Return the operator of a condition that is no group."""
        return next(name for name in OPERATORS if self.operand(name) is not None)

    @property
    def group(self) -> tuple["Condition", ...]:
        """Return the conditions of a group, none for any other condition."""
        return self.all or self.any or ()


Conditions = Annotated[tuple[Condition, ...], AfterValidator(_some)]


class SideScope(OptionsTable):
    """Which contacts travel from one side: those with one of `values` in each field, and for which the groups hold.

    Without `bind` this decides about contacts that are not linked yet. With it, a linked contact for which it does not
    hold is parked.
    """

    values: dict[str, Values] = Field(default_factory=dict)
    all: Conditions | None = None
    any: Conditions | None = None
    bind: Flag = False

    @model_validator(mode="before")
    @classmethod
    def _every_other_key_is_a_field(cls, table: Any) -> Any:
        if not isinstance(table, dict):
            return table
        values = {key: value for key, value in table.items() if key not in SCOPE_KEYS}
        return {"values": values} | {key: value for key, value in table.items() if key in SCOPE_KEYS}

    @property
    def fingerprint(self) -> dict[str, Any]:
        """Return what identifies the scope in the mapping (R18), as earlier releases did where it has fields alone."""
        table = self.model_dump(mode="json", by_alias=True, exclude_none=True, exclude_defaults=True)
        return {**table.pop("values", {}), **table}


SCOPE_KEYS: Final = ("all", "any", "bind")
"""The keys of a scope. Every other key names a field."""


class Only(OptionsTable):
    """The scope of each side."""

    left: SideScope = Field(default_factory=dict, validate_default=True)
    right: SideScope = Field(default_factory=dict, validate_default=True)


def check_scope(only: Only, own_fields: tuple[str, ...], place: tuple[str, ...]) -> Iterator[ConfigMistake]:
    """Yield fields that do not exist, and conditions that cannot be asked of a field. `place` is the table `only`."""
    known = dict.fromkeys((*FIELDS, *own_fields))
    for name in ("left", "right"):
        scope: SideScope = getattr(only, name)
        for field in scope.values:
            if field not in known:
                yield ConfigMistake((*place, name, field), suggest(field, (*known, *SCOPE_KEYS)), unknown=True)
        for group in ("all", "any"):
            yield from _check_group(getattr(scope, group) or (), known, (*place, name, group), DEEPEST)


def _check_group(
    conditions: tuple[Condition, ...], known: dict[str, None], place: tuple[str, ...], depth: int
) -> Iterator[ConfigMistake]:
    if not depth:
        yield ConfigMistake(place, f"all and any at most {DEEPEST} deep")
        return
    for number, condition in enumerate(conditions):
        spot = (*place, str(number))
        if condition.group:
            yield from _check_group(condition.group, known, (*spot, "all" if condition.all else "any"), depth - 1)
        elif condition.field in TIMES:
            if condition.operator not in OF_TIMES:
                yield ConfigMistake(spot, f"{condition.field} with {' or '.join(sorted(OF_TIMES))}", condition.operator)
        elif condition.field not in known:
            yield ConfigMistake((*spot, "field"), suggest(condition.field or "", (*known, *TIMES)), condition.field)
