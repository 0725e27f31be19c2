"""The oracle itself: it takes every legal end, and catches lost updates that are planted."""

from random import Random

import pytest

from tests.simulation.contact_observer import Edit
from tests.simulation.oracle import Admitted, Story, Value, complaint, explains

RUNS = ((10.0, 11.0), (20.0, 21.0), (30.0, 31.0))


def left(at: float, old: Value, new: Value, *, late: bool = False) -> Edit:
    return Edit(at, "left", "1", "company", old, new, late)


def right(at: float, old: Value, new: Value, *, late: bool = False) -> Edit:
    return Edit(at, "right", "a", "company", old, new, late)


def story(*edits: Edit, end: tuple[Value, Value], admitted: tuple[Admitted, ...] = (), is_open: bool = False) -> Story:
    return Story(edits, end, RUNS, admitted, is_open)


@pytest.mark.parametrize(
    "legal",
    [
        story(left(1, None, "acme"), end=("acme", "acme")),
        story(left(1, None, "acme"), right(12, "acme", "beta"), end=("beta", "beta")),
        story(left(1, None, "acme"), left(12, "acme", None), end=(None, None)),
        story(left(1, None, "acme"), right(12, "acme", "beta"), left(22, "beta", "gamma"), end=("gamma", "gamma")),
        story(left(1, None, "acme"), right(2, None, "acme"), end=("acme", "acme")),
        story(left(1, None, "acme"), right(2, None, "beta"), end=("acme", "beta"), is_open=True),
        story(
            left(1, None, "acme"),
            right(2, None, "beta"),
            end=("beta", "beta"),
            admitted=(Admitted(10, 11, "left", "acme", "beta"),),
        ),
        story(
            left(1, None, "acme"), left(10.5, "acme", "beta"), right(10.7, "acme", "acme two"),
            end=("beta", "acme two"), is_open=True,
        ),
        story(left(1, None, "acme"), left(15, "acme", "beta"), right(16, "acme", "acme", late=True),
              end=("beta", "beta")),
    ],
)  # fmt: skip
def test_a_legal_end_is_explained(legal: Story) -> None:
    assert complaint(legal) is None


@pytest.mark.parametrize(
    ("lost", "said"),
    [
        (story(left(1, None, "acme"), right(12, "acme", "beta"), end=("acme", "acme")), "lost"),
        (story(left(1, None, "acme"), right(2, None, "beta"), end=("acme", "acme")), "lost"),
        (story(left(1, None, "acme"), end=(None, None)), "lost"),
        (story(left(1, None, "acme"), end=("acme", None)), "nothing lists it"),
        (story(left(1, None, "acme"), end=("acme", "acm")), "written by no user"),
        (story(left(1, None, "acme"), left(12, "acme", None), end=("acme", "acme")), "lost"),
        (story(left(32, None, "acme"), end=("acme", "acme")), "lost"),
        (
            story(
                left(1, None, "acme"),
                right(2, None, "beta"),
                left(12, "beta", "gamma"),
                right(13, "beta", "delta"),
                end=("gamma", "gamma"),
                admitted=(Admitted(10, 11, "left", "acme", "beta"),),
            ),
            "lost",
        ),
        (
            story(
                left(1, None, "acme"),
                right(22, "acme", "beta"),
                end=("acme", "acme"),
                admitted=(Admitted(10, 11, "right", "beta", "acme"),),
            ),
            "lost",
        ),
    ],
)
def test_a_planted_lost_update_is_caught(lost: Story, said: str) -> None:
    assert said in str(complaint(lost))


class Register:
    """The life of one field under a sync that keeps the rules, but for the edit number `lose`, which it forgets."""

    def __init__(self, chance: Random, lose: int | None) -> None:
        self._chance = chance
        self._lose = lose
        self._now: list[Value] = [None, None]
        self._base: list[Value] = [None, None]
        self._forgotten: int | None = None
        self.edits: list[Edit] = []
        self.admitted: list[Admitted] = []
        self.lost = False
        for step in range(8):
            for _ in range(chance.choice((0, 1, 1, 2))):
                self._edit(step)
            self._sync(step)

    @property
    def story(self) -> Story:
        runs = [(step * 10 + 5.0, step * 10 + 6.0) for step in range(8)]
        return Story(self.edits, (self._now[0], self._now[1]), runs, self.admitted)

    def _edit(self, step: int) -> None:
        number, index = len(self.edits), self._chance.randrange(2)
        value = self._chance.choice((f"value {number}", f"value {number}", None))
        if value == self._now[index]:
            return
        side = ("left", "right")[index]
        self.edits.append(Edit(step * 10 + number / 100, side, "1", "company", self._now[index], value))
        self._now[index] = value
        self._forgotten = index if number == self._lose and value is not None else self._forgotten

    def _sync(self, step: int) -> None:
        changed = [self._now[index] != self._base[index] for index in (0, 1)]
        winner = 0 if changed[0] else 1
        if self._forgotten is not None:
            winner = 1 - self._forgotten
            self.lost = self.edits[-1].side == ("left", "right")[self._forgotten] and self._now[0] != self._now[1]
            self._forgotten = None
        elif all(changed) and self._now[0] != self._now[1]:
            winner = self._chance.randrange(2)
            loser = ("right", "left")[winner]
            entry = Admitted(step * 10 + 5, step * 10 + 6, loser, self._now[1 - winner], self._now[winner])
            self.admitted.append(entry)
        self._now = [self._now[winner]] * 2
        self._base = list(self._now)


@pytest.mark.parametrize("seed", range(60))
def test_whatever_a_sync_that_keeps_the_rules_leads_to_is_explained(seed: int) -> None:
    assert complaint(Register(Random(seed), None).story) is None  # noqa: S311 - a life to repeat


def test_a_sync_that_forgets_one_edit_is_caught_every_time() -> None:
    lives = [Register(Random(seed), seed % 4) for seed in range(100)]  # noqa: S311 - lives to repeat
    caught = [not explains(life.story) for life in lives if life.lost and life.edits[-1].new is not None]
    assert len(caught) > 20
    assert all(caught)
