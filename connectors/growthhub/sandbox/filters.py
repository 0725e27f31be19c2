"""The filters of POST /contacts/search in the GrowthHub sandbox.

Rules kept here (documented): a filter is a field with an operator, and a value where the operator takes one. Groups of
them, joined by AND or OR, may be nested. The top is AND. Each field has some operators. Anything else is refused, and
so is a value of more than 75 letters.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final

from connectors.values import instant

Record = Mapping[str, Any]
"""A contact as the sandbox keeps it: wire properties, times in milliseconds, custom values by field id."""
Test = Callable[[Record], bool]

CUSTOM: Final = "customFields."
DATES: Final = frozenset({"dateUpdated", "dateAdded"})
NO_VALUE: Final = frozenset({"exists", "not_exists"})
EXACT: Final = NO_VALUE | {"eq", "not_eq"}
TEXT: Final = EXACT | {"contains", "not_contains"}
OPERATORS: Final[Mapping[str, frozenset[str]]] = {
    "id": EXACT,
    **dict.fromkeys(("email", "website", "assignedTo", "country", "timezone", "type", "dnd"), EXACT),
    **dict.fromkeys(
        ("phone", "firstNameLowerCase", "lastNameLowerCase", "address", "city", "state", "postalCode", "companyName",
         "businessName", "source", "tags"), TEXT,
    ),
    **dict.fromkeys(DATES, NO_VALUE | {"range"}),
    **dict.fromkeys(("dndSettings.Email.status", "dndSettings.SMS.status", "dndSettings.Call.status"), EXACT),
    "inboundDndSettings.all.status": EXACT,
}  # fmt: skip
LONGEST: Final = 75
DEEPEST: Final = 10
_FAR: Final = 1 << 62


class InvalidQuestion(Exception):
    """A search that the server refuses with 400."""


def passing(filters: Any) -> Test:
    """Return the test whether a record passes all of a list of filters. Raises InvalidQuestion."""
    return _group("AND", filters, 0)


def span(question: Mapping[str, Any]) -> tuple[int, int]:
    """Return the first millisecond inside and the first outside of a range. Raises InvalidQuestion."""
    value = question.get("value")
    if question.get("operator") != "range" or not isinstance(value, Mapping):
        raise InvalidQuestion(f"Invalid operator {question.get('operator')}")
    unknown = value.keys() - {"gt", "gte", "lt", "lte"}
    if unknown or not value:
        raise InvalidQuestion(f"Invalid range {sorted(unknown)}")
    bounds = {key: _milliseconds(bound) for key, bound in value.items()}
    first = max(bounds.get("gte", 0), bounds.get("gt", -1) + 1)
    return first, min(bounds.get("lt", _FAR), bounds.get("lte", _FAR - 1) + 1)


def checked(filters: Any) -> list[Mapping[str, Any]]:
    """Return the filters, which must be objects in a list. Raises InvalidQuestion."""
    if not isinstance(filters, list) or not all(isinstance(each, Mapping) for each in filters):
        raise InvalidQuestion("filters must be an array of objects")
    return filters


def _group(kind: Any, filters: Any, depth: int) -> Test:
    if kind not in ("AND", "OR"):
        raise InvalidQuestion(f"Invalid group {kind}")
    if depth > DEEPEST:
        raise InvalidQuestion("groups are nested too deep")
    tests = [_filter(each, depth) for each in checked(filters)]
    if kind == "OR":
        return lambda record: any(test(record) for test in tests)
    return lambda record: all(test(record) for test in tests)


def _filter(question: Mapping[str, Any], depth: int) -> Test:
    if "group" in question:
        return _group(question["group"], question.get("filters"), depth + 1)
    field, operator, value = question.get("field"), question.get("operator"), question.get("value")
    if not isinstance(field, str) or not isinstance(operator, str):
        raise InvalidQuestion("a filter needs a field and an operator")
    allowed = OPERATORS.get(field, TEXT | {"range"} if field.startswith(CUSTOM) else frozenset())
    if not allowed:
        raise InvalidQuestion(f"Invalid field {field}")
    if operator not in allowed:
        raise InvalidQuestion(f"Invalid operator {operator} for {field}")
    if operator in NO_VALUE:
        return lambda record: (_value(record, field) not in (None, "", [])) == (operator == "exists")
    if operator == "range":
        return _ranged(field, question)
    if not isinstance(value, str | int | float) or len(str(value)) > LONGEST:
        raise InvalidQuestion(f"Invalid value for {field}")
    return _compared(field, operator, str(value).lower())


def _ranged(field: str, question: Mapping[str, Any]) -> Test:
    if field in DATES:
        first, last = span(question)
        return lambda record: first <= record[field] < last
    bounds = question.get("value")
    if not isinstance(bounds, Mapping) or bounds.keys() - {"gt", "gte", "lt", "lte"} or not bounds:
        raise InvalidQuestion(f"Invalid range for {field}")
    if not all(isinstance(bound, int | float) and not isinstance(bound, bool) for bound in bounds.values()):
        raise InvalidQuestion(f"Invalid range for {field}")

    def test(record: Record) -> bool:
        value = _value(record, field)
        if not isinstance(value, int | float):
            return False
        held = {"gt": value.__gt__, "gte": value.__ge__, "lt": value.__lt__, "lte": value.__le__}
        return all(held[key](bound) is True for key, bound in bounds.items())

    return test


def _compared(field: str, operator: str, wanted: str) -> Test:
    def has(record: Record) -> bool:
        value = _value(record, field)
        found = [str(each).lower() for each in (value if isinstance(value, list) else [value]) if each is not None]
        return any(wanted in each for each in found) if operator.endswith("contains") else wanted in found

    return (lambda record: not has(record)) if operator.startswith("not_") else has


def _value(record: Record, field: str) -> Any:
    """Return the value of a record in a field that filters know."""
    if field.startswith(CUSTOM):
        return record["customFields"].get(field.removeprefix(CUSTOM))
    kind, _, rest = field.partition(".")
    if rest:
        channels = {str(name).lower(): one for name, one in (record.get(kind) or {}).items()}
        one = channels.get(rest.partition(".")[0].lower())
        return one.get("status") if isinstance(one, Mapping) else None
    if field == "dnd":
        return bool(record.get("dnd"))
    return record.get("address1" if field == "address" else field.removesuffix("LowerCase"))


def _milliseconds(bound: Any) -> int:
    moment = instant.parse(bound)
    if moment is None:
        raise InvalidQuestion(f"Invalid date {bound}")
    return instant.to_ms(moment)
