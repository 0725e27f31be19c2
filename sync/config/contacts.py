"""The tables `contacts` and `contacts.only` of a connection in the config file.

config.example.toml explains the keys, sync.config.value_types says what values they take. `check_contacts` finds what
is wrong between keys that are right by themselves.
"""

from collections.abc import Iterable, Iterator, Mapping
from itertools import permutations
from typing import Literal

from pydantic import Field

from connectors import registry
from connectors.account_options import OptionsTable, Text
from sync.config.error_lines import ConfigMistake
from sync.config.field_checks import check_fields
from sync.config.fields import CONSENT, FieldOptions, MappedName, Policy
from sync.config.ignored_places import ignore_unusable
from sync.config.scope import Only, check_scope
from sync.config.value_types import Direction, Flag, ShareOrCount


class ContactsStream(OptionsTable):
    """How contacts travel. `create_tags` are put on every contact that a run creates, on the side of the create."""

    direction: Direction = "both"
    create: Literal["both", "left", "right", "none"] = "both"
    only: Only = Field(default_factory=dict, validate_default=True)
    conflicts: Policy = "newest"
    deletes: Literal["ignore", "propagate"] = "ignore"
    max_changed: ShareOrCount = 0.5
    max_created: ShareOrCount = 1000
    create_tags: tuple[Text, ...] = ()
    enrich: Flag = False
    fields: dict[MappedName, FieldOptions] = Field(default_factory=dict)

    @property
    def consent_channels(self) -> tuple[str, ...] | None:
        """Return the channels in which a block means do-not-contact, None for the system's default."""
        options = self.fields.get(CONSENT)
        return None if options is None else options.channels

    @property
    def tag_prefixes(self) -> dict[str, str]:
        """Return the prefix of the tags of each field that is kept as a tag, as the config file has it."""
        return {name: option.prefix or f"{name}:" for name, option in self.fields.items() if option.as_ == "tags"}


def check_contacts(
    contacts: ContactsStream, kinds: Mapping[str, str], place: tuple[str, ...]
) -> Iterator[ConfigMistake]:
    """Yield what is wrong between the keys of the table at a place. `kinds` are the kinds of its accounts, by name."""
    asked = registry.kinds_with("company_lookup")
    if contacts.enrich and sorted(kind in asked for kind in kinds.values()) != [False, True]:
        allowed = f"true only between {_listed(asked)}, which is asked, and another system"
        yield ConfigMistake((*place, "enrich"), allowed, found=True)
    ignore_unusable(contacts.fields, contacts.direction, kinds)
    yield from check_fields(contacts.fields, contacts.direction, kinds, (*place, "fields"))
    yield from _check_prefixes(contacts, (*place, "fields"))
    yield from check_scope(contacts.only, tuple(contacts.fields), (*place, "only"))


def _listed(kinds: Iterable[str]) -> str:
    return " or ".join(kinds)


def _check_prefixes(contacts: ContactsStream, place: tuple[str, ...]) -> Iterator[ConfigMistake]:
    """Yield prefixes that other tags begin with: those of another field, or those of created contacts."""
    for prefix in contacts.tag_prefixes.values():
        for tag in contacts.create_tags:
            if tag.casefold().startswith(prefix.casefold()):
                yield ConfigMistake((*place[:-1], "create_tags"), f"tags that do not begin with {prefix}", tag)
    for (name, prefix), (_, other) in permutations(contacts.tag_prefixes.items(), 2):
        if other.casefold().startswith(prefix.casefold()):
            yield ConfigMistake((*place, name, "prefix"), "a beginning that no other prefix begins with", prefix)
            return
