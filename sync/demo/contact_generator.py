"""Invent the contacts of the demo: the same each time, with the dirt that imports leave. Pure.

Fields have canonical names (connectors.contact); the sandboxes translate them. Addresses are of example.com, numbers
are 555-01xx and 020 7946 0xxx, which are reserved for fiction.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import product
from random import Random
from typing import Any, Final, Literal

Side = Literal["left", "right"]

ONLY_LEFT: Final = 150
ONLY_RIGHT: Final = 84
SAME_EMAIL: Final = 44
SAME_PHONE: Final = 9

_FIRST = (
    "Ada", "Ali", "Amara", "Bea", "Carlos", "Chloe", "Diego", "Elif", "Emil", "Farah", "Grace", "Hugo", "Ines", "Jonas",
    "Kofi", "Lena", "Mateo", "Mira", "Nils", "Olga", "Priya", "Quinn", "Rosa", "Samir", "Tara", "Uma", "Viktor", "Wen",
)  # fmt: skip
_LAST = (
    "Abbott", "Bauer", "Costa", "Dubois", "Eriksen", "Fischer", "Garcia", "Hansen", "Ito", "Jensen", "Kowalski",
    "Lopez", "Moreau", "Novak", "Okafor", "Patel", "Quist", "Rossi", "Silva", "Tanaka",
)  # fmt: skip
_COMPANIES = ("Acme Tools", "Blue Kettle", "Cedar & Sons", "Delta Freight", "Elm Street Dental", "Fox Optics")
_TITLES = ("Account Executive", "CEO", "Head of Sales", "Office Manager", "Buyer", "VP, Marketing")
_CITIES = (("Boston", "MA"), ("Chicago", "IL"), ("Denver", "CO"), ("New York", "NY"), ("Seattle", "WA"))
_AREAS = ("212", "312", "415", "617", "206")
_LABELS = ("VIP", "Newsletter", "Cold", "Trade Fair", "Partner")
_STYLES = ("({0}) 555-01{1}", "{0}-555-01{1}", "+1 {0} 555 01{1}", "1.{0}.555.01{1}")

Fields = dict[str, Any]


@dataclass(frozen=True, slots=True)
class SampleRecord:
    """A contact as one system has it, and how long ago it was last changed."""

    side: Side
    fields: Fields
    age: timedelta

    def changed_at(self, now: datetime) -> datetime:
        """Return when the record was last changed."""
        return now - self.age


@dataclass(frozen=True, slots=True)
class SamplePerson:
    """A person that both systems may know, each with values of its own."""

    first: str
    last: str
    area: str
    line: str
    company: str
    title: str
    city: str
    state: str
    labels: tuple[str, ...]
    style: str

    def left(self) -> Fields:
        """Return the fields at the left: the number as people type it, the country as a word."""
        return self._shared() | {
            "mobile_phone": self.style.format(self.area, self.line),
            "title": self.title,
            "country": "USA",
            "tags": list(self.labels),
        }

    def right(self) -> Fields:
        """Return the fields at the right: the number in E.164, the country as a code, tags in lower case."""
        return self._shared() | {
            "phone": f"+1{self.area}55501{self.line}",
            "country": "US",
            "tags": [label.lower() for label in self.labels],
        }

    def _shared(self) -> Fields:
        return {
            "first_name": self.first,
            "last_name": self.last,
            "email": f"{self.first}.{self.last}@example.com".lower(),
            "company": self.company,
            "city": self.city,
            "state": self.state,
        }


def population(seed: int = 7) -> list[SampleRecord]:
    """Return all contacts but those of sync.demo.sample_contacts, in the order in which they were added."""
    chance = Random(seed)  # noqa: S311 - no secret: the contacts shall be the same each time
    people = _people(chance)
    records = [
        *(SampleRecord("left", _dirty(number, next(people).left()), _age(chance)) for number in range(ONLY_LEFT)),
        *(SampleRecord("right", next(people).right(), _age(chance)) for _ in range(ONLY_RIGHT)),
    ]
    for number in range(SAME_EMAIL):
        records.extend(_on_both_sides(next(people), number, chance))
    for _ in range(SAME_PHONE):
        person = next(people)
        records.append(SampleRecord("left", person.left(), _age(chance)))
        records.append(SampleRecord("right", person.right() | {"email": None}, _age(chance)))
    return records


def _people(chance: Random) -> Iterator[SamplePerson]:
    names = chance.sample(list(product(_FIRST, _LAST)), ONLY_LEFT + ONLY_RIGHT + SAME_EMAIL + SAME_PHONE)
    numbers = [(area, f"{line:02d}") for area in _AREAS for line in range(100)]
    for (first, last), (area, line) in zip(names, numbers, strict=False):
        city, state = chance.choice(_CITIES)
        labels = tuple(chance.sample(_LABELS, chance.choice((0, 1, 1, 2))))
        company, title, style = chance.choice(_COMPANIES), chance.choice(_TITLES), chance.choice(_STYLES)
        yield SamplePerson(first, last, area, line, company, title, city, state, labels, style)


def _dirty(number: int, fields: Fields) -> Fields:
    """Return the fields as an import from another system leaves them, for one contact in a few."""
    match number % 6:
        case 0:
            return fields | {"mobile_phone": "NaN", "work_phone": fields["mobile_phone"]}
        case 1:
            return fields | {"website": "www.example.com", "linkedin_url": f"linkedin.com/in/demo-{number}"}
        case 2:
            return fields | {"tags": ", ".join(fields["tags"]) or None, "company": "None"}
        case 3:
            return fields | {"first_name": f"  {fields['first_name']} ", "country": "United States of America"}
        case _:
            return fields


def _on_both_sides(person: SamplePerson, number: int, chance: Random) -> tuple[SampleRecord, SampleRecord]:
    """Return two records of one person. Each side has values that the other lacks, and some differ."""
    left, right = person.left(), person.right()
    if number % 2:
        right["company"] = None
    else:
        left["city"] = left["state"] = None
    if number % 4 == 0:
        right["company"] = f"{person.company} Ltd"
    return SampleRecord("left", left, _age(chance)), SampleRecord("right", right, _age(chance))


def _age(chance: Random) -> timedelta:
    return timedelta(hours=chance.randint(2, 24 * 90), minutes=chance.randint(0, 59), seconds=chance.randint(0, 59))
