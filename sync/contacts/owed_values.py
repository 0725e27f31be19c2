"""Create the custom fields that values need (R23), and carry values without a place once there is one (R41).

Rules kept here:
- the shadow of the side without a place does not hold such a value: nothing is agreed about it;
- while values are owed, each run asks once what the account has a place for, and tries once to create what is missing;
  a full comparison does not: it writes nothing to two sides that did not change (P4);
- a contact with an owed value needs no edit to be planned again: the list of owed values finds it;
- an owed value weighs nothing for the guard, because the first run that can carry it has to (R25).
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from connectors.contact import Value
from state import connections
from state.database import Transaction
from state.links import Link
from state.owed_values import OwedValue
from state.staging import Step
from sync.contacts.context import Context
from sync.contacts.plan_steps import PAIR
from sync.contacts.staged_records import stage_by_id
from sync.output.formats import WHOLE
from sync.rules import shadow_codec
from sync.rules.merge_result import OPPOSITE, Merge
from sync.rules.shadow_update import ShadowPair
from sync.streams.connection import Side


def create_custom_fields(context: Context, side: Side, names: frozenset[str]) -> Sequence[str]:
    """Create the missing custom fields that these values and the marker need, and report them. Return their keys."""
    lacking = side.connector.fields_without_place
    created = side.connector.create_places(names)
    if created:
        context.findings.created_places[side.name] = (
            context.findings.created_places.get(side.name, frozenset()) | lacking - side.connector.fields_without_place
        )
        context.findings.fields_created.setdefault(side.account, []).extend(created)
        context.run.progress.note(f"{side.account}: created the custom fields {', '.join(created)}")
    return created


def refresh_places(context: Context, *, retry: bool) -> None:
    """Let the accounts that values are owed to ask again what they have a place for.

    With `retry` they also try again to create what they could not create. A dry run creates nothing.
    """
    restore_owed(context)
    waiting = {side for side, _ in context.tables.owed_values.count_waiting()}
    context.findings.has_owed_values = bool(waiting)
    for side in context.connection.sides:
        if side.name in waiting:
            side.connector.recheck_places(retry=retry and not context.run.dry)


def note_owed_values(
    transaction: Transaction, context: Context, link: Link, result: Merge, values: Mapping[str, Value], *,
    known: set[str],
) -> None:  # fmt: skip
    """Store what is owed of a pair after a merge; `known` are the sides that were read for it.

    A value that is settled by now is owed no more. What is owed by a side that was not read stays as it is.
    """
    before = context.tables.owed_values.of_link(link.id)
    for name, side in result.owed.items():
        context.tables.owed_values.put_owed(
            transaction, OwedValue(link.id, side, name, shadow_codec.render(values.get(name)), context.run.id)
        )
    over = [
        name
        for name, owed_value in before.items()
        if name not in result.owed
        and (
            name in result.touched
            or name not in context.mapping.rules
            or context.connection.other(context.connection.side(owed_value.side)).name in known
        )
    ]
    context.tables.owed_values.end_owed(transaction, link.id, over)


def note_owed_of_new(
    transaction: Transaction, context: Context, link: Link, target: Side, owed: Mapping[str, Value]
) -> None:
    """Store what is owed to a contact that was just created."""
    for name, value in owed.items():
        context.tables.owed_values.put_owed(
            transaction, OwedValue(link.id, target.name, name, shadow_codec.render(value), context.run.id)
        )


def create_places(context: Context, side: Side) -> None:
    """Try to create the places of values that are owed to a side; one call shows if that is still forbidden."""
    if not context.findings.has_owed_values:
        return
    names = frozenset(field for where, field in context.tables.owed_values.count_waiting() if where == side.name)
    lacking = names & side.connector.fields_without_place & context.mapping.rules.keys()
    if lacking:
        create_custom_fields(context, side, lacking)


def restore_owed(context: Context) -> None:
    """Owe, once, the values that earlier versions agreed to be empty because there was no place for them.

    Such a value has a counterpart that was always empty, although no user wanted that and no server refused the value.
    """
    if connections.is_owed_checked(context.state.db, context.connection.number):
        return
    refused = context.tables.history.refused_values()
    found = [
        (link.id, side, name)
        for link in context.tables.links.all_links()
        for side, name in _taken_for_empty(context, link)
        if (link.id, context.connection.side(side).account, name) not in refused
    ]
    with context.state.atomic() as transaction:
        _reset_agreement(transaction, context, found)
        connections.note_owed_checked(transaction, context.connection.number)


def reset_new_places(context: Context) -> None:
    """Owe the values of places that this run has created again after they were deleted.

    A deleted custom field takes the values of all contacts with it. That is no edit, and is not carried back. What this
    run has written is in the new place already.
    """
    written = context.tables.history.written_in(context.run.id) if context.findings.created_places else set()
    for name, fields in context.findings.created_places.items():
        side = context.connection.side(name)
        if context.findings.first.get(side.account):
            continue
        found = [
            (link.id, name, field)
            for link in context.tables.links.all_links()
            if (link.id, side.account, WHOLE) not in written
            for field, value in context.mapping.shadow(link, name).items()
            if field in fields and value is not None and (link.id, side.account, field) not in written
        ]
        with context.state.atomic() as transaction:
            _reset_agreement(transaction, context, found)


def count_owed_values(context: Context) -> None:
    """Report the values without a place after the run, and how many of them this run has worked on."""
    context.report.unmapped += (
        context.tables.owed_values.count_met_in(context.run.id) + context.findings.expected_owed.total()
    )
    for (side, name), number in context.tables.owed_values.count_waiting().items():
        context.findings.expected_owed[context.connection.side(side).account, name] += number


def by_account(counts: Mapping[tuple[str, str], int]) -> dict[str, dict[str, int]]:
    """Return how many values wait, by account and field."""
    found: dict[str, dict[str, int]] = {}
    for (account, name), number in sorted(counts.items()):
        found.setdefault(account, {})[name] = number
    return found


def steps_of_owed(context: Context, side: Side) -> Iterator[list[Step]]:
    """Yield steps for the pairs that wait for a field with a place now, unless they are planned already."""
    names = {field for where, field in context.tables.owed_values.count_waiting() if where == side.name}
    names &= side.connector.fields - side.connector.fields_without_place
    if not names:
        return
    for page in context.tables.owed_values.links_waiting(side.name, sorted(names)):
        links = [
            link for link_id in page if (link := context.tables.links.by_id(link_id)) is not None and link.gone is None
        ]
        yield [_step(context, side, link) for link in links if not _is_dealt_with(context, side, link)]


def _taken_for_empty(context: Context, link: Link) -> Iterator[tuple[str, str]]:
    """Yield the sides and fields of a link that were agreed to be empty, though the other side has a value."""
    if link.gone is not None:
        return
    bases = {side.name: context.mapping.shadow(link, side.name) for side in context.connection.sides}
    held = context.tables.holds.of_link(link.id)
    for side in context.connection.sides:
        own, theirs = bases[side.name], bases[context.connection.other(side).name]
        for name in side.connector.fields_to_create & own.keys() & context.mapping.rules.keys() - held.keys():
            value = theirs.get(name)
            if own[name] is None and value is not None and context.mapping.rules[name].lets(value, side.name):
                yield side.name, name


def _reset_agreement(transaction: Transaction, context: Context, found: Iterable[tuple[int, str, str]]) -> None:
    """Owe the values of these links, sides and fields, and remove them from the shadows."""
    for link_id, side_name, name in found:
        link = context.tables.links.by_id(link_id)
        if link is None:
            continue
        bases = {each.name: dict(context.mapping.shadow(link, each.name)) for each in context.connection.sides}
        bases[side_name].pop(name, None)
        if link.mapping != context.mapping.number:  # no side was looked at under this mapping yet (R18)
            link.left.digest = link.right.digest = None
        other = OPPOSITE[side_name]
        context.mapping.set_shadows(link, side_name, ShadowPair(bases[side_name], bases[other]))
        context.tables.links.save_link(transaction, link, context.run.id)
        value = shadow_codec.render(bases[other].get(name))
        context.tables.owed_values.put_owed(transaction, OwedValue(link.id, side_name, name, value, ""))


def _step(context: Context, side: Side, link: Link) -> Step:
    """Return the step that writes an owed value to a side; the other side is read if its shadow has not the value."""
    source = context.connection.other(side)
    bases = {each.name: context.mapping.shadow(link, each.name) for each in context.connection.sides}
    for name in context.tables.owed_values.of_link(link.id):
        if name in bases[side.name] or name not in bases[source.name]:
            stage_by_id(context, source, link.side(source.name).id)
            break
    return Step(PAIR, "", *link.ids, link.id, side.name)


def _is_dealt_with(context: Context, side: Side, link: Link) -> bool:
    """Say whether a pair is planned anyway, or is listed as a failure, which is tried at its own times."""
    source = context.connection.other(side).name
    if context.tables.failures.of_records(source, [link.side(source).id]):
        return True
    return any(
        context.staging.changed_records(each.name, [link.side(each.name).id]) for each in context.connection.sides
    )
