"""What the link of a message stores."""

import pytest

from connectors.message import Message
from sync.messages.links import copied_content, first_contact_of_copy, new_link, original_side, set_copied_content
from sync.rules.messages import original_digest, text_digest

ORIGINAL = Message("m1", "ann", "hello")
COPY = Message("c1", "ann-2", "hello")


@pytest.mark.parametrize("side", ["left", "right"])
def test_a_link_knows_the_side_of_the_original_and_the_contact_of_the_copy(side: str) -> None:
    link = new_link(side, ORIGINAL, b"listed", COPY, 1)
    assert original_side(link) == side
    assert (link.side(side).id, link.side(side).digest) == ("m1", b"listed")
    assert first_contact_of_copy(link) == "ann-2"


def test_a_link_knows_what_its_copy_shows_of_the_original() -> None:
    link = new_link("left", ORIGINAL, None, COPY, 1)
    assert copied_content(link) == original_digest(ORIGINAL)
    set_copied_content(link, "other")
    assert copied_content(link) == "other"


def test_an_original_without_a_text_has_no_copied_content() -> None:
    assert copied_content(new_link("left", Message("m1", "ann"), None, COPY, 1)) is None


def test_no_text_is_agreed_on_with_an_edited_copy() -> None:
    assert new_link("left", ORIGINAL, None, COPY, 1).right.digest == text_digest(COPY)
    assert new_link("left", ORIGINAL, None, COPY, 1, edited=True).right.digest is None
