"""The invented people of the demo: the same each time, dirty as the documents' samples are. Pure.

Addresses are of example.com; numbers are 555-01xx, and 020 7946 0xxx, which are kept free for fiction.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import product
from random import Random
from typing import Any, Final, Literal

Place = Literal["left", "right"]

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
    """A record as its system is to show it, and how long ago it was last changed."""

    place: Place
    fields: Fields
    age: timedelta

    def at(self, now: datetime) -> datetime:
        """Return when the record was last changed."""
        return now - self.age


@dataclass(frozen=True, slots=True)
class SamplePerson:
    """Somebody whom both systems may know, each in its own words."""

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

    @property
    def email(self) -> str:
        """Return the address."""
        return f"{self.first}.{self.last}@example.com".lower()

    @property
    def phone(self) -> str:
        """Return the number as GrowthHub shows it."""
        return f"+1{self.area}55501{self.line}"

    def left(self) -> Fields:
        """Return what GrowthGenius shows."""
        return {
            "first_name": self.first,
            "last_name": self.last,
            "email": self.email,
            "mobile_phone": self.style.format(self.area, self.line),
            "company_name": self.company,
            "title": self.title,
            "city": self.city,
            "state": self.state,
            "country": "USA",
            "label_names": list(self.labels),
        }

    def right(self) -> Fields:
        """Return what GrowthHub shows."""
        return {
            "firstName": self.first,
            "lastName": self.last,
            "email": self.email,
            "phone": self.phone,
            "companyName": self.company,
            "city": self.city,
            "state": self.state,
            "country": "US",
            "tags": [label.lower() for label in self.labels],
        }


def population(seed: int = 7) -> list[SampleRecord]:
    """Return everybody but the cast, in the order in which they were added."""
    chance = Random(seed)  # noqa: S311 - people to meet again, no secret
    crowd = _people(chance)
    arrivals = [
        *(SampleRecord("left", _dirty(number, next(crowd).left()), _age(chance)) for number in range(ONLY_LEFT)),
        *(SampleRecord("right", next(crowd).right(), _age(chance)) for _ in range(ONLY_RIGHT)),
    ]
    for number in range(SAME_EMAIL):
        arrivals.extend(_on_both_sides(next(crowd), number, chance))
    for _ in range(SAME_PHONE):
        person = next(crowd)
        arrivals.append(SampleRecord("left", person.left(), _age(chance)))
        arrivals.append(SampleRecord("right", person.right() | {"email": None}, _age(chance)))
    return arrivals


def _people(chance: Random) -> Iterator[SamplePerson]:
    names = chance.sample(list(product(_FIRST, _LAST)), ONLY_LEFT + ONLY_RIGHT + SAME_EMAIL + SAME_PHONE)
    numbers = [(area, f"{line:02d}") for area in _AREAS for line in range(100)]
    for (first, last), (area, line) in zip(names, numbers, strict=False):
        city, state = chance.choice(_CITIES)
        labels = tuple(chance.sample(_LABELS, chance.choice((0, 1, 1, 2))))
        company, title, style = chance.choice(_COMPANIES), chance.choice(_TITLES), chance.choice(_STYLES)
        yield SamplePerson(first, last, area, line, company, title, city, state, labels, style)


def _dirty(number: int, fields: Fields) -> Fields:
    """Return the fields as an import from somewhere else leaves them, for one in a few people."""
    match number % 6:
        case 0:
            return fields | {"mobile_phone": "NaN", "work_phone": fields["mobile_phone"]}
        case 1:
            return fields | {"website": "www.example.com", "linkedin_url": f"linkedin.com/in/demo-{number}"}
        case 2:
            return fields | {"label_names": ", ".join(fields["label_names"]) or None, "company_name": "None"}
        case 3:
            return fields | {"first_name": f"  {fields['first_name']} ", "country": "United States of America"}
        case _:
            return fields


def _on_both_sides(person: SamplePerson, number: int, chance: Random) -> tuple[SampleRecord, SampleRecord]:
    """Return two records of one person; each side knows something that the other does not, and some of it differs."""
    left, right = person.left(), person.right()
    if number % 2:
        right["companyName"] = None
    else:
        left["city"] = left["state"] = None
    if number % 4 == 0:
        right["companyName"] = f"{person.company} Ltd"
    return SampleRecord("left", left, _age(chance)), SampleRecord("right", right, _age(chance))


def _age(chance: Random) -> timedelta:
    return timedelta(hours=chance.randint(2, 24 * 90), minutes=chance.randint(0, 59), seconds=chance.randint(0, 59))
