"""Merge one pair of records by what the run knows of both (R11).

Rules kept here: a value is withheld where a side may not take or lose it (R17); consent to be contacted is never given
by a merge.
"""

from state.links import Link
from state.staging import Staged
from sync.contacts.context import Context
from sync.contacts.untranslatable import load_owners
from sync.rules.merge import Merge, SideView
from sync.rules.withhold import protect, refuse


def merge_pair(context: Context, link: Link | None, left: Staged | None, right: Staged | None) -> Merge:
    """Merge two staged records; a record that is None shows what was agreed. Raises AuthError, TransientError."""
    views = context.view(link, context.connection.left, left), context.view(link, context.connection.right, right)
    result = merge_views(context, link, *views)
    rules = context.present_rules()
    # Whether an account has a place for owners costs a call, so it is asked when the first owner is to be written.
    for side in context.connection.sides:
        if "owner" in result.to(side.name) or "owner" in result.conflicts:
            load_owners(side)
    return result if context.present_rules() is rules else merge_views(context, link, *views)


def merge_views(context: Context, link: Link | None, left: SideView, right: SideView) -> Merge:
    """Merge what two sides show, by the policy of the run and the rules that both accounts can keep now."""
    rules = context.present_rules()
    result = context.policy.merge_fields(context, link, left, right)
    protect(result, rules, left, right)
    for side in context.connection.sides:
        refuse(result, side.name, side.connector.never_empty, left, right)
    context.policy.complete_merge(context, link, result, left, right)
    return result
