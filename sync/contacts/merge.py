"""Merge one pair of records by what the run knows of both (R11), and choose the values of a new contact.

Rules kept here: a value is withheld where a side may not take or lose it (R17); consent to be contacted is never given
by a merge.
"""

from connectors.contact import Fields
from state.links import Link
from state.staging import Staged
from sync.contacts.context import Context
from sync.rules.merge_result import Merge, SideView
from sync.rules.new_record import NewRecord, plan_new_record
from sync.rules.withhold import protect, refuse
from sync.streams.connection import Side

OWNER = "owner"


def merge_pair(context: Context, link: Link | None, left: Staged | None, right: Staged | None) -> Merge:
    """Merge two staged records; a record that is None shows what was agreed. Raises AuthError, TransientError."""
    views = context.view(link, context.connection.left, left), context.view(link, context.connection.right, right)
    result = merge_views(context, link, *views)
    rules = context.present_rules()
    # Whether an account has a place for owners costs a call, so it is asked when the first owner is to be written.
    for side in context.connection.sides:
        if OWNER in result.to(side.name) or OWNER in result.conflicts:
            load_owners(context, side)
    return result if context.present_rules() is rules else merge_views(context, link, *views)


def merge_views(context: Context, link: Link | None, left: SideView, right: SideView) -> Merge:
    """Merge what two sides show, by the policy of the run and the rules that both accounts can keep now."""
    rules = context.present_rules()
    result = context.policy.merge_fields(context, link, left, right)
    protect(result, rules, left, right)
    for side in context.connection.sides:
        refuse(result, side.name, side.never_empty, left, right)
    context.policy.complete_merge(context, link, result, left, right)
    return result


def values_for_create(context: Context, target: Side, fields: Fields) -> NewRecord:
    """Return the values of a contact that a create on a side sends. Its users are read if the contact has an owner."""
    load_owners_for_create(context, target, fields)
    return plan_new_record(context.present_rules(), fields, target.name)


def load_owners_for_create(context: Context, target: Side, fields: Fields) -> None:
    """Read the users of a side if a contact with an owner is to be created there."""
    rule = context.mapping.rules.get(OWNER)
    if fields.get(OWNER) is not None and rule is not None and rule.to(target.name):
        load_owners(context, target)


def load_owners(context: Context, side: Side) -> None:
    """Let a side read its users, and whether it has a place for owners, once in a run."""
    if side.name not in context.findings.sides_with_owners:
        side.connector.missing_places(frozenset({OWNER}))
        context.findings.sides_with_owners.add(side.name)
