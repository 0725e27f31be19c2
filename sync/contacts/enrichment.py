"""Fill blank fields of one side with what the other system knows of the company (`enrich = true`).

Rules kept here:
- no look-up is made here: only cached answers are filled in, and a merge says which company it awaits;
- a field that was ever written, on either side, stays as it is: a user has emptied it.
"""

from dataclasses import dataclass

from connectors.contact import Contact, Fields, Value
from state.companies import CompanyCache
from state.links import Link
from sync.contacts.context import Context
from sync.contacts.untranslatable import values_for_create
from sync.rules import shadow_codec
from sync.rules.enrichment import blanks, blanks_of_new, domain_of, fill
from sync.rules.merge import LEFT, RIGHT, Merge, SideView
from sync.streams.connection import Side


@dataclass(frozen=True, slots=True)
class Enrichment:
    """The side that looks companies up (`source`), the side that is filled in (`target`), and the cached answers."""

    source: Side
    target: Side
    known: CompanyCache


def enrich(context: Context, link: Link | None, result: Merge, left: SideView, right: SideView) -> None:
    """Add to a merge what is known of the company, or the domain that has to be looked up."""
    enrichment = context.enrichment
    if enrichment is None:
        return
    views, target = {LEFT: left, RIGHT: right}, enrichment.target.name
    to, source = views[target], views[enrichment.source.name]
    written = context.tables.history.fields_of_link(link.id) if link is not None else frozenset()
    unplaced = enrichment.target.connector.fields_without_place
    fillable = blanks(context.present_rules(), result, target, to, source, unplaced=unplaced)
    blank = [name for name in fillable if name not in written]
    domain = domain_of({**_addresses(to), **result.to(target)}, _addresses(source)) if blank else None
    if domain is None:
        return
    answer = enrichment.known.cached(domain, context.run.now_ms())
    if answer is None:
        result.awaits = domain
    elif answer.found is not None:
        fill(result, target, blank, shadow_codec.fields_of(answer.found))


def of_new(context: Context, target: Side, fields: Fields, changes: Fields) -> dict[str, Value]:
    """Return what is known of the company of a contact that is to be created on a side with `changes`."""
    enrichment = context.enrichment
    if enrichment is None or target != enrichment.target:
        return {}
    blank = blanks_of_new(context.present_rules(), changes, fields, target.name)
    domain = domain_of(fields) if blank else None
    answer = enrichment.known.cached(domain, context.run.now_ms()) if domain else None
    found = shadow_codec.fields_of(answer.found) if answer is not None and answer.found is not None else {}
    return {name: found[name] for name in blank if found.get(name) is not None}


def awaited(context: Context, target: Side, contact: Contact) -> str | None:
    """Return the domain that has to be looked up for a contact that is to be created on a side, or None.

    A contact of the filled side is filled in after its link is created, so its domain is returned even if it is cached.
    """
    enrichment = context.enrichment
    if enrichment is None:
        return None
    is_new = target == enrichment.target
    changes = values_for_create(context, target, contact.fields).changes if is_new else {}
    unplaced = frozenset() if is_new else enrichment.target.connector.fields_without_place
    blank = blanks_of_new(context.present_rules(), changes, contact.fields, enrichment.target.name, unplaced=unplaced)
    domain = domain_of(contact.fields) if blank else None
    answer = enrichment.known.cached(domain, context.run.now_ms()) if domain else None
    if answer is None:
        return domain
    return None if is_new or not any((answer.found or {}).get(name) for name in blank) else domain


def awaits(context: Context, target: Side, contact: Contact) -> bool:
    """Say whether a contact is created on the filled side before its company could be looked up."""
    enrichment = context.enrichment
    return enrichment is not None and target == enrichment.target and awaited(context, target, contact) is not None


def _addresses(view: SideView) -> dict[str, Value]:
    return {name: view.value(name)[1] for name in ("website", "email")}
