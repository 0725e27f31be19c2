"""The table `contacts.fields` of a connection in the config file: standard fields, and the user's own (R47, R48).

config.example.toml and docs/fields.md explain the keys; sync.config.field_checks finds what is wrong between them.
"""

import re
from collections.abc import Mapping
from typing import Annotated, Any, Final, Literal, Self

from pydantic import AfterValidator, BeforeValidator, Field, PrivateAttr, StringConstraints, model_validator

from connectors.account_options import OptionsTable, Text
from connectors.contact import FIELDS
from connectors.fields import STANDARD_TYPES, FieldType
from connectors.values.template import Template, read_template
from sync.config.lookup import Lookup, read_lookup
from sync.config.value_types import ConsentChannel, Flag

Policy = Literal["newest", "left", "right", "manual"]
"""What decides a conflict (R14)."""

FieldDirection = Literal["both", "left_to_right", "right_to_left", "none"]
"""Where a field travels; "none" keeps it out."""

FIELD_KEYS: Final = (
    "direction", "conflicts", "type", "as", "prefix", "map", "case", "strip", "join", "split", "lookup", "template",
    "value", "loosen", "channels",
)  # fmt: skip
"""The keys of a field. Every other key names an account, or a kind of system."""

TRANSFORMS: Final = ("map", "case", "strip", "prefix", "join", "split", "lookup", "template", "value")
ONE_WAY: Final = frozenset({"case", "strip", "template", "value"})
"""Transforms that cannot be inverted: another value may lead to the same result."""

COMPUTED: Final = frozenset({"template", "value"})
"""Transforms that make a value of other fields, or of none: the field has a place at one side alone."""

EXCLUSIVE: Final = frozenset({"stage", "status"})
"""Fields that can be kept as a tag: a contact has one value of them at a time."""

TYPED: Final = frozenset(f"custom{number}" for number in range(1, 10))
"""The standard fields that may have any type: nothing is known of what they hold."""

WORDED: Final = frozenset(
    {*EXCLUSIVE, *TYPED, "title", "company", "city", "state", "industry", "employee_count", "annual_revenue"}
    | {"keywords", "technologies", "email_status", "email_confidence"}
)
"""Standard fields with plain words as values, which a transform may change."""

CONSENT: Final = "do_not_contact"

OWN_NAME: Final = re.compile(r"[a-z][a-z0-9_]{0,39}")


def _name(value: str) -> str:
    if value not in FIELDS and not OWN_NAME.fullmatch(value):
        raise ValueError("a name of small letters, digits and _, which begins with a letter, of at most 40 characters")
    return value


Exact = Annotated[str, StringConstraints(strict=True, min_length=1)]
"""A text in which spaces count."""

MappedName = Annotated[str, AfterValidator(_name)]
"""The name of a standard field, or one that the user chose."""


class FieldOptions(OptionsTable):
    """Where one field differs from the defaults. `places` are keys by account name, or by kind of system.

    `map` has the words of the right side by those of the left. With `as` "tags" the field is kept as a tag that begins
    with `prefix`, one for each contact, where a system can do that. A block in one of `channels` means that the contact
    may not be contacted (R38).
    """

    direction: FieldDirection | None = None
    conflicts: Policy | None = None
    type: FieldType | None = None
    as_: Literal["field", "tags"] = Field(default="field", alias="as")
    prefix: Text | None = None
    map: Annotated[dict[Text, Text], Field(min_length=1)] | None = None
    case: Literal["upper", "lower", "title"] | None = None
    strip: Exact | None = None
    join: Exact | None = None
    split: Exact | None = None
    lookup: Annotated[Lookup, BeforeValidator(read_lookup)] | None = None
    template: Annotated[Template, BeforeValidator(read_template)] | None = None
    value: Text | None = None
    loosen: Flag = False
    channels: tuple[ConsentChannel, ...] | None = None
    places: dict[str, Text] = Field(default_factory=dict)
    _ignored: dict[str, str] = PrivateAttr(default_factory=dict)

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
    def _one_transform(self) -> Self:
        if len(self.transforms) > 1:
            raise ValueError(f"one of {', '.join(TRANSFORMS)}, and not both {' and '.join(self.transforms[:2])}")
        return self

    @property
    def transforms(self) -> tuple[str, ...]:
        """Return the keys of the transforms that are set. The prefix of tags is none."""
        given = (key for key in TRANSFORMS if getattr(self, key) is not None)
        return tuple(key for key in given if key != "prefix" or self.as_ != "tags")

    @property
    def transform(self) -> str | None:
        """Return the key of the transform, None where the values travel as they are."""
        return next(iter(self.transforms), None)

    def place(self, account: str, connector: str) -> str | None:
        """Return the key that holds this field at an account of a kind, None for the default key."""
        if account in self._ignored:
            return None
        return self.places.get(account, self.places.get(connector))

    @property
    def ignored(self) -> Mapping[str, str]:
        """Return the accounts at which the place is not used, with a sentence, "" where it is the default one."""
        return self._ignored

    def ignore(self, account: str, sentence: str) -> None:
        """Use the default place at an account, whatever the config says (sync.config.ignored_places)."""
        self._ignored[account] = sentence


def is_mapped(name: str, options: FieldOptions) -> bool:
    """Say whether the values of a field convert by a type: those of the user's own fields, and typed custom ones."""
    return name not in FIELDS or options.type is not None


def types_of(name: str, options: FieldOptions) -> tuple[FieldType, FieldType]:
    """Return the type of a field at the left and at the right. They differ where values are joined or split."""
    own: FieldType = options.type or STANDARD_TYPES.get(name, "text")
    if options.join is not None:
        return "choices", "text"
    return ("text", "choices") if options.split is not None else (own, own)


def is_computed(options: FieldOptions) -> bool:
    """Say whether the value is made by a template, or is a constant."""
    return options.transform in COMPUTED


def computed_at(options: FieldOptions) -> str | None:
    """Return the side with the records that the value is made from, None for a field that is not computed."""
    if not is_computed(options):
        return None
    return "right" if options.direction == "right_to_left" else "left"
