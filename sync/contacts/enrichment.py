"""Fill blank fields of one side with what the other system knows of the company (`enrich = true`).

Rules kept here:
- a merge fills in only cached answers, and says which company it awaits;
- a field that was ever written, on either side, stays as it is: a user has emptied it;
- companies are looked up when the plan has passed the guard, and not by a dry run: a look-up may be charged for;
- each company is looked up once, and its answer is durable before it is used;
- an error of a look-up stops nothing else: the run goes on, and the affected contacts are planned again when they
  change, or by `sync reconcile`.
"""

from collections.abc import Iterator, Sequence
from functools import partial

from connectors.companies import CompanyDirectory
from connectors.contact import Contact, Fields, Value
from connectors.errors import ConnectorError, RecordRefused
from connectors.http.concurrency import WIDTH
from state.companies import CachedCompany
from state.links import Link
from state.staging import Step
from sync.contacts.context import Context, Enrichment
from sync.contacts.merge import merge_pair, values_for_create
from sync.contacts.plan_steps import CREATE, PAIR, pair_step
from sync.rules import shadow_codec
from sync.rules.enrichment import blanks, blanks_of_new, domain_of, fill
from sync.rules.merge_result import LEFT, RIGHT, Merge, SideView
from sync.streams.connection import Side

NOT_A_DOMAIN = frozenset({400, 422})


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


def look_up_companies(context: Context) -> None:
    """Look up every company that the plan awaits and that is not cached, and let the plan write what was found."""
    enrichment = context.enrichment
    if enrichment is None:
        return
    with context.state.atomic() as transaction:
        enrichment.known.drop_expired(transaction, context.run.now_ms())
    context.run.progress.begin_step(f"looking up companies at {enrichment.source.account}")
    for domains in _unknown(context, enrichment):
        if not _look_up(context, enrichment, domains):
            break
    _plan_again(context)


def count_unknown(context: Context) -> int:
    """Return how many look-ups the plan would make; each may be charged for."""
    enrichment = context.enrichment
    return 0 if enrichment is None else sum(len(domains) for domains in _unknown(context, enrichment))


def steps_of_created(context: Context) -> Iterator[list[Step]]:
    """Yield, in waves, steps that fill in the contacts of the filled side that this run has linked by a create."""
    enrichment = context.enrichment
    if enrichment is None:
        return
    source, target = enrichment.source.name, enrichment.target.name
    for page in context.staging.noted_steps(CREATE, (source,)):
        ids = [step.record_id(target) for step in page]
        links = context.tables.links.by_record(target, ids)
        steps = [_step(links[record_id], target) for record_id in ids if record_id in links]
        yield from (steps[start : start + WIDTH] for start in range(0, len(steps), WIDTH))


def _unknown(context: Context, enrichment: Enrichment) -> Iterator[list[str]]:
    """Yield the domains that are to be looked up, in waves."""
    for page in context.staging.notes((PAIR, CREATE)):
        unknown = [domain for domain in page if enrichment.known.cached(domain, context.run.now_ms()) is None]
        yield from (unknown[start : start + WIDTH] for start in range(0, len(unknown), WIDTH))


def _look_up(context: Context, enrichment: Enrichment, domains: Sequence[str]) -> bool:
    """Look up some companies; say whether to go on."""
    companies = enrichment.source.connector.companies
    if companies is None:
        raise AssertionError(f"{enrichment.source.account}: knows no companies")
    outcomes = enrichment.source.dispatcher.gather([partial(_look_up_one, companies, domain) for domain in domains])
    answers = [
        (domain, each) for domain, each in zip(domains, outcomes, strict=True) if isinstance(each, CachedCompany)
    ]
    with context.state.atomic() as transaction:
        enrichment.known.store_answers(transaction, answers, context.run.now_ms())
    trouble = next((each for each in outcomes if isinstance(each, ConnectorError)), None)
    if trouble is not None:
        context.run.progress.note(f"{trouble}; companies are not looked up now, and blanks stay blank")
    return trouble is None


def _look_up_one(companies: CompanyDirectory, domain: str) -> CachedCompany:
    """Look up one company; a domain that the server cannot accept has no company."""
    try:
        return CachedCompany(companies.find_company(domain))
    except RecordRefused as refused:
        if refused.status not in NOT_A_DOMAIN:
            raise
        return CachedCompany(None)


def _plan_again(context: Context) -> None:
    for page in context.staging.noted_steps(PAIR):
        for step in page:
            _plan_step_again(context, step)


def _plan_step_again(context: Context, step: Step) -> None:
    ids = {LEFT: step.left_id or "", RIGHT: step.right_id or ""}
    staged = {name: context.staging.changed_record(name, record_id) for name, record_id in ids.items()}
    link = context.tables.links.by_id(step.link)
    result = merge_pair(context, link, staged[LEFT], staged[RIGHT])
    new = pair_step(link, (ids[LEFT], ids[RIGHT]), result)
    if new.changes != step.changes:
        context.report.unchanged -= not step.writes and result.writes and not result.conflicts
        with context.state.atomic():
            context.staging.set_step_changes(step.number, new.writes, new.changes)


def _step(link: Link, target: str) -> Step:
    return Step(PAIR, "", *link.ids, link.id, target)
