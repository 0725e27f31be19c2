"""Put first and last name together into the one name of Whautomate, and take it apart (R36). Pure.

Rules kept here:
- both names stand in custom fields too. They count as long as they make up the name;
- of a name that a user has changed since, the part that did not change counts; else it is split at the last space;
- what is split may be wrong, so the engine only fills blanks with it (`derived` of connectors.connector);
- a number or an e-mail address is no name: Whautomate shows the number of a contact that has none.
"""

from connectors.values import person_name, text
from connectors.values.text import Reading

Names = tuple[str | None, str | None]


def whole_name(first: str | None, last: str | None) -> str:
    """Return the one name of a contact, "" for none."""
    return " ".join(filter(None, (first, last)))


def read_name(raw: object) -> Reading:
    """Return a name as it is shown, None where it is none."""
    found = text.clean_line(raw)
    if not isinstance(found, str):
        return found
    return None if not any(map(str.isalpha, found)) else person_name.named(found)


def split_name(name: str, own: Names) -> Names:
    """Return first and last name. `own` are those that stand beside the name."""
    first, last = own
    if text.comparable(whole_name(first, last)) == text.comparable(name):
        return own
    if first and name.startswith(f"{first} "):
        return first, name.removeprefix(f"{first} ")
    if last and name.endswith(f" {last}"):
        return name.removesuffix(f" {last}"), last
    front, _, back = name.rpartition(" ")
    return (front, back) if front else (back, None)
