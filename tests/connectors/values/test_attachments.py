from typing import Any

import pytest
from hypothesis import given

from connectors.values.attachments import described
from tests.connectors.values.json_values import ANYTHING


@pytest.mark.parametrize(
    ("attachments", "html", "shown"),
    [
        (["https://files.example.com/a/photo.jpg"], "", "Attachment: https://files.example.com/a/photo.jpg"),
        (["https://files.example.com/p.jpg?sig=1#x"], "", "Attachment: https://files.example.com/p.jpg"),
        ([{"name": "offer.pdf"}], "", "Attachment: offer.pdf"),
        ([{"fileName": "a.pdf", "url": "https://example.com/1"}], "", "Attachment: a.pdf (https://example.com/1)"),
        ([{"url": "https://example.com/1"}, "b.png"], "", "Attachment: https://example.com/1\nAttachment: b.png"),
        ("photo.jpg", "", "Attachment: photo.jpg"),
        (["a.png", "a.png"], "", "Attachment: a.png"),
        (["data:image/png;base64,AAAA"], "", "Attachment: a picture"),
        (None, '<p><img width=1 src="https://example.com/p.png?t=1"></p>', "Attachment: https://example.com/p.png"),
        (None, "<img src='cid:part1'><IMG SRC=b.gif>", "Attachment: cid:part1\nAttachment: b.gif"),
        (None, '<img alt="" src="data:image/png;base64,AA">', "Attachment: a picture"),
        ([], "", ""),
        ([None, "", {}, 5, {"url": None}], "<p></p>", ""),
        (None, "", ""),
    ],
)
def test_attachments_are_named_by_name_or_address(attachments: Any, html: str, shown: str) -> None:
    assert described(attachments, html) == shown


@given(ANYTHING)
def test_whatever_stands_there_is_described_without_a_fault(attachments: Any) -> None:
    assert isinstance(described(attachments), str)
