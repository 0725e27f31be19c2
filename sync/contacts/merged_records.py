"""Find the record that a record was merged into, and relink the survivor to it (R24).

Rules kept here:
- the merge target has the old e-mail address, as its first or as another one; or the marker of the survivor; or the
  phone, by the tests of pairing (R9). The same proves a record that was created again;
- an unlinked merge target takes the place of the record that is gone. Both are merged as for the first time (R10), so
  that a record that knows less empties nothing;
- a merge target that is linked to another record cannot: the survivor is listed as a failure that names both.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from connectors.contact import PHONE_SLOTS, Contact
from connectors.values import phone
from state.indexed_contact import IndexedContact
from state.links import Link
from sync.contacts.context import Context
from sync.contacts.plan import plan_first_merge
from sync.contacts.plan_steps import DELETE, is_listed, plan_listing
from sync.contacts.staged_records import stage_by_id
from sync.rules import contact_codec
from sync.rules.deletion import is_carried
from sync.rules.match import first_of_duplicates, may_adopt
from sync.streams.connection import Side

MergeTargets = Mapping[int, Sequence[IndexedContact]]
"""By link: the records that the one that is gone may have been merged into, each with its own counterpart."""


def find_merge_targets(context: Context, links: Iterable[Link], found: Collection[int]) -> MergeTargets:
    """Find the merge targets of the records that are gone from these links, and plan to relink the survivors.

    The server is asked about the links that this run has found to have lost a record (`found`), and about those with a
    survivor that would be deleted. The others are looked up in the index only.
    """
    targets: dict[int, Sequence[IndexedContact]] = {}
    for link in links:
        _, survivor = context.connection.lost_and_survivor(link)
        with context.boundary.around(survivor, link.side(survivor.name).id, DELETE):
            asked = link.id in found or _would_be_deleted(context, link)
            if of_link := _targets(context, link, asked=asked):
                targets[link.id] = of_link
                _relink(context, link, of_link)
    return targets


def list_merged(context: Context, link: Link, targets: Sequence[IndexedContact]) -> None:
    """Plan that a survivor is listed if its counterpart was merged into a record that is linked to another one."""
    gone, survivor = context.connection.lost_and_survivor(link)
    linked = [target for target in targets if target.linked]
    staged = stage_by_id(context, survivor, link.side(survivor.name).id) if linked else None
    if staged is None:
        return
    listed = context.tables.failures.of_records(survivor.name, [staged.id]).get(staged.id)
    if not is_listed(context, staged, listed):
        target = linked[0]
        blockers = [f"{gone.name}:{target.id}", f"{survivor.name}:{target.linked}"]
        plan_listing(context, staged, _reason(context, link, target), blockers, DELETE)


def _reason(context: Context, link: Link, target: IndexedContact) -> str:
    gone, survivor = context.connection.lost_and_survivor(link)
    lost, left_over = link.side(gone.name).id, link.side(survivor.name).id
    return (
        f"{lost} is gone from {gone.account}, where {target.id} has its e-mail or phone now, which is linked to "
        f"{target.linked}: merge {left_over} into {target.linked} at {survivor.account} too, or delete it there"
    )


def _targets(context: Context, link: Link, *, asked: bool) -> list[IndexedContact]:
    gone, survivor = context.connection.lost_and_survivor(link)
    lost = _lost_contact(context, link, gone)
    candidates = {other.id: other for other in _indexed(context, gone, lost, link.side(survivor.name).id)}
    if asked and lost.email:
        candidates.update({other.id: other for other in _with_email(gone, lost.email)})
    candidates.pop(lost.id, None)
    links = context.tables.links.by_record(gone.name, list(candidates))
    return [
        replace(other, linked=links[other.id].side(survivor.name).id if other.id in links else None)
        for other in candidates.values()
    ]


def _indexed(context: Context, side: Side, lost: IndexedContact, survivor_id: str) -> Iterator[IndexedContact]:
    """Yield the candidates in the index that this run has read."""
    index = side.identities
    emails = [lost.email] if lost.email else []
    same = [*index.by_marker([survivor_id]), *index.by_email(emails), *index.by_other_email(emails)]
    sharing = [other for other in index.by_phone(lost.phones) if may_adopt(lost, replace(other, linked=None))]
    return (other for other in (*same, *sharing) if context.staging.has_record(side.name, other.id))


def _with_email(side: Side, email: str) -> Iterator[IndexedContact]:
    for raw in side.connector.find_candidates({"email": email}, None, None):
        yield contact_codec.index_entry(side.connector.to_contact(raw, {}))


def _relink(context: Context, link: Link, targets: Sequence[IndexedContact]) -> None:
    """Relink the surviving record to the merge target if that is unlinked."""
    gone, survivor = context.connection.lost_and_survivor(link)
    survivor_id = link.side(survivor.name).id
    free = [one for one in targets if not one.linked and not context.staging.paired_id(gone.name, one.id)]
    target = first_of_duplicates(free)
    if target is None or context.staging.paired_id(survivor.name, survivor_id):
        return
    with_its_email = survivor.identities.by_email([target.email] if target.email else [])
    if not {one.id for one in with_its_email} <= {survivor_id}:
        return  # its own e-mail address belongs to another contact of the survivor's side
    staged = stage_by_id(context, gone, target.id)
    if staged is not None:
        plan_first_merge(context, gone, staged, survivor_id)


def _lost_contact(context: Context, link: Link, gone: Side) -> IndexedContact:
    """Return the contact as the record that is gone showed it last."""
    shown = context.mapping.shadow(link, gone.name)
    numbers = [shown.get(name) for name in ("phone", *PHONE_SLOTS)]
    phones = tuple(phone.key(number) for number in numbers if isinstance(number, str))
    return contact_codec.index_entry(Contact(link.side(gone.name).id, shown, phones=phones))


def _would_be_deleted(context: Context, link: Link) -> bool:
    return is_carried(
        context.connection.lost_and_survivor(link)[1].name, context.settings.deletes, context.settings.direction
    )
