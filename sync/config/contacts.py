"""The tables `contacts`, `contacts.only` and `contacts.fields` of a connection in the config file.

config.example.toml explains the keys, sync.config.value_types says what values they take. `check_contacts` finds what
is wrong between keys that are right by themselves.
"""

from collections.abc import Iterable, Iterator, Mapping
from itertools import permutations
from typing import Annotated, Any, Literal, Self

from pydantic import Field, model_validator

from connectors import registry
from connectors.account_options import OptionsTable, Text
from connectors.contact import SET_FIELDS
from sync.config.error_lines import ConfigMistake
from sync.config.value_types import ConsentChannel, Direction, FieldName, Flag, ShareOrCount, Values, suggest

Policy = Literal["newest", "left", "right", "manual"]
"""What decides a conflict (R14)."""


class Only(OptionsTable):
    """Which contacts are carried for the first time from a side: those with one of the values in each field (R29)."""

    left: dict[FieldName, Values] = Field(default_factory=dict)
    right: dict[FieldName, Values] = Field(default_factory=dict)


class FieldOptions(OptionsTable):
    """Where one field differs from the defaults. `places` are keys by account name, or by kind of system.

    `map` has the words of the right side by those of the left. With `as` "tags" the field is kept as a tag that begins
    with `prefix`, one for each contact, where a system can do that. A block in one of `channels` means that the contact
    may not be contacted (R38).
    """

    direction: Direction | None = None
    conflicts: Policy | None = None
    as_: Literal["field", "tags"] = Field(default="field", alias="as")
    prefix: Text | None = None
    map: Annotated[dict[Text, Text], Field(min_length=1)] | None = None
    loosen: Flag = False
    channels: tuple[ConsentChannel, ...] | None = None
    places: dict[str, Text] = Field(default_factory=dict)

    @model_validator(mode="before")
    @classmethod
    def _every_other_key_is_a_place(cls, table: Any) -> Any:
        if not isinstance(table, dict):
            return table
        places = {key: value for key, value in table.items() if key not in FIELD_KEYS}
        return {"places": places} | {key: value for key, value in table.items() if key in FIELD_KEYS}

    @model_validator(mode="after")
    def _words_of_the_left_are_different(self) -> Self:
        folded = [word.casefold() for word in self.map or {}]
        if len(set(folded)) < len(folded):
            raise ValueError("a map with words on the left side that differ in more than capital letters")
        return self

    @model_validator(mode="after")
    def _a_prefix_is_of_tags(self) -> Self:
        if self.prefix is not None and self.as_ != "tags":
            raise ValueError('prefix beside as = "tags", and not without it')
        return self

    def place(self, account: str, connector: str) -> str | None:
        """Return the key that holds this field at an account of a kind, None for the default key."""
        return self.places.get(account, self.places.get(connector))


FIELD_KEYS = ("direction", "conflicts", "as", "prefix", "map", "loosen", "channels")
"""The keys of a field. Every other key names an account, or a kind of system."""

EXCLUSIVE = frozenset({"stage", "status"})
"""Fields that can be kept as a tag: a contact has one value of them at a time."""

WORDED = frozenset(
    {*EXCLUSIVE, "title", "company", "city", "state", "industry", "employee_count", "annual_revenue"}
    | {"keywords", "technologies", "email_status", "email_confidence", *(f"custom{number}" for number in range(1, 10))}
)
"""Fields with plain words as values, which `map` may translate."""

CONSENT = "do_not_contact"


class ContactsStream(OptionsTable):
    """How contacts travel. `create_tags` are put on every contact that a run creates, on the side of the create."""

    direction: Direction = "both"
    create: Literal["both", "left", "right", "none"] = "both"
    only: Only = Field(default_factory=dict, validate_default=True)
    conflicts: Policy = "newest"
    deletes: Literal["ignore", "propagate"] = "ignore"
    max_changed: ShareOrCount = 0.5
    create_tags: tuple[Text, ...] = ()
    enrich: Flag = False
    fields: dict[FieldName, FieldOptions] = Field(default_factory=dict)

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
    for name, options in contacts.fields.items():
        field_place = (*place, "fields", name)
        yield from _check_places(options, kinds, field_place)
        yield from _check_values(name, options, field_place)
        yield from _check_capabilities(name, options, kinds, field_place)
    yield from _check_prefixes(contacts, (*place, "fields"))


def _check_places(options: FieldOptions, kinds: Mapping[str, str], place: tuple[str, ...]) -> Iterator[ConfigMistake]:
    known = dict.fromkeys((*FIELD_KEYS, *kinds, *kinds.values()))
    for key in options.places:
        if key not in known:
            yield ConfigMistake((*place, key), suggest(key, known), unknown=True)


def _check_values(name: str, options: FieldOptions, place: tuple[str, ...]) -> Iterator[ConfigMistake]:
    if options.map is not None and name not in WORDED:
        yield ConfigMistake((*place, "map"), f"for {', '.join(sorted(WORDED))} only", None)
    if options.conflicts is not None and name in SET_FIELDS:
        allowed = "for every field but tags and lists, which are merged one by one and know no conflict"
        yield ConfigMistake((*place, "conflicts"), allowed, options.conflicts)
    if options.loosen and name != CONSENT:
        yield ConfigMistake((*place, "loosen"), f"true for {CONSENT} only", found=True)


def _check_capabilities(
    name: str, options: FieldOptions, kinds: Mapping[str, str], place: tuple[str, ...]
) -> Iterator[ConfigMistake]:
    """Yield what no account of the connection can do (R30)."""
    able = registry.kinds_with("tag_fields")
    if options.as_ == "tags" and name not in EXCLUSIVE:
        yield ConfigMistake((*place, "as"), f"tags only for {' and '.join(sorted(EXCLUSIVE))}", "tags")
    elif options.as_ == "tags" and (options.places or not {*able} & {*kinds.values()}):
        yield ConfigMistake((*place, "as"), f"tags only at {_listed(able)}, and not beside the key of a field", "tags")
    blocking = registry.kinds_with("consent_channels")
    if options.channels is not None and (name != CONSENT or not {*blocking} & {*kinds.values()}):
        allowed = f"for {CONSENT} of an account at {_listed(blocking)} only"
        yield ConfigMistake((*place, "channels"), allowed, list(options.channels))


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
