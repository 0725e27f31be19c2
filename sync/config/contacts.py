"""How people travel on a connection: the tables `contacts`, `contacts.only` and `contacts.fields` of the config file.

The keys are fixed by the contract, config.example.toml explains them, `sync.config.value_types` says what their
values may
be; what is wrong between keys that are right by themselves is told by `check_contacts`.
"""

from collections.abc import Iterator, Mapping
from itertools import permutations
from typing import Annotated, Any, Literal, Self

from pydantic import Field, model_validator

from connectors.contact import SET_FIELDS
from sync.config.error_lines import ConfigMistake
from sync.config.table import ConfigTable
from sync.config.value_types import ConsentChannel, Direction, FieldName, Flag, ShareOrCount, Text, Values, suggest

Policy = Literal["newest", "left", "right", "manual"]
"""What decides a conflict (R14)."""


class Only(ConfigTable):
    """Who is carried over for the first time from a side: people who show one of the values in every field named."""

    left: dict[FieldName, Values] = Field(default_factory=dict)
    right: dict[FieldName, Values] = Field(default_factory=dict)


class FieldOptions(ConfigTable):
    """Where one field differs from the defaults. `places` is keyed by account name, or by kind of connector.

    `map` has the words of the right side by those of the left. With `as` "tags" the field is a tag at GrowthHub that
    begins with `prefix`, of which a person bears one. `channels` are those of GrowthHub in which a block means that the
    person may not be contacted.
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
            raise ValueError("a map whose words on the left side differ in more than capital letters")
        return self

    @model_validator(mode="after")
    def _a_prefix_is_of_tags(self) -> Self:
        if self.prefix is not None and self.as_ != "tags":
            raise ValueError('prefix beside as = "tags", and not without it')
        return self

    def place(self, account: str, connector: str) -> str | None:
        """Return the key that holds this field at the account, None where it is the default one."""
        return self.places.get(account, self.places.get(connector))


FIELD_KEYS = ("direction", "conflicts", "as", "prefix", "map", "loosen", "channels")
"""The keys of a field; every other one names an account, or a kind of connector."""

EXCLUSIVE = frozenset({"stage", "status"})
"""Fields that can be tags of which a person bears one at a time."""

WORDED = frozenset(
    {*EXCLUSIVE, "title", "company", "city", "state", "industry", "employee_count", "annual_revenue"}
    | {"keywords", "technologies", "email_status", "email_confidence", *(f"custom{number}" for number in range(1, 10))}
)
"""Fields whose values are plain words, which a map may turn into others."""

CONSENT = "do_not_contact"
ASKED = "growthgenius"
"""The kind of account that knows companies."""

TAGGED = "growthhub"
"""The kind of account at which a field may be a tag."""


class ContactsStream(ConfigTable):
    """How people travel. `create_tags` are put on every contact that a run creates, on the side where it is created."""

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
        """Return the channels in which a block means do-not-contact, None for the default."""
        options = self.fields.get(CONSENT)
        return None if options is None else options.channels

    @property
    def groups(self) -> dict[str, str]:
        """Return the beginning of the tags, as the file has it, of every field that is one of its tags at GrowthHub."""
        return {name: option.prefix or f"{name}:" for name, option in self.fields.items() if option.as_ == "tags"}


def check_contacts(
    contacts: ContactsStream, kinds: Mapping[str, str], place: tuple[str, ...]
) -> Iterator[ConfigMistake]:
    """Yield what is wrong between the keys of a contacts' table at a place; `kinds` are its accounts' connectors."""
    if contacts.enrich and sorted(kind == ASKED for kind in kinds.values()) != [False, True]:
        allowed = f"true only between {ASKED}, which is asked, and another system"
        yield ConfigMistake((*place, "enrich"), allowed, found=True)
    for name, options in contacts.fields.items():
        yield from _check_field(name, options, kinds, (*place, "fields", name))
    yield from _check_prefixes(contacts, (*place, "fields"))


def _check_field(
    name: str, options: FieldOptions, kinds: Mapping[str, str], place: tuple[str, ...]
) -> Iterator[ConfigMistake]:
    known = dict.fromkeys((*FIELD_KEYS, *kinds, *kinds.values()))
    for key in options.places:
        if key not in known:
            yield ConfigMistake((*place, key), suggest(key, known), unknown=True)
    if options.as_ == "tags" and name not in EXCLUSIVE:
        yield ConfigMistake((*place, "as"), f"tags only for {' and '.join(sorted(EXCLUSIVE))}", "tags")
    elif options.as_ == "tags" and (TAGGED not in kinds.values() or options.places):
        yield ConfigMistake((*place, "as"), f"tags only at {TAGGED}, and not beside the key of a field", "tags")
    if options.map is not None and name not in WORDED:
        yield ConfigMistake((*place, "map"), f"for {', '.join(sorted(WORDED))} only", None)
    if options.conflicts is not None and name in SET_FIELDS:
        allowed = "for every field but tags and lists, which are merged one by one and know no conflict"
        yield ConfigMistake((*place, "conflicts"), allowed, options.conflicts)
    if options.loosen and name != CONSENT:
        yield ConfigMistake((*place, "loosen"), f"true for {CONSENT} only", found=True)
    if options.channels is not None and (name != CONSENT or TAGGED not in kinds.values()):
        yield ConfigMistake(
            (*place, "channels"), f"for {CONSENT} of an account at {TAGGED} only", list(options.channels)
        )


def _check_prefixes(contacts: ContactsStream, place: tuple[str, ...]) -> Iterator[ConfigMistake]:
    """Yield groups of tags that cannot be told apart from each other, or from the tags of who is created."""
    for prefix in contacts.groups.values():
        for tag in contacts.create_tags:
            if tag.casefold().startswith(prefix.casefold()):
                yield ConfigMistake((*place[:-1], "create_tags"), f"tags that do not begin with {prefix}", tag)
    for (name, prefix), (_, other) in permutations(contacts.groups.items(), 2):
        if other.casefold().startswith(prefix.casefold()):
            yield ConfigMistake((*place, name, "prefix"), "a beginning that no other prefix begins with", prefix)
            return
