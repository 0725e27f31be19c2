import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.values import markup, message_text

LETTER = """<!DOCTYPE html><html><head><title>Offer</title><style>p { color: red }</style></head><body>
<div style="display:none;mso-hide:all">What a preview shows&zwnj;&nbsp;&zwnj;</div>
<!--[if mso]><p>Outlook</p><![endif]-->
<div>Hi Ann,<br><br>see <a href="https://example.com/x?a=1&amp;b=2">our page</a> &amp; <b>call</b> me: 5*3_4 &lt; 20.
</div><ul><li>one</li><li>two<ul><li>deep</li></ul></li></ul><p>Best<br>Bob</p><img src="https://t.example/p.gif">
<script>alert(1)</script><blockquote>On Mon you wrote:<p>quoted</p></blockquote></body></html>"""
READ = """Hi Ann,

see our page (https://example.com/x?a=1&b=2) & call me: 5*3_4 < 20.

* one
* two
  * deep

Best
Bob

> On Mon you wrote:
>
> quoted"""
WORD = st.text("abcdefghij", min_size=1, max_size=6)
WRAPPED = st.recursive(
    WORD,
    lambda inner: st.builds(
        lambda tag, parts: f"<{tag}>{' '.join(parts)}</{tag}>",
        st.sampled_from(
            ["p", "div", "b", "td", "tr", "table", "li", "ul", "ol", "span", "h1", "blockquote", "code", "q"]
        ),
        st.lists(inner, min_size=1, max_size=4),
    ),
    max_leaves=20,
)


def test_a_message_becomes_what_its_reader_sees() -> None:
    assert markup.readable(LETTER) == READ


@pytest.mark.parametrize(
    ("raw", "read"),
    [
        ("<p>a</p><p>b</p>", "a\n\nb"),
        ("a<br>b<br/><br>c", "a\nb\n\nc"),
        ("<div>Hello</div><div><br></div><div>World</div>", "Hello\n\nWorld"),
        ("<h1>Title<br>goes on</h1>text", "Title\ngoes on\n\ntext"),
        ("<table><tr><td>a</td><td>b</td></tr><tr><td>c</td><td>d</td></tr></table>", "a b\nc d"),
        ("<table><tr><td><table><tr><td><p>in</p></td></tr></table></td></tr></table>", "in"),
        ("<pre>\n a\n  b\n</pre>", "a\n  b"),
        ('<a href="https://example.com/">example.com</a>', "example.com"),
        ('<a href="mailto:ann@example.com">Ann@example.com</a>', "Ann@example.com"),
        ('<a href="mailto:ann@example.com">write to Ann</a>', "write to Ann (ann@example.com)"),
        ('<a href="#top">up</a> <a>here</a> <a href="javascript:x()">there</a>', "up here there"),
        ('<a href="https://example.com/x"><img src="y.png" alt="Our shop"></a>', "Our shop (https://example.com/x)"),
        ("<p>fish &amp; chips&nbsp;&euro;3 &lt;now&gt;</p>", "fish & chips €3 <now>"),
        ('<?xml version="1.0"?><html><p>x</p></html>', "x"),
        ("<p>unclosed <b>bold <i>it</p> rest", "unclosed bold it\n\nrest"),
        ("<ol><li>one</li><li>two</li></ol>", "1. one\n2. two"),
        ("<ul><li>one<ul><li>deep</li></ul> goes on</li><li>two</li></ul>", "* one\n  * deep\n  goes on\n* two"),
        ("<p>a</p>\r\n\r\n\r\n\r\n<p>b</p>", "a\n\nb"),
        ("<p>\U0001f469\u200d\U0001f680</p>", "\U0001f469\u200d\U0001f680"),
        ("<br>", ""),
        ("<p>x</p><![%", "x\n\n<![%"),
    ],
)
def test_html_is_read(raw: str, read: str) -> None:
    assert markup.readable(raw) == read


@pytest.mark.parametrize(
    "raw", ["a < b and c > d", "John <john@example.com> wrote", "if x<y: <3", "<hello>", "5 * 3_4 # 2", "- one\n- two"]
)
def test_a_text_that_is_no_html_stays_as_it_is(raw: str) -> None:
    assert not markup.is_html(raw)
    assert markup.readable(raw, "text/plain") == raw


@pytest.mark.parametrize("content_type", ["text/html", "TEXT/HTML; charset=utf-8", "application/xhtml+xml"])
def test_what_is_said_to_be_html_is_read_as_html(content_type: str) -> None:
    assert markup.readable("fish &amp; chips", content_type) == "fish & chips"


def test_a_message_quoted_many_times_keeps_every_word() -> None:
    raw = "<blockquote>said <i>he</i> " * 3000 + "deep" + "</blockquote>" * 3000 + "<p>end</p>"
    assert markup.plain(raw).split() == ["said", "he"] * 3000 + ["deep", "end"]


@given(st.lists(WRAPPED, min_size=1, max_size=5))
def test_every_word_is_kept_in_its_order(parts: list[str]) -> None:
    raw = " ".join(parts)
    words = re.findall("[a-j]+", re.sub("<[^>]*>", " ", raw))
    assert re.findall("[a-j]+", markup.plain(raw)) == words
    assert "<" not in markup.plain(raw)


@given(st.text(st.one_of(st.characters(), st.sampled_from("<>/&;=\"'! \n\r\u00a0adivpbr#x[%-?"))))
def test_whatever_comes_is_read_and_can_be_kept(raw: str) -> None:
    read = markup.plain(raw)
    assert message_text.tidy(read) == read
    assert unicodedata.is_normalized("NFC", read)
    assert "\r" not in read
    assert "\n\n\n" not in read


@given(st.text())
def test_what_shows_no_tag_is_only_tidied(raw: str) -> None:
    if not markup.is_html(raw):
        assert markup.readable(raw) == message_text.tidy(raw)


@given(st.text(st.characters(exclude_characters="<>&", exclude_categories=["Cs", "Cc", "Cf"])))
def test_wrapping_a_text_in_html_makes_no_other_text_of_it(raw: str) -> None:
    assert message_text.same(markup.plain(f"<div><p>{raw}</p></div>"), raw)
