"""Invented contacts, and what users do to them: drawn from a seed, with the dirt of the documents among it.

Names and addresses are unique unless a duplicate is wanted; numbers are of the ranges kept for fiction.
"""

from collections import Counter
from random import Random
from typing import Any

from tests.end_to_end.world import World

FIRST = ("Ann", "Bob", "Chloë", "Dmitri", "Eve", "Farah", "Günther", "Hana", "İpek", "José")
LAST = ("Example", "Sample", "O'Neil", "van den Berg", "Müller", "Ito", "Łukasz", "de la Cruz")
COMPANIES = ("Acme", "Beta & Sons", "Gamma, Inc.", "  Delta   GmbH ", None, "NaN")
TITLES = ("CEO", "Head of\tSales", "", None, "None", "VP, Marketing")
CITIES = ("Berlin", "New York", "São Paulo", None, "")
LABELS = ("VIP", "Lead", "Événement", "cold call", "Newsletter 2026", "x")
COUNTRIES = ("USA", "United Kingdom", "Germany", "Atlantis", None, "", "Russia")
CODES = ("US", "GB", "DE", "FR")
SITES = ("www.example.com/about", "https://example.org", "EXAMPLE.com", None)
PROFILES = ("linkedin.com/in/ann-example", "https://www.linkedin.com/in/bob", None, "http://linkedin.com/in/Ünal")
KEYWORDS = ("crm, sales, b2b", "AI", None, "a;b", "line one\nline two")
CUSTOMS = ("gold", "silver", "", None, "0", "12,5", "NaN")
SLOTS = ("mobile_phone", "first_phone", "work_phone", "corporate_phone", "home_phone", "other_phone")


class Population:
    """Draws contacts and edits for one world. `added` counts who was added to each side by hand."""

    def __init__(self, world: World, seed: int) -> None:
        self._world = world
        self._chance = Random(seed)  # noqa: S311 - a world to repeat, no secret
        self._made = 0
        self.added = Counter({"gg": 0, "gh": 0})
        for name in ("Job Title", "Custom1", "Industry", "Work Phone", "Keywords"):
            world.gh.add_field(name)

    def add(self, count: int) -> None:
        """Add a number of contacts, on either side or on both, some with the e-mail of a contact before them."""
        for _ in range(count):
            self._made += 1
            where = self._chance.random()
            if where < 0.55:
                self._world.gg.add(**self._left())
                self.added["gg"] += 1
            if where > 0.45:
                self._world.gh.add(**self._right())
                self.added["gh"] += 1
            self._world.clock.skip(self._chance.choice((0.004, 0.7, 3.0)))

    def edit(self, count: int) -> None:
        """Let users change so many fields, on either side, seconds apart."""
        for _ in range(count):
            self._world.clock.skip(self._chance.choice((2.5, 3.0, 7.0)))
            at_left, at_right = self._world.gg.people(), self._world.gh.people()
            if at_left and (self._chance.random() < 0.5 or not at_right):
                person = self._chance.choice(at_left)
                self._world.gg.edit(str(person["id"]), **self._some(self._left(self._number_of(person)), 3))
            else:
                person = self._chance.choice(at_right)
                wanted = self._right(self._number_of(person))
                custom = self._some(wanted.pop("custom"), 1)
                self._world.gh.edit(person["id"], custom=custom, **self._some(wanted, 2))

    def _left(self, number: int | None = None) -> dict[str, Any]:
        number = number or self._made
        pick = self._chance.choice
        slots = dict.fromkeys(SLOTS)
        for slot in self._chance.sample(SLOTS, pick((0, 1, 1, 2, 3))):
            slots[slot] = self._phone(number, slot)
        return {
            "first_name": pick(FIRST),
            "last_name": pick(LAST),
            "email": self._email(number),
            **slots,
            "company_name": pick(COMPANIES),
            "title": pick(TITLES),
            "city": pick(CITIES),
            "country": pick(COUNTRIES),
            "website": pick(SITES),
            "linkedin_url": pick(PROFILES),
            "keywords": pick(KEYWORDS),
            "industry": pick(("Software", None, "nan")),
            "custom1": pick(CUSTOMS),
            "label_names": self._chance.sample(LABELS, pick((0, 1, 2, 3))) or None,
            "lists": pick((["Import A, 2026"], None, ["A", "B"])),
        }

    def _right(self, number: int | None = None) -> dict[str, Any]:
        number = number or self._made
        pick = self._chance.choice
        return {
            "firstName": pick(FIRST),
            "lastName": pick(LAST),
            "email": self._email(number),
            "phone": self._phone(number, "mobile_phone"),
            "companyName": pick(COMPANIES[:4]),
            "city": pick(CITIES),
            "country": pick(CODES),
            "website": pick(SITES),
            "tags": self._chance.sample(LABELS, pick((0, 1, 2, 3))),
            "custom": {
                "contact.job_title": pick(TITLES[:4]),
                "contact.custom1": pick(CUSTOMS[:4]),
                "contact.industry": pick(("Software", None)),
            },
        }

    def _email(self, number: int) -> str | None:
        """Return the address of a contact: always there, so that edits move contacts only where they are meant to."""
        if number % 11 == 10:
            number -= 1  # the same address as a contact before
        address = f"person{number}@example.com"
        return self._chance.choice((address, address, address.upper()))

    def _phone(self, number: int, slot: str) -> str | None:
        digits = f"{SLOTS.index(slot)}{number:03d}"
        return self._chance.choice(
            (
                f"+1 212 555 {digits}",
                f"(212) 555-{digits}",
                f"212.555.{digits}",
                f"+44 20 7946 {digits}",
                f"12125 55{digits}",
                "NaN",
                None,
                "ask Bob",
            )
        )

    def _number_of(self, person: dict[str, Any]) -> int:
        address = str(person.get("email") or "person1@example.com")
        return int("".join(letter for letter in address.partition("@")[0] if letter.isdigit()) or 1)

    def _some(self, fields: dict[str, Any], count: int) -> dict[str, Any]:
        return {name: fields[name] for name in self._chance.sample(sorted(fields), count)}
