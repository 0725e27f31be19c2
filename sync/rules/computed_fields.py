"""Add the fields that are made of others to a contact: by a template, or as a constant (R48). Pure.

Rules kept here:
- a computed field has no place at its source: the record shows it as if it had, so it is merged as every other one;
- while a field that the template reads is unknown, so is the result (R4);
- a result that is no value of the field's type, and a template that cannot be rendered, are unmapped with the reason,
  which names the field (R17).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from connectors.contact import Contact, Value
from connectors.fields import FieldType
from connectors.values import typed
from connectors.values.template import Template, TemplateError
from connectors.values.text import Unknown, Unmapped

FAILED: Final = "template: "
"""The beginning of the reason of a field with a template that could not be rendered."""


@dataclass(frozen=True, slots=True)
class ComputedField:
    """One field that is made of others. Without a template it is the constant `value`."""

    name: str
    type: FieldType
    template: Template | None = None
    value: str = ""

    def read(self, fields: Mapping[str, Value]) -> typed.Decoded:
        """Return the value for a contact with these fields."""
        if self.template is None:
            return typed.decode(self.type, self.value)
        try:
            found = typed.decode(self.type, self.template.render(fields))
        except TemplateError as error:
            return Unmapped(f"{FAILED}{error}")
        return Unmapped(f"{FAILED}no {self.type}: {found.raw}") if isinstance(found, Unmapped) else found


@dataclass(frozen=True, slots=True)
class ComputedFields:
    """All computed fields of one side."""

    fields: Sequence[ComputedField]

    def __call__(self, contact: Contact) -> Contact:
        """Return the contact with its computed fields."""
        shown, unmapped = dict(contact.fields), dict(contact.unmapped)
        for one in self.fields:
            shown.pop(one.name, None)
            unmapped.pop(one.name, None)
            if one.template is not None and not one.template.names <= contact.fields.keys():
                continue
            found = one.read(contact.fields)
            if isinstance(found, Unmapped):
                unmapped[one.name] = found.raw
            elif not isinstance(found, Unknown):
                shown[one.name] = found
        return replace(contact, fields=shown, unmapped=unmapped)
