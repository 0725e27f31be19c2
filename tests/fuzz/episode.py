"""One episode: users edit on both sides while answers go wrong; then the faults stop, and everything is judged."""

import random
import re
import traceback
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from connectors.growthgenius import allowed_calls as genius
from connectors.growthhub import allowed_calls as hub
from connectors.growthhub.sandbox.messages import PROVIDER
from connectors.sandbox.base import Sandbox
from connectors.sandbox.server import Call, Outgoing
from sync.errors import exit_code, is_expected
from tests.end_to_end.comparison import differences
from tests.end_to_end.message_world import Office, made, minutes
from tests.end_to_end.world import World
from tests.fuzz.mutation import Mutator

PEOPLE = 5
RUNS = 4
STYLES: tuple[dict[str, str], ...] = ({}, {"as": '"conversation"', "conversation_provider_id": f'"{PROVIDER}"'})
CODES = (0, 1, 3, 4)
OWN = ("first_name", "last_name", "title", "email", "firstName", "lastName", "city")


@dataclass
class Episode:
    """What one seed leads to: the number of answers that were changed, and what is wrong, "" for nothing."""

    seed: int
    answers: int = 0
    wrong: list[str] = field(default_factory=list)
    said: list[str] = field(default_factory=list)
    changes: list[str] = field(default_factory=list)


def lead(seed: int, folder: Path) -> Episode:
    """Run the episode of a seed."""
    random.seed(seed)  # for the waits between the tries of a call
    chance = random.Random(seed)  # noqa: S311 - a seed is to lead to the same again
    world = made(folder, chance.choice(STYLES))
    mutator = Mutator(seed)
    episode = Episode(seed)
    for sandbox in (world.gg, world.gh):
        _intercept(sandbox, mutator)
    with world.gg, world.gh:
        _live(world, chance, mutator, episode)
        episode.answers = mutator.count
        episode.changes = mutator.changes
        episode.wrong += [f"a call that is on no list: {call}" for call in _unlisted(world)]
        episode.wrong += [f"{world.gh.sends} sends"] if world.gh.sends else []
    return episode


def _live(world: World, chance: random.Random, mutator: Mutator, episode: Episode) -> None:
    office = Office(world)
    ids: list[tuple[str, str]] = []
    for number in range(PEOPLE):
        left = world.gg.add(**_person(number), at=minutes(-60))
        right = world.gh.add(email=f"case{number}@example.com", firstName=f"Ann{number}", lastName=f"Case{number}")
        ids.append((left, right))
        office.write(left, f"Hello {number}", at=minutes(-4000))
    if chance.random() < 0.5:
        _run(world, episode)
    mutator.rate = chance.choice((0.2, 0.5, 0.8))
    titles, cities = {}, {}
    for turn in range(RUNS):
        number = chance.randrange(PEOPLE)
        world.gg.edit(ids[number][0], title=f"Title{number}.{turn}")
        titles[number] = f"Title{number}.{turn}"
        number = chance.randrange(PEOPLE)
        world.gh.edit(ids[number][1], city=f"City{number}.{turn}")
        cities[number] = f"City{number}.{turn}"
        _run(world, episode, mutator, skip=chance.choice((2.0, 700.0)), whole=turn == RUNS - 2)
        episode.wrong += _mixed(world)
    mutator.rate = 0.0
    for whole in (False, True, False, False):
        _run(world, episode, skip=90_000.0, whole=whole, calm=True)
    episode.wrong += _mixed(world)
    try:
        episode.wrong += _unsettled(world, ids, titles, cities)
    except Exception:  # noqa: BLE001 - a record that cannot be read at the end is a finding as well
        episode.wrong.append(traceback.format_exc())


def _person(number: int) -> dict[str, Any]:
    return {"first_name": f"Ann{number}", "last_name": f"Case{number}", "email": f"case{number}@example.com"}


def _run(
    world: World, episode: Episode, mutator: Mutator | None = None, *, skip: float = 2.0, whole: bool = False,
    calm: bool = False,
) -> None:  # fmt: skip
    try:
        report = world.run(skip=skip, whole=whole)
        code, text = report.exit_code, "; ".join(report.errors)
    except Exception as error:  # noqa: BLE001 - what is no error of ours is the finding
        code, text = exit_code(error), str(error)
        if not is_expected(error):
            after = mutator.changes[-1:] if mutator else []
            episode.wrong.append(f"unexpected: {traceback.format_exc()}\nafter {after}")
    if code not in CODES or (calm and code not in (0, 1)):
        episode.wrong.append(f"exit code {code}{' when all was calm' if calm else ''}: {text}")
    episode.said.append(f"{code}: {text}")


def _mixed(world: World) -> Iterator[str]:
    """Yield who shows values of two contacts."""
    for record in [*world.gg.people(), *world.gh.people()]:
        result = {name: re.search(r"\d+", str(record.get(name) or "")) for name in OWN}
        numbers = {name: found.group() for name, found in result.items() if found}
        if len(set(numbers.values())) > 1:
            yield f"a contact with values of two people: {numbers}"


def _unsettled(
    world: World, ids: list[tuple[str, str]], titles: dict[int, str], cities: dict[int, str]
) -> Iterator[str]:
    lefts = {str(one["id"]): one for one in world.gg.people()}
    rights = {str(one["id"]): one for one in world.gh.people()}
    if (len(lefts), len(rights)) != (PEOPLE, PEOPLE):
        yield f"{len(lefts)} and {len(rights)} people instead of {PEOPLE}"
    for number, title in titles.items():
        if lefts[ids[number][0]].get("title") != title:
            yield f"the title that a person wrote is gone: {title}"
    for number, city in cities.items():
        if rights[ids[number][1]].get("city") != city:
            yield f"the city that a person wrote is gone: {city}"
    yield from (f"differs: {each}" for each in differences(world))
    for _, right in ids:
        notes = [*world.gh.notes(right), *world.gh.messages(right), *world.gh.emails(right)]
        if len(notes) != 1:
            yield f"{len(notes)} copies of one message at {right}"


def _unlisted(world: World) -> Iterator[str]:
    prefix = world.gg.base_url.removeprefix(world.gg.url)
    for call in world.gg.calls:
        path = call.path.removeprefix(prefix)
        if not genius.CALLS.may_ask(call.method, path) and not genius.CALLS.may_change(call.method, path):
            yield f"{call.method} {call.path}"
    for call in world.gh.calls:
        if not hub.CALLS.may_ask(call.method, call.path) and not hub.CALLS.may_change(call.method, call.path):
            yield f"{call.method} {call.path}"


def _intercept(sandbox: Sandbox, mutator: Mutator) -> None:
    """Let the mutator stand between what the sandbox answers and the connection."""
    decent = sandbox.respond

    def respond(call: Call) -> Outgoing:
        return mutator(call, decent(call))

    sandbox.respond = respond  # type: ignore[method-assign] # the server asks the instance
