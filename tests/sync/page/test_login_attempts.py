"""Guessing tokens: a few tries are free, then each takes twice as long, per address."""

from sync.page.login_attempts import FORGOTTEN, FREE, LONGEST, MOST, LoginAttempts
from tests.sync.page.client import Visitor
from tests.sync.page.conftest import TOKEN


class Now:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.at = 1000.0

    def __call__(self) -> float:
        return self.at


def test_the_wait_doubles_after_the_free_tries_and_has_a_limit() -> None:
    now = Now()
    attempts, waits = LoginAttempts(now), []
    for _ in range(FREE + 12):
        attempts.note_wrong("a")
        waits.append(attempts.wait("a"))
    assert waits[: FREE + 3] == [0.0] * (FREE - 1) + [1.0, 2.0, 4.0, 8.0]
    assert waits[-1] == LONGEST
    assert attempts.wait("b") == 0.0
    now.at += LONGEST - 1
    assert attempts.wait("a") == 1.0
    now.at += 1
    assert attempts.wait("a") == 0.0
    attempts.note_wrong("a")
    assert attempts.wait("a") == LONGEST
    attempts.note_right("a")
    assert attempts.wait("a") == 0.0


def test_wrong_tokens_are_forgotten_after_a_while_and_no_attacker_fills_the_memory() -> None:
    now = Now()
    attempts = LoginAttempts(now)
    for _ in range(FREE + 3):
        attempts.note_wrong("a")
    now.at += FORGOTTEN
    attempts.note_wrong("a")
    assert attempts.wait("a") == 0.0
    for number in range(MOST):
        attempts.note_wrong(f"other {number}")
    assert len(attempts._wrong) == MOST


def test_after_wrong_tokens_even_the_right_one_waits(stranger: Visitor) -> None:
    for _ in range(FREE):
        assert stranger.send("/login", {"token": "wrong"}, "/login").status == 403
    answer = stranger.send("/login", {"token": TOKEN}, "/login")
    assert answer.status == 429
    assert "Try again in 1 s" in answer.document.text
    stranger.state.now += 1
    assert stranger.send("/login", {"token": TOKEN}, "/login").status == 303
    assert stranger.get("/").status == 200


def test_programs_with_wrong_tokens_wait_and_keep_no_user_out(stranger: Visitor) -> None:
    for _ in range(FREE):
        assert stranger.get("/api/status", authorization="Bearer wrong").status == 401
    assert stranger.get("/api/status", authorization=f"Bearer {TOKEN}").status == 429
    assert stranger.send("/login", {"token": TOKEN}, "/login").status == 303
    stranger.state.now += 1
    assert stranger.other().get("/api/status", authorization=f"Bearer {TOKEN}").status == 200
