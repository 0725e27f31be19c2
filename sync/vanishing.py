"""Deletions: found by a scan of everything, confirmed by id, carried only when the config says so (R24).

Rules kept here:
- only a scan that was proven complete can show that somebody is missing, and each of them is asked for by id besides;
- under `ignore` the deletion is remembered: the survivor is neither deleted nor made again;
- under `propagate` the survivor is to be deleted too, where the stream goes that way; somebody who was edited since is
  a conflict with the field `*`, for a person;
- a person may settle that conflict for the side that deleted, or for the one that edited: then the other record is made
  anew.
"""

from collections.abc import Iterator, Sequence

from state.conflicts import Conflict
from state.links import Link
from state.stage import Staged, Step
from sync import people, shadows
from sync.context import Context, Side
from sync.merging import LEFT
from sync.observing import stage_by_id

DELETE = "delete"
WHOLE = "*"


def find_vanished(context: Context) -> None:
    """Ask by id for every linked record that the scan of everything did not show; who is there after all is staged."""
    for side in context.sides:
        context.progress.stage(f"looking for who is gone from {side.account}")
        for page in _pages_of_missing(context, side):
            for record_id in page:
                stage_by_id(context, side, record_id)


def plan_deletes(context: Context) -> None:
    """Plan the deletion of survivors, as the config and people's decisions have it."""
    for link in context.links.gone():
        survivor = context.other(context.side(link.gone or ""))
        decision = context.conflicts.of_link(link.id).get(WHOLE)
        if decision is not None and decision.resolution is not None:
            _carry_out(context, link, survivor, decision.resolution)
        elif context.settings.deletes == "propagate" and _may_travel(context, survivor):
            _plan(context, link, survivor)


def _pages_of_missing(context: Context, side: Side) -> Iterator[Sequence[str]]:
    after = 0
    while page := context.stage.missing(side.name, context.connection, after):
        yield [record_id for _, record_id in page]
        after = page[-1][0]


def _may_travel(context: Context, target: Side) -> bool:
    toward = "left_to_right" if target.name != LEFT else "right_to_left"
    return context.settings.direction in {"both", toward}


def _plan(context: Context, link: Link, survivor: Side) -> None:
    record_id = link.side(survivor.name).id
    staged = context.stage.get(survivor.name, [record_id]).get(record_id)
    if _is_edited(context, link, survivor, staged):
        with context.state.atomic():
            context.conflicts.put(_conflict(context, link, survivor, staged))
        return
    with context.state.atomic():
        context.stage.plan(Step(DELETE, survivor.name, link.left.id, link.right.id, link.id, survivor.name))
        context.conflicts.close(link.id, {WHOLE})
    context.weights[survivor.account].changed += 1


def _carry_out(context: Context, link: Link, survivor: Side, resolution: str) -> None:
    """Do what a person decided: delete the survivor too, or make the other one anew."""
    with context.state.atomic():
        if resolution == link.gone:
            context.stage.plan(Step(DELETE, survivor.name, link.left.id, link.right.id, link.id, survivor.name))
        else:
            context.links.remove(link.id)


def _is_edited(context: Context, link: Link, side: Side, staged: Staged | None) -> bool:
    if staged is None:
        return False
    view = context.view(link, side, staged)
    return any(view.changed(name) for name in view.now)


def _conflict(context: Context, link: Link, survivor: Side, staged: Staged | None) -> Conflict:
    fields = context.view(link, survivor, staged).now
    who = people.who(survivor.account, link.side(survivor.name).id, fields)
    shown = {survivor.name: shadows.render("edited"), link.gone or "": shadows.render(None)}
    changed = staged.changed_ms if staged else None
    times = {survivor.name: changed, link.gone or "": None}
    return Conflict(
        link.id, WHOLE, who, shown["left"], shown["right"], times["left"], times["right"], context.now_ms(), context.run
    )
