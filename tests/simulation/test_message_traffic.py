"""The verdict on messages sees what it is there to see."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.simulation.message_observer import Made, Overwritten, words
from tests.simulation.message_traffic import Post
from tests.simulation.message_verdict import post_verdict
from tests.simulation.world import Universe


@pytest.fixture
def universe(tmp_path: Path) -> Iterator[Universe]:
    """Return a world at rest, with one message that was copied."""
    with Universe(4, tmp_path, letters=True) as universe:
        universe.crowd.add(3)
        left = universe.servers[0]
        contact = str(left.people()[0]["id"])
        message = left.add_message(contact, rendered_copy="Letter 1000.")
        post_of(universe).book.write("left", message, "Letter 1000.", "outbound", None)
        universe.calm()
        assert list(post_verdict(universe, post_of(universe))) == []
        yield universe


def post_of(universe: Universe) -> Post:
    assert universe.post is not None
    return universe.post


def copied_again(post: Post) -> None:
    (made,) = post.book.made
    post.book.made.append(Made(made.side, "note:1", made.token, made.contact, (made.id,)))


def come_back(post: Post) -> None:
    (made,) = post.book.made
    post.book.made.append(Made("left", "1", made.token, "2", ()))


def lost(post: Post) -> None:
    post.book.made.clear()


def overwritten_unknown(post: Post) -> None:
    (made,) = post.book.made
    post.book.overwritten.append(Overwritten(made.side, made.id, words("Scribble 1001.")))


def edited_unseen(post: Post) -> None:
    (one,) = post.book.written.values()
    one.words |= words("Again 1002.")


def misplaced(post: Post) -> None:
    (made,) = post.book.made
    note = made.id.removeprefix("note:")
    right = post.servers[1]
    stranger = right.add(email="stranger@example.com")
    body = str(next(each["body"] for each in right.notes(made.contact) if each["id"] == note))
    right.remove_note(made.contact, note)
    copy = right.add_note(stranger, body)
    post.book.made[:] = [Made(made.side, f"note:{copy}", made.token, stranger, ())]


def sent(post: Post) -> None:
    post.servers[1].sends += 1


@pytest.mark.parametrize(
    ("mischief", "complaint"),
    [
        (copied_again, "beside"),
        (come_back, "came back"),
        (lost, "never copied"),
        (overwritten_unknown, "the history does not know"),
        (edited_unseen, "its copy"),
        (misplaced, "and not to one of"),
        (sent, "were sent"),
    ],
)
def test_what_goes_wrong_with_a_message_is_complained_of(
    universe: Universe, mischief: Callable[[Post], None], complaint: str
) -> None:
    mischief(post_of(universe))
    (wrong,) = post_verdict(universe, post_of(universe))
    assert complaint in wrong
