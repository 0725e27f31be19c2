"""Reading by a sorted search while users edit, add and delete: no contact is lost, and the end is the proof (R33)."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from random import Random
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

import pytest

from connectors.apollo.sandbox.index import ApolloSearchIndex
from connectors.apollo.search_reading import ApolloSearch
from connectors.errors import PageCrashed
from connectors.http.call import Reply
from connectors.records import Window
from connectors.values import instant

if TYPE_CHECKING:
    from connectors.apollo.client import ApolloClient
    from connectors.apollo.directory import Directory

START = datetime(2026, 3, 2, tzinfo=UTC)
STAGES = {"s1": "Cold", "s2": "Replied"}
LISTS = {"l1": "Looms"}


class Account:
    """An account whose search is answered from an index, and whose users do something before each answer."""

    account = "ap"

    def __init__(self, count: int, *, stages: tuple[str | None, ...] = (None,)) -> None:
        self.index = ApolloSearchIndex()
        self.now = START
        self.calls = 0
        self.rows: dict[str, dict[str, Any]] = {}
        self.created: dict[str, str] = {}
        self.crashing: frozenset[str] = frozenset()
        self.before: Callable[[], object] = lambda: None
        for number in range(count):
            self.tick()
            self.put(f"c{number}", stages[number % len(stages)])

    def tick(self) -> None:
        self.now += timedelta(seconds=1)

    def put(self, record_id: str, stage: str | None = None, lists: tuple[str, ...] = ()) -> None:
        self.tick()
        created = self.created.setdefault(record_id, instant.render(self.now))
        row: dict[str, Any] = {
            "id": record_id, "updated_at": instant.render(self.now), "created_at": created, "contact_stage_id": stage,
            "label_ids": list(lists), "name": record_id, "email": None, "title": None, "organization_name": None,
        }  # fmt: skip
        self.rows[record_id] = row
        self.index.put(0.0, record_id, row)

    def remove(self, record_id: str) -> None:
        del self.rows[record_id]
        self.index.put(0.0, record_id, None)

    def search(self, body: Mapping[str, Any], *, once: bool = False) -> Reply:
        assert once in {True, False}
        self.calls += 1
        self.before()
        self.index.refresh(1.0)
        found = self.index.search(body)
        assert found is not None, "nothing beyond the display limit is asked for"
        if any(row["id"] in self.crashing for row in found.rows):
            raise PageCrashed(self.account, "500")
        pagination = {"page": found.page, "per_page": found.per_page, "total_entries": found.total}
        return Reply(200, {"contacts": list(found.rows), "pagination": pagination}, self.now, {})

    def reader(self, limit: int = 50_000) -> ApolloSearch:
        self.index.display_limit = limit
        stages = cast("Directory", SimpleNamespace(names=lambda: STAGES))
        lists = cast("Directory", SimpleNamespace(names=lambda: LISTS))
        return ApolloSearch(cast("ApolloClient", self), stages, lists, limit)


def read(search: ApolloSearch, start: datetime = START) -> tuple[dict[str, str], list[str]]:
    """Return the last version of each record that a window shows, and the reasons of unreadable rows."""
    shown: dict[str, str] = {}
    unread = []
    for page in search.window(Window(start)):
        unread += [row.reason for row in page.unread]
        for raw in page.records:
            if shown.get(raw["id"], "") < raw["updated_at"]:
                shown[raw["id"]] = raw["updated_at"]
    return shown, unread


@pytest.mark.parametrize("seeds", range(10))
def test_edits_and_deletions_between_pages_lose_no_contact_over_1000_seeds(seeds: int) -> None:
    for seed in range(seeds * 100, seeds * 100 + 100):
        chance = Random(seed)  # noqa: S311 (a world to repeat)
        account = Account(chance.choice([1, 99, 100, 101, 250, 420]))
        names = [f"n{number}" for number in range(60)]
        pace = chance.choice([1, 5, 40])

        def act(
            account: Account = account, chance: Random = chance, names: list[str] = names, pace: int = pace
        ) -> None:
            for _ in range(chance.randint(0, pace) if account.calls < 12 else 0):
                there = list(account.rows)
                what = chance.random()
                if what < 0.45 and len(there) > 1:
                    account.remove(chance.choice(there))
                elif what < 0.9 and there:
                    account.put(chance.choice(there))
                elif names:
                    account.put(names.pop())

        before = set(account.rows)
        account.before = act
        shown, unread = read(account.reader())
        missing = (before & account.rows.keys()) - shown.keys()
        assert (seed, missing, unread) == (seed, set(), [])


def test_a_quiet_reading_is_one_call_and_a_full_one_a_page_for_100_and_a_look_at_the_front() -> None:
    account = Account(950)
    assert read(account.reader(), account.now + timedelta(seconds=1)) == ({}, [])
    assert account.calls == 1
    assert len(read(account.reader())[0]) == 950
    assert account.calls == 1 + 10 + 1


def test_more_than_one_search_shows_is_read_by_stages_first() -> None:
    account = Account(900, stages=("s1", "s2"))
    shown, unread = read(account.reader(limit=600))
    assert (account.rows.keys() - shown.keys(), unread) == (set(), [])
    assert account.calls <= 6 + 1 + 10 + 2


def test_contacts_without_a_stage_are_read_by_lists_and_then_from_both_ends() -> None:
    account = Account(0)
    for number in range(700):
        account.put(f"c{number}", None, ("l1",) if number % 2 else ())
    shown, unread = read(account.reader(limit=400))
    assert (account.rows.keys() - shown.keys(), unread) == (set(), [])


def test_a_slice_that_is_too_large_itself_is_read_from_both_ends() -> None:
    account = Account(700, stages=("s1",))
    shown, unread = read(account.reader(limit=400))
    assert (account.rows.keys() - shown.keys(), unread) == (set(), [])


def test_what_no_slice_shows_is_said() -> None:
    account = Account(900, stages=("s1", None, None, None))
    for number in range(400):
        account.put(f"c{number}", account.rows[f"c{number}"]["contact_stage_id"])
    shown, unread = read(account.reader(limit=200))
    missing = account.rows.keys() - shown.keys()
    assert missing
    assert {account.rows[each]["contact_stage_id"] for each in missing} == {None}
    assert len(unread) == 1
    assert f"up to {len(missing)} of 900" in unread[0]


def test_a_row_that_crashes_each_page_is_named_and_hides_no_other() -> None:
    account = Account(230)
    account.crashing = frozenset({"c100"})
    shown, unread = read(account.reader())
    assert set(account.rows) - shown.keys() == {"c100"}
    assert len(unread) == 1
