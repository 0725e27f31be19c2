"""Decide what happens to the survivor of a deletion (R24). Pure.

A linked contact is gone from one side, as a look-up by id confirmed. The record on the other side is the survivor:

    a person decided for the side that deleted        deleted too, edited or not
    a person decided for the side that edited         the other record is created again
    deletions are ignored, or do not go that way      left alone
    the survivor shows something that was not agreed  a conflict, for a person
    else                                              deleted too
"""

from enum import Enum, auto

from sync.rules.merge_result import LEFT, RIGHT, SideView


class SurvivorAction(Enum):
    """What happens to a survivor."""

    LEFT_ALONE = auto()
    DELETED = auto()
    RECREATED = auto()


def survivor_action(gone: str, decided: str | None, deletes: str, direction: str) -> SurvivorAction:
    """Return what happens to an unedited survivor.

    `decided` is the side that a person chose, None without a decision.
    """
    if decided is not None:
        return SurvivorAction.DELETED if decided == gone else SurvivorAction.RECREATED
    carried = is_carried(RIGHT if gone == LEFT else LEFT, deletes, direction)
    return SurvivorAction.DELETED if carried else SurvivorAction.LEFT_ALONE


def goes_towards(direction: str, target: str) -> bool:
    """Say whether a stream of this direction writes on 'left' or 'right'."""
    return direction in {"both", "right_to_left" if target == LEFT else "left_to_right"}


def is_carried(survivor: str, deletes: str, direction: str) -> bool:
    """Say whether the config lets deletions reach the side of the survivor."""
    return deletes == "propagate" and goes_towards(direction, survivor)


def is_edited(survivor: SideView, gone: str, decided: str | None) -> bool:
    """Say whether a survivor shows something that was never agreed, including values that mean nothing elsewhere (R17).

    Nothing counts as an edit once a person has decided for the side that the record is `gone` from.
    """
    changed = any(survivor.changed(name) for name in survivor.now)
    return decided != gone and (changed or not survivor.unmapped.isdisjoint(survivor.base))
