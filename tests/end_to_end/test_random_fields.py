"""Any config of fields with any contacts: two runs make both sides equal, and the third writes nothing (P5, R47).

A random config has fields of the user's own, of every type and kind of place, with random transforms, directions and
policies, and conditions under `only` about some of them. Contacts have values of all kinds in them, also such that do
not convert, and users change some of them.
"""

import random
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from connectors.growthhub.places import KINDS
from connectors.growthhub.sandbox.records import CHOICES, NUMBERS
from tests.end_to_end.world import World
from tests.thorough import THOROUGH

EXAMPLES: Final = 200 if THOROUGH else 4
CONTACTS: Final = 6

KEYS: Final = (
    *(f"custom{number}" for number in range(1, 10)),
    "company_address", "company_city", "company_state", "company_country", "company_linkedin_url", "seo_description",
    "unstructured_data", "bad_data_reason", "company_name_informal", "linkedin_username",
)  # fmt: skip
OPTIONS: Final = ("Gold", "Silver, old", "Yes", "No")
HELD: Final = {
    "text": ("TEXT", "LARGE_TEXT"),
    "number": ("NUMERICAL", "MONETORY", "TEXT"),
    "money": ("MONETORY", "NUMERICAL", "TEXT"),
    "date": ("DATE", "TEXT"),
    "datetime": ("TEXT",),
    "boolean": ("RADIO", "SINGLE_OPTIONS", "TEXT"),
    "choice": ("SINGLE_OPTIONS", "RADIO", "TEXT", "LARGE_TEXT"),
    "choices": ("MULTIPLE_OPTIONS", "CHECKBOX", "LARGE_TEXT"),
    "url": ("TEXT",),
    "email": ("TEXT", "LARGE_TEXT"),
    "phone": ("PHONE", "TEXT"),
}
"""The kinds of custom fields that hold each type."""

TEXTS: Final = (
    "one", "Gold", "gold", "GG-7", "Silver, old", '"Silver, old", Gold', "1,234.50", "1234.5", "$5", "-0", "1e3",
    "09/25/1990", "1990-09-25", "2026-03-01T10:00:00Z", "yes", "No", "example.com/x", "a@example.com", "(303) 555-0123",
    "NaN", "", " ", "twelve", "a; b", "Zoë ﬁn", "x" * 50,
)  # fmt: skip
TRANSFORMS: Final = (
    'map = { "Gold" = "A", "one" = "B", "1,234.50" = "C" }', 'prefix = "GG-"', 'case = "upper"', 'strip = "G7"',
    'lookup = "words.csv"', 'split = "; "', 'join = "; "',
    'template = "{{ first_name }} ({{ title }})"', 'value = "constant"',
)  # fmt: skip
WORDS: Final = "Gold,A\none,B\nyes,C\n"
"""The file of `lookup`."""
CONDITIONS: Final = (
    'in = ["Gold", "one", "yes"]', 'not = ["Gold", "No"]', "exists = true", "exists = false", 'contains = "o"',
    'matches = "^[a-z0-9]"', 'has = "Gold"', 'before = "2026-01-01"', 'after = "1990-01-01"',
)  # fmt: skip
ONE_WAY: Final = ("case", "strip", "template", "value")


def lines_of(chance: random.Random, world: World) -> Iterator[str]:
    """Yield the lines of a random config, and create the custom fields that they name."""
    keys = chance.sample(KEYS, chance.randint(1, 8))
    for number, key in enumerate(keys):
        transform = chance.choice(TRANSFORMS) if chance.random() < 0.4 else ""
        name = transform.partition(" ")[0]
        kind = chance.choice(list(HELD))
        if transform:
            kind = {"split": "text", "join": "choices"}.get(name, chance.choice(("text", "choice")))
        shown = "text" if name == "join" else "choices" if name == "split" else kind
        data_type = chance.choice(HELD[shown])
        has_options = data_type in CHOICES or KINDS[data_type] == "choice"
        world.gh.add_field(f"Own {number}", data_type, options=OPTIONS if has_options else ())
        ways = ("left_to_right", "right_to_left") if name in ONE_WAY else ("both", "left_to_right", "right_to_left")
        way = "left_to_right" if name in ("template", "value") else chance.choice(ways)
        left = "" if name in ("template", "value") else f'growthgenius = "{key}", '
        more = f", {transform}" if transform else ""
        if left and chance.random() < 0.05:
            way = "none"
        policy = chance.choice(("left", "right", "newest", "manual"))
        yield (
            f'own_{number} = {{ {left}growthhub = "contact.own_{number}", type = "{kind}", direction = "{way}", '
            f'conflicts = "{policy}"{more} }}'
        )


def random_scope(chance: random.Random, names: list[str]) -> str:
    """Return a random table `only`: conditions about some of the fields on one side or on both."""
    sides = []
    for side in chance.choice((("left",), ("right",), ("left", "right"))):
        asked = [
            f'{{ field = "{chance.choice([*names, "first_name", "email"])}", {chance.choice(CONDITIONS)} }}'
            for _ in range(chance.randint(1, 3))
        ]
        quantifier, bind = chance.choice(("all", "any")), chance.choice(("true", "false"))
        sides.append(f"{side} = {{ bind = {bind}, {quantifier} = [ {', '.join(asked)} ] }}")
    return f"{{ {', '.join(sides)} }}"


def value_for(chance: random.Random, data_type: str) -> Any:
    """Return a value that the server keeps in a custom field of that kind."""
    if chance.random() < 0.2:
        return None
    if data_type in NUMBERS:
        return chance.choice((0, 7, 1234.5, -3, 1e15))
    if data_type in CHOICES:
        return chance.sample(OPTIONS, chance.randint(1, 2))
    return chance.choice(OPTIONS if KINDS[data_type] == "choice" else [text for text in TEXTS if text.strip()])


def custom_values(chance: random.Random, world: World) -> dict[str, Any]:
    fields = [field for field in world.gh.fields.values() if field.key.startswith("contact.own_")]
    return {field.key: value_for(chance, field.kind) for field in fields if chance.random() < 0.6}


def left_values(chance: random.Random) -> dict[str, Any]:
    return {key: chance.choice(TEXTS) or None for key in KEYS if chance.random() < 0.4}


def fill(chance: random.Random, world: World) -> None:
    for number in range(CONTACTS):
        who: dict[str, Any] = {"email": f"p{number}@example.com"}
        side = chance.choice(("left", "right", "both"))
        if side != "right":
            world.gg.add(**who, first_name=chance.choice(("Ann", None)), **left_values(chance))
        if side != "left":
            world.gh.add(**who, custom=custom_values(chance, world))
        world.clock.skip(5)


def edit(chance: random.Random, world: World) -> None:
    for left, right in world.links().items():
        if chance.random() < 0.5:
            world.gg.edit(left, **left_values(chance))
        world.clock.skip(5)
        if chance.random() < 0.5:
            world.gh.edit(right, custom=custom_values(chance, world))
        world.clock.skip(5)


def comes_to_rest(world: World, seed: int) -> None:
    world.run()
    world.run()
    with world.calls() as calls:
        world.run()
    assert calls.writes == [], f"seed {seed}: {world.contacts} {world.tables}"
    compared = world.run(dry_run=True, unguarded=True, whole=True, compared=True).comparison
    assert compared is not None
    undecided = {(row["who"], row["field"]) for row in world.rows("SELECT who, field FROM conflict")}
    differ = [one for one in compared.differ if (one["who"], one["field"]) not in undecided]
    assert not differ, f"seed {seed}: {differ} {world.contacts} {world.tables}"


@given(seed=st.integers(0, 2**32))
@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))
def test_every_config_of_fields_comes_to_rest_in_two_runs(seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311 - a repeatable choice, no secret
    with tempfile.TemporaryDirectory() as folder:
        world = World.create(Path(folder))
        with world.gg, world.gh:
            lines = list(lines_of(chance, world))
            world.tables = "\n".join(["[connections.sales.contacts.fields]", *lines, ""])
            (Path(folder) / "words.csv").write_text(WORDS, encoding="utf-8")
            if chance.random() < 0.5:
                world.contacts["only"] = random_scope(chance, [line.partition(" ")[0] for line in lines])
            fill(chance, world)
            comes_to_rest(world, seed)
            edit(chance, world)
            comes_to_rest(world, seed)
