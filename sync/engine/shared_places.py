"""Refuse a run with fields that would be written to one custom field: each would replace the value of the other (R47).

The config is compared when it is read (sync.config.field_checks), by what the spellings of a place have in common. An
id, and a name that a user changed, are known to the account alone, so a run asks for them before it writes anything.
"""

from collections.abc import Iterator, Mapping

from connectors.errors import ConnectorError
from sync.contacts.context import Context
from sync.rules.mapping import Rules


def confirm_places(context: Context) -> None:
    """Raise ConnectorError where two fields are written to one custom field of an account.

    Accounts are asked only if the config names a place; their answer is cached for a day.
    """
    if not any(options.places for options in context.settings.fields.values()):
        return
    for side in context.connection.sides:
        for name, other in shared_places(side.connector.place_ids(), context.mapping.rules, side.name):
            place = f"[connections.{context.connection.name}.contacts.fields]"
            raise ConnectorError(
                side.account,
                f"the fields {name} and {other} are both written to one custom field, so nothing was written; correct "
                f"{place}: give one of them another place or another direction. `sync fields` shows the places",
            )


def shared_places(ids: Mapping[str, str], rules: Rules, side: str) -> Iterator[tuple[str, str]]:
    """Yield the fields that are written at a side to the custom field of another one, with the name of that one."""
    first: dict[str, str] = {}
    for name, rule in rules.items():
        if name in ids and rule.to(side):
            other = first.setdefault(ids[name], name)
            if other != name:
                yield other, name
