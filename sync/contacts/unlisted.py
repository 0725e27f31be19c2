"""Read by id the records with rows that do not show what decides about them, or what is carried (R39, R49).

Rules kept here:
- a row of a list may show less than its record. Where a scope asks for a field that a row does not show, the record is
  read, once for each content of the row: its verdict is stored, so that the same row costs no further call;
- a field that no row of a system shows (`unlisted`) is carried from the record, which is read with each of its changes;
- the records of a page are read together, several at a time.
"""

from collections.abc import Collection, Sequence
from functools import partial
from hashlib import blake2b
from typing import Final

from connectors.contact import Contact
from connectors.errors import ConnectorError
from connectors.records import Page
from state.scope_verdicts import ScopeVerdict
from state.staging import Staged
from sync.contacts.context import Context
from sync.contacts.staged_records import contact_of, is_gone_answer, memory_of, note_gone, stage_by_ids
from sync.rules.scope import UNKNOWN, Verdict, in_scope, unshown_fields
from sync.streams.connection import Side

OF_THE_ACCOUNT: Final = frozenset({"owner"})
"""Fields that are unknown while the users of the account are: the record would not show them either."""


def scope_verdict(context: Context, side: Side, staged: Staged) -> Verdict:
    """Return whether a staged contact is in the scope of its side, by its row, or by its record read earlier."""
    verdict = in_scope(context.scopes[side.name], contact_of(staged))
    if verdict is not UNKNOWN or not _unshown(context, side, staged):
        return verdict
    known = context.tables.scope_verdicts.of_records(side.name, [staged.id]).get(staged.id)
    return known.holds if known is not None and known.basis == _basis(context, staged) else UNKNOWN


def complete_linked(context: Context) -> None:
    """Stage what the rows of linked records do not show, where it is needed; a record that cannot be read waits."""
    for side in context.connection.sides:
        if not side.connector.unlisted & context.mapping.rules.keys() and not context.scopes[side.name].bind:
            continue
        for page in context.staging.record_pages(side.name, linked=True):
            left = with_unlisted(context, side, page)
            if context.scopes[side.name].bind:
                left = learn_verdicts(context, side, left)
            _put_off(context, page, {staged.id for staged in left})


def complete_new(context: Context, side: Side, page: Sequence[Staged]) -> list[Staged]:
    """Return contacts that may be created, with what their rows do not show; without those that cannot be read."""
    page = learn_verdicts(context, side, page)
    if not side.connector.unlisted & context.mapping.rules.keys():
        return page
    travelling = [staged for staged in page if scope_verdict(context, side, staged)]
    whole = {staged.id: staged for staged in with_unlisted(context, side, travelling)}
    lost = {staged.id for staged in travelling} - whole.keys()
    return [whole.get(staged.id, staged) for staged in page if staged.id not in lost]


def learn_verdicts(context: Context, side: Side, page: Sequence[Staged]) -> list[Staged]:
    """Read the records of those rows of a page that do not show what the scope asks for, unless that is known.

    Return the page without those that are gone or cannot be read.
    """
    asked = [staged for staged in page if _is_undecided(context, side, staged)]
    if not asked:
        return list(page)
    known = context.tables.scope_verdicts.of_records(side.name, [staged.id for staged in asked])
    wanted = [staged for staged in asked if staged.id not in known or known[staged.id].basis != _basis(context, staged)]
    calls = [partial(side.connector.read_record, staged.id) for staged in wanted]
    lost = {staged.id for staged in wanted}
    for staged, answer in zip(wanted, side.dispatcher.gather(calls), strict=True):
        with context.boundary.around(side, staged.id):
            if _learn(context, side, staged, answer):
                lost.discard(staged.id)
    return [staged for staged in page if staged.id not in lost]


def with_unlisted(context: Context, side: Side, page: Sequence[Staged]) -> list[Staged]:
    """Return the rows of a page with the fields that only records show. What is gone or unreadable is left out."""
    names = side.connector.unlisted & context.mapping.rules.keys()
    lacking = {staged.id: staged for staged in page if names and _lacks(staged, names)}
    if context.scopes[side.name].bind:  # nothing of a contact is carried that is out of scope
        lacking = {key: staged for key, staged in lacking.items() if scope_verdict(context, side, staged) is not False}
    if not lacking:
        return list(page)
    found = stage_by_ids(context, side, list(lacking))
    records = ((row, found[key]) for key, row in lacking.items() if key in found)
    _store(context, side, [_verdict(context, side, row, contact_of(record)) for row, record in records])
    return [found.get(staged.id, staged) for staged in page if staged.id in found or staged.id not in lacking]


def reason_undecided(context: Context, side: Side, staged: Staged) -> str:
    """Return why it is not known whether a contact is in scope, "" where that is known."""
    if scope_verdict(context, side, staged) is not UNKNOWN:
        return ""
    names = ", ".join(sorted(_unshown(context, side, staged)))
    return f"its record does not show {names}, which `only` asks for" if names else ""


def _learn(context: Context, side: Side, row: Staged, answer: Page | ConnectorError) -> bool:
    """Store the verdict that an answer shows; return False where the record is gone."""
    if is_gone_answer(context, side, row.id, answer):
        note_gone(context, side, row.id)
        return False
    if isinstance(answer, ConnectorError):
        raise answer
    link = context.tables.links.of_record(side.name, row.id)
    contact = side.connector.to_contact(answer.records[0], memory_of(link, side))
    _store(context, side, [_verdict(context, side, row, contact)])
    return True


def _verdict(context: Context, side: Side, row: Staged, contact: Contact) -> ScopeVerdict:
    """Return the verdict about a row, by the contact that its record shows."""
    return ScopeVerdict(row.id, _basis(context, row), in_scope(context.scopes[side.name], contact))


def _store(context: Context, side: Side, verdicts: Sequence[ScopeVerdict]) -> None:
    if context.scopes[side.name].conditions:
        with context.state.atomic() as transaction:
            context.tables.scope_verdicts.put_verdicts(transaction, side.name, verdicts)


def _put_off(context: Context, page: Sequence[Staged], whole: Collection[str]) -> None:
    """Treat records that could not be read as showing nothing new: their failures bring them back."""
    lost = [Staged(staged.side, staged.id, link=staged.link) for staged in page if staged.id not in whole]
    if lost:
        with context.state.atomic() as transaction:
            context.staging.put_records(transaction, lost)


def _is_undecided(context: Context, side: Side, staged: Staged) -> bool:
    """Say whether a row does not show what decides whether its contact is in scope, and its record might."""
    if staged.contact is None or not context.scopes[side.name].conditions:
        return False
    return in_scope(context.scopes[side.name], contact_of(staged)) is UNKNOWN and bool(_unshown(context, side, staged))


def _unshown(context: Context, side: Side, staged: Staged) -> frozenset[str]:
    """Return the fields that a scope asks for, and that a row does not show."""
    names = unshown_fields(context.scopes[side.name], contact_of(staged))
    return names - side.connector.fields_without_place - OF_THE_ACCOUNT


def _basis(context: Context, staged: Staged) -> bytes:
    """Return a digest of all that a verdict stands on: the row with its time, and the mapping with its scopes."""
    updated = contact_of(staged).updated_at
    return blake2b(repr((context.mapping.number, staged.digest, updated)).encode(), digest_size=16).digest()


def _lacks(staged: Staged, names: frozenset[str]) -> bool:
    contact = contact_of(staged)
    return staged.contact is not None and not names <= contact.fields.keys() | contact.unmapped.keys()
