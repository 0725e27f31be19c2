"""The scopes of a connection as sync.rules.scope decides by them, from the config."""

from collections.abc import Iterator

from sync.config.scope import Condition, SideScope
from sync.rules import scope


def scope_rule(options: SideScope) -> scope.Scope:
    """Return the scope of a side."""
    return scope.Scope(tuple(_conditions(options)), options.bind)


def condition_rule(options: Condition) -> scope.Condition:
    """Return one condition."""
    if options.group:
        conditions = tuple(map(condition_rule, options.group))
        return scope.ConditionGroup("all" if options.all else "any", conditions)
    return scope.FieldTest(options.field or "", options.operator, options.operand(options.operator))


def _conditions(options: SideScope) -> Iterator[scope.Condition]:
    for field, values in options.values.items():
        yield scope.FieldTest(field, "in", values)
    if options.all:
        yield scope.ConditionGroup("all", tuple(map(condition_rule, options.all)))
    if options.any:
        yield scope.ConditionGroup("any", tuple(map(condition_rule, options.any)))
