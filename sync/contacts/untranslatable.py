"""Count the values that do not travel, such as words that no map has, or texts that are no number (R17, R47).

They stay as they are, count as unmapped whenever their record is worked on, and are reported once in a run.
"""

from collections.abc import Iterator

from connectors.contact import Contact, Value
from connectors.values.text import is_of_too_long
from sync.contacts.context import Context
from sync.contacts.merge import OWNER, load_owners
from sync.rules import contact_codec
from sync.rules.computed_fields import FAILED
from sync.rules.merge_result import LEFT
from sync.rules.translation import NO_TRANSLATION
from sync.rules.typed_fields import TypedField
from sync.streams.connection import Side

UNKNOWN_OWNER = "owner id"
TOO_LONG = "too long: "
NO_VALUE = "no value: "
LONGEST = 10
"""The number of values of a field that are reported one by one; the rest is counted."""


def is_untranslatable(context: Context, name: str, value: Value, target: Side) -> bool:
    """Say whether a value of the other side has no counterpart on the target."""
    if name == OWNER and value is not None:
        load_owners(context, target)
    rule = context.present_rules().get(name)
    return rule is not None and rule.carried(value, target.name) is NO_TRANSLATION


def count(context: Context, side: Side, contact: Contact) -> int:
    """Count the fields of a record that do not reach the other side, and note their values for the report."""
    untranslated = dict(_untranslatable_values(context, side, contact))
    meaningless = {name: raw for name, raw in contact.unmapped.items() if name in context.mapping.rules}
    for name, value in untranslated.items():
        context.findings.untranslatable[side.account, name, value] += 1
    if OWNER in meaningless:
        context.findings.untranslatable[side.account, UNKNOWN_OWNER, meaningless[OWNER]] += 1
    who = contact_codec.display_name(side.account, contact.id, contact.fields) if meaningless else ""
    for name, raw in meaningless.items():
        if is_of_too_long(raw):
            context.findings.untranslatable[side.account, f"{TOO_LONG}{name}", f"{who}: {raw}"] += 1
        elif raw.startswith(FAILED):
            reason = raw.removeprefix(FAILED)
            context.findings.untranslatable[side.account, f"{FAILED}{name}", f"{who}: {reason}"] += 1
        elif (kind := _type_of(context, side, name)) is not None:
            context.findings.untranslatable[side.account, f"{NO_VALUE}{kind} {name}", raw] += 1
    return len({**untranslated, **meaningless})


def _type_of(context: Context, side: Side, name: str) -> str | None:
    """Return the type that a field has on a side, None for a field that does not convert by a type."""
    exchange = context.mapping.rules[name].exchange
    if not isinstance(exchange, TypedField):
        return None
    return exchange.left_type if side.name == LEFT else exchange.right_type


def report_untranslatable(context: Context) -> None:
    """Report the values that did not travel in this run, the most frequent first."""
    for side in context.connection.sides:
        for name in dict.fromkeys(
            name for account, name, _ in context.findings.untranslatable if account == side.account
        ):
            values = [
                (value, contacts)
                for (account, field, value), contacts in context.findings.untranslatable.most_common()
                if (account, field) == (side.account, name)
            ]
            what = _what(name, side.account, context.connection.other(side).account)
            context.run.progress.note(f"{side.account}: {what}, left alone: {_listed(values)}")


def _untranslatable_values(context: Context, side: Side, contact: Contact) -> Iterator[tuple[str, str]]:
    target = context.connection.other(side)
    for name, rule in context.present_rules().items():
        if target.name not in rule.translating or not rule.to(target.name):
            continue
        value = contact.fields.get(name)
        if rule.carried(value, target.name) is NO_TRANSLATION:
            yield name, ", ".join(value) if isinstance(value, tuple) else str(value)


def _listed(values: list[tuple[str, int]]) -> str:
    shown = [f'"{value}" ({contacts:,})' for value, contacts in values[:LONGEST]]
    rest = sum(contacts for _, contacts in values[LONGEST:])
    return ", ".join([*shown, *([f"others ({rest:,})"] if rest else [])])


def _what(name: str, account: str, other: str) -> str:
    if name == OWNER:
        return f"owners that are no users of {other}"
    if name.startswith(TOO_LONG):
        return f"values of {name.removeprefix(TOO_LONG)} that are too long"
    if name.startswith(FAILED):
        return f"contacts for which the template of {name.removeprefix(FAILED)} has no result"
    if name.startswith(NO_VALUE):
        kind, _, field = name.removeprefix(NO_VALUE).partition(" ")
        return f"values of {field} that are no {kind}"
    if name == UNKNOWN_OWNER:
        return f"owners that are no users that {account} shows"
    return f"values of {name} without a counterpart at {other}"
