"""Follow somebody whose record is gone to the one that it was merged into (R24).

Rules kept here:
- who lives on in another record bears the old e-mail there, be it beside another one, which the server's own look-up
  tells; or the marker of the survivor; or the number, by the same tests as at pairing (R9). So does who was made again;
- a record that nobody is linked to takes the place of the one that is gone. Both meet as for the first time (R10),
  so that a record that knows less empties nothing;
- a record that is linked to somebody else can't: then the survivor is a failure that names both.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from connectors.contact import PHONE_SLOTS, Contact
from connectors.values import phone
from state.indexed_contact import IndexedContact
from state.links import Link
from sync.contacts.context import Context
from sync.contacts.plan_steps import DELETE, is_listed, plan_listing
from sync.contacts.plan_unlinked import plan_first_merge
from sync.contacts.read_by_id import stage_by_id
from sync.rules import contact_codec
from sync.rules.deletion import is_carried
from sync.rules.match import first_of_duplicates, may_adopt
from sync.streams.connection import Side

MergeTargets = Mapping[int, Sequence[IndexedContact]]
"""By link: in whom the person of the record that is gone lives on, each with whom it is linked to."""


def find_merge_targets(context: Context, links: Iterable[Link], found: Collection[int]) -> MergeTargets:
    """Plan the meetings of the survivors of these pairs with the heirs of the records that are gone; return the heirs.

    The server is asked for those that this run found to be gone (links of these numbers), and for those that would be
    deleted; of the others the index tells.
    """
    known: dict[int, Sequence[IndexedContact]] = {}
    for link in links:
        _, survivor = _ends(context, link)
        with context.boundary.around(survivor, link.side(survivor.name).id, DELETE):
            asked = link.id in found or _would_be_deleted(context, link)
            if heirs := _heirs(context, link, asked=asked):
                known[link.id] = heirs
                _meet(context, link, heirs)
    return known


def list_merged(context: Context, link: Link, heirs: Sequence[IndexedContact]) -> None:
    """Plan that a survivor is listed whose person lives on in the record of somebody else."""
    gone, survivor = _ends(context, link)
    linked = [heir for heir in heirs if heir.linked]
    staged = stage_by_id(context, survivor, link.side(survivor.name).id) if linked else None
    if staged is None:
        return
    listed = context.tables.failures.of_records(survivor.name, [staged.id]).get(staged.id)
    if not is_listed(context, staged, listed):
        heir = linked[0]
        blockers = [f"{gone.name}:{heir.id}", f"{survivor.name}:{heir.linked}"]
        plan_listing(context, staged, _reason(context, link, heir), blockers, DELETE)


def _reason(context: Context, link: Link, heir: IndexedContact) -> str:
    gone, survivor = _ends(context, link)
    lost, left_over = link.side(gone.name).id, link.side(survivor.name).id
    return (
        f"{lost} is gone from {gone.account}, where {heir.id} bears its e-mail or number now, who is linked to "
        f"{heir.linked}: merge {left_over} into {heir.linked} at {survivor.account} too, or delete it there"
    )


def _heirs(context: Context, link: Link, *, asked: bool) -> list[IndexedContact]:
    gone, survivor = _ends(context, link)
    person = _person(context, link, gone)
    candidates = {other.id: other for other in _indexed(context, gone, person, link.side(survivor.name).id)}
    if asked and person.email:
        candidates.update({other.id: other for other in _bearers(gone, person.email)})
    candidates.pop(person.id, None)
    links = context.tables.links.by_record(gone.name, list(candidates))
    return [
        replace(other, linked=links[other.id].side(survivor.name).id if other.id in links else None)
        for other in candidates.values()
    ]


def _indexed(context: Context, side: Side, person: IndexedContact, survivor_id: str) -> Iterator[IndexedContact]:
    """Yield those whom the index tells of, if this scan has shown them."""
    index = side.identities
    mail = [person.email] if person.email else []
    same = [*index.by_marker([survivor_id]), *index.by_email(mail), *index.by_other_email(mail)]
    sharing = [other for other in index.by_phone(person.phones) if may_adopt(person, replace(other, linked=None))]
    return (other for other in (*same, *sharing) if context.staging.has_record(side.name, other.id))


def _bearers(side: Side, email: str) -> Iterator[IndexedContact]:
    for raw in side.connector.find_candidates({"email": email}, None, None):
        yield contact_codec.index_entry(side.connector.to_contact(raw, {}))


def _meet(context: Context, link: Link, heirs: Sequence[IndexedContact]) -> None:
    """Let the survivor meet the heir to whom nobody is linked, unless that one's own e-mail is of somebody else."""
    gone, survivor = _ends(context, link)
    survivor_id = link.side(survivor.name).id
    heir = first_of_duplicates(
        [one for one in heirs if not one.linked and not context.staging.paired_id(gone.name, one.id)]
    )
    if heir is None or context.staging.paired_id(survivor.name, survivor_id):
        return
    namesakes = survivor.identities.by_email([heir.email] if heir.email else [])
    staged = stage_by_id(context, gone, heir.id) if {one.id for one in namesakes} <= {survivor_id} else None
    if staged is not None:
        plan_first_merge(context, gone, staged, survivor_id)


def _person(context: Context, link: Link, gone: Side) -> IndexedContact:
    """Return the person as the record that is gone last showed it."""
    shown = context.mapping.shadow(link, gone.name)
    numbers = [shown.get(name) for name in ("phone", *PHONE_SLOTS)]
    phones = tuple(phone.key(number) for number in numbers if isinstance(number, str))
    return contact_codec.index_entry(Contact(link.side(gone.name).id, shown, phones=phones))


def _would_be_deleted(context: Context, link: Link) -> bool:
    return is_carried(_ends(context, link)[1].name, context.settings.deletes, context.settings.direction)


def _ends(context: Context, link: Link) -> tuple[Side, Side]:
    """Return the side that lost its record, and that of the survivor."""
    gone = context.connection.side(link.gone or "")
    return gone, context.connection.other(gone)
