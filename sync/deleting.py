"""Carry deletions to one side, one record at a time, each confirmed anew (R24).

A record that is gone may have been merged into another one by its server. That is no deletion of a person: where the
server still knows somebody by the same e-mail or number, nobody is deleted, and the survivor is listed with the reason.
"""

from collections.abc import Sequence
from functools import partial

from connectors.connector import Raw
from connectors.errors import ConnectorError, RecordGone
from state.history import Entry
from state.links import Link
from state.stage import Staged, Step
from sync.context import Context, Side
from sync.trouble import Troubles, note_failure


def delete(context: Context, target: Side, step: Step, troubles: Troubles) -> None:
    """Delete one survivor. Raises what makes the account useless."""
    link = context.links.by_id(step.link or 0)
    if link is None or link.gone is None:
        return
    gone = context.side(link.gone)
    if _is_back(gone, link):
        _welcome(context, link)
        return
    heirs = _heirs(context, gone, link)
    if heirs:
        _list_merged(context, target, link, heirs)
        return
    outcome = target.dispatcher.gather([partial(target.connector.delete, link.side(target.name).id)])[0]
    with context.state.atomic():
        if isinstance(outcome, ConnectorError):
            troubles.note(gone, Staged(gone.name, link.side(gone.name).id), "delete", outcome)
        else:
            _remember(context, target, link)
    troubles.raise_fatal()


def _is_back(side: Side, link: Link) -> bool:
    """Ask once more for the record that is gone; an answer may have been wrong."""
    try:
        side.connector.get(link.side(side.name).id)
    except RecordGone:
        return False
    return True


def _welcome(context: Context, link: Link) -> None:
    with context.state.atomic():
        link.gone = None
        link.left.digest = link.right.digest = None
        context.links.save(link, context.run)


def _heirs(context: Context, side: Side, link: Link) -> Sequence[Raw]:
    """Return whom the server knows by the e-mail or the number of the one who is gone."""
    shown = {name: value for name, value in context.base(link, side.name).items() if value is not None}
    if not shown.get("email") and not shown.get("phone"):
        return ()
    found = side.connector.find(shown, None, None)
    return [raw for raw in found if str(raw["id"]) != link.side(side.name).id]


def _list_merged(context: Context, target: Side, link: Link, heirs: Sequence[Raw]) -> None:
    gone = context.side(link.gone or "")
    heir = str(heirs[0]["id"])
    reason = (
        f"{gone.account}:{link.side(gone.name).id} is gone, and {gone.account}:{heir} has its e-mail or number: "
        "it was merged into that one, so nobody is deleted; merge or delete at the other side as well"
    )
    survivor = Staged(target.name, link.side(target.name).id)
    with context.state.atomic():
        note_failure(context, target, survivor, "delete", reason, blockers=(f"{gone.name}:{heir}",))


def _remember(context: Context, target: Side, link: Link) -> None:
    record_id = link.side(target.name).id
    context.history.add(
        [Entry(link.id, target.account, record_id, "*", link.side(target.name).shadow, None, "deleted")],
        context.run,
        context.now_ms(),
    )
    target.identities.drop(record_id)
    context.failures.close(target.name, record_id)
    context.links.remove(link.id)
    context.report.accounts[target.account].deleted += 1
