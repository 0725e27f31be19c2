"""Leave out of a merge what a system does not take or must not get (R17, P9). Pure."""

from collections.abc import Iterable

from sync.rules import do_not_contact
from sync.rules.mapping import Rules
from sync.rules.merge_result import LEFT, RIGHT, Merge, SideView


def refuse(result: Merge, side: str, kept: frozenset[str], left: SideView, right: SideView) -> None:
    """Leave out values that cannot be emptied on a side (R17): each side keeps what it shows."""
    _withhold(
        result, side, [name for name, value in result.to(side).items() if value is None and name in kept], left, right
    )


def protect(result: Merge, rules: Rules, left: SideView, right: SideView) -> None:
    """Leave out what would allow contact again with a contact that may not be contacted (P9)."""
    for side, view in ((LEFT, left), (RIGHT, right)):
        undone = do_not_contact.consent_reversals(rules, side, view.now, view.base, result.to(side))
        _withhold(result, side, undone, left, right)


def _withhold(result: Merge, side: str, names: Iterable[str], left: SideView, right: SideView) -> None:
    """Leave fields out of what is written on a side: each side keeps what it shows."""
    for name in names:
        del result.to(side)[name]
        result.overwritten = [one for one in result.overwritten if (one.side, one.field) != (side, name)]
        result.agreed[name] = (left.value(name)[1], right.value(name)[1])
        result.refused[name] = side
