"""Read and render the `template` of a field: Jinja2 in its sandbox, and only what cannot run long (R48).

Rules kept here:
- a template reads the fields of one contact by their names, and nothing else: no file, import, call or attribute;
- it has no loop and no arithmetic, so the time and the size of its result are bounded by its own length;
- an empty field is an empty text; a set is its elements with commas;
- what is wrong is found when the config is read. Rendering raises TemplateError where a filter cannot use a value.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Final

from connectors.contact import Value
from connectors.values.text import LONGEST

if TYPE_CHECKING:
    from jinja2.nodes import Node
    from jinja2.sandbox import SandboxedEnvironment

LARGEST: Final = 4_000
"""Characters of a template."""

NODES: Final = frozenset(
    {"Template", "Output", "TemplateData", "Name", "Const", "Filter", "If", "CondExpr", "Test", "Compare", "Operand",
     "And", "Or", "Not", "Concat", "Keyword"}
)  # fmt: skip
FILTERS: Final = frozenset(
    {"upper", "lower", "title", "capitalize", "trim", "default", "d", "replace", "join", "first", "last", "length",
     "truncate"}
)  # fmt: skip
TESTS: Final = frozenset({"defined", "undefined", "none", "eq", "ne", "in", "lt", "le", "gt", "ge"})
HELP: Final = 'a text with fields in it, like "{{ first_name }} {{ last_name }}"'


class TemplateError(Exception):
    """A template that cannot be rendered for one contact, with the reason."""


@dataclass(frozen=True, slots=True)
class Template:
    """A template. `names` are the fields that it reads."""

    text: str
    names: frozenset[str]
    _render: Callable[..., str] = field(repr=False, compare=False)

    def render(self, fields: Mapping[str, Value]) -> str:
        """Return the text for a contact. Raises TemplateError."""
        try:
            found = self._render({name: _shown(fields.get(name)) for name in self.names})
        except Exception as error:  # noqa: BLE001 - the filters of Jinja2 raise any error for a value they cannot use
            raise TemplateError(str(error) or type(error).__name__) from None
        if len(found) > LONGEST:
            raise TemplateError(f"its result has more than {LONGEST} characters")
        return found


def read_template(value: object) -> Template:
    """Read a template. Raises ValueError for what is wrong with it."""
    if not isinstance(value, str) or not value.strip():
        raise ValueError(HELP)
    if len(value) > LARGEST:
        raise ValueError(f"{HELP}, of at most {LARGEST:,} characters")
    from jinja2 import TemplateSyntaxError, meta

    environment = _environment()
    try:
        tree = environment.parse(value)
        _refuse_what_is_not_allowed(tree)
        compiled = environment.from_string(value)
    except TemplateSyntaxError as error:
        raise ValueError(f"{HELP}; this one cannot be read: {error.message}") from None
    return Template(value, frozenset(meta.find_undeclared_variables(tree)), compiled.render)


@cache
def _environment() -> "SandboxedEnvironment":
    from jinja2 import StrictUndefined
    from jinja2.sandbox import ImmutableSandboxedEnvironment

    made = ImmutableSandboxedEnvironment(undefined=StrictUndefined, autoescape=False)
    made.globals.clear()
    made.filters = {name: made.filters[name] for name in FILTERS} | {"replace": _replace}
    made.tests = {name: made.tests[name] for name in TESTS}
    return made


def _refuse_what_is_not_allowed(tree: "Node") -> None:
    """Raise ValueError for a part of a template that may run long or reach beyond the contact."""
    from jinja2 import nodes

    for node in tree.find_all(nodes.Node):
        kind = type(node).__name__
        if kind not in NODES:
            raise ValueError(f"{HELP}; this one has a {kind.lower()}, and may have fields, filters and conditions only")


def _shown(value: Value) -> str:
    return ", ".join(value) if isinstance(value, tuple) else value or ""


def _replace(value: str, old: str, new: str) -> str:
    """Replace a part of a text. Raises ValueError for a long result, so that a chain of replacements stays bounded."""
    found = str(value).replace(str(old), str(new)) if old else str(value)
    if len(found) > LONGEST:
        raise ValueError(f"a result of more than {LONGEST} characters")
    return found
