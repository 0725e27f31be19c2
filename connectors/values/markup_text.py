"""Convert HTML to its readable text: the slow half of connectors.values.markup, which states the rules."""

import re
import warnings
from typing import Final

from bs4 import BeautifulSoup, XMLParsedAsHTMLWarning
from bs4.element import CData, PreformattedString, Tag
from bs4.exceptions import ParserRejectedMarkup
from markdownify import MarkdownConverter

# E-mails of some programs claim to be XML.
warnings.filterwarnings("ignore", category=XMLParsedAsHTMLWarning)

_UNSEEN: Final = ("head", "title", "style", "script", "template", "object")
_HIDDEN: Final = re.compile(r"display\s*:\s*none|mso-hide\s*:\s*all", re.IGNORECASE)
_CELLS: Final = ("td", "th")
_BLOCKS: Final = ("table", "div", "p", "ul", "ol", "blockquote", "pre", "br", "hr", *(f"h{n}" for n in range(1, 7)))
_TAIL: Final = re.compile(r"[ \t\xa0]+$", re.MULTILINE)
_GAP: Final = re.compile(r"\n{3,}")
_INVISIBLE: Final = re.compile("[\u00ad\u200b\u200c\u2060\ufeff\u034f]")
"""Padding in e-mails that keeps previews short. The joiner of emoji is not in it."""


def read(raw: str) -> str:
    """Return the readable text, with line feeds as line ends."""
    soup = _parsed(raw)
    _prune(soup)
    try:
        _flatten(soup)
        written = _VisibleText().convert_soup(soup)
    except RecursionError:
        # A text quoted some hundred times is shown without layout, but with every word.
        written = soup.get_text("\n")
    seen = _INVISIBLE.sub("", written).replace("\xa0", " ")
    return _GAP.sub("\n\n", _TAIL.sub("", seen))


def _parsed(raw: str) -> BeautifulSoup:
    try:
        return BeautifulSoup(raw, "html.parser")
    except ParserRejectedMarkup:
        # The parser rejects some declarations that never end. They are shown as words.
        return BeautifulSoup(raw.replace("<!", "&lt;!"), "html.parser")


def _prune(soup: BeautifulSoup) -> None:
    """Remove what a reader does not see, comments and processing instructions too."""
    for unseen in soup.find_all(_UNSEEN) + soup.find_all(style=_HIDDEN):
        unseen.decompose()
    for words in soup.find_all(string=True):
        if isinstance(words, PreformattedString) and not isinstance(words, CData):
            words.extract()


def _flatten(soup: BeautifulSoup) -> None:
    """Convert the rows of tables to lines, because e-mails mostly use tables for layout."""
    for cell in soup.find_all(_CELLS):
        holds_blocks = cell.find(_BLOCKS) is not None
        cell.name = "div" if holds_blocks else "span"
        if not holds_blocks:
            cell.append("  ")
    for row in soup.find_all("tr"):
        row.name = "row"
    for table in soup.find_all(["table", "tbody", "thead", "tfoot"]):
        table.name = "div"


class _VisibleText(MarkdownConverter):
    """Markdown without what a reader does not see."""

    def __init__(self) -> None:
        super().__init__(escape_asterisks=False, escape_underscores=False, escape_misc=False, bullets="*")

    def convert_a(self, link: Tag, text: str, parent_tags: set[str]) -> str:  # noqa: ARG002 (how it is called)
        """Put the address of a link behind its words, unless they are the address."""
        address = str(link.get("href") or "").strip()
        words = text.strip()
        shown = address.removeprefix("mailto:").removeprefix("tel:")
        if not words or not shown or shown.startswith(("#", "javascript:")) or _alike(words, shown):
            return text
        return text.replace(words, f"{words} ({shown})", 1)

    def convert_img(self, picture: Tag, text: str, parent_tags: set[str]) -> str:  # noqa: ARG002
        """Return the description of a picture."""
        return str(picture.get("alt") or "")

    def convert_br(self, line_end: Tag, text: str, parent_tags: set[str]) -> str:  # noqa: ARG002
        """Return a line end, in a heading too."""
        return f"\n{text}"

    def convert_div(self, block: Tag, text: str, parent_tags: set[str]) -> str:  # noqa: ARG002
        """Return a block on lines of its own, without a gap."""
        return f"\n{text.strip()}\n" if text.strip() else text

    def convert_heading(self, heading: Tag, text: str, parent_tags: set[str]) -> str:  # noqa: ARG002
        """Return a heading between gaps."""
        return f"\n\n{text.strip()}\n\n"

    def convert_list(self, items: Tag, text: str, parent_tags: set[str]) -> str:
        """Return a list, separated from the words behind it."""
        shown: str = super().convert_list(items, text, parent_tags)  # type: ignore[misc]  # its stub leaves it out
        return shown + ("\n" if "li" in parent_tags else "")

    def convert_words(self, inline: Tag, text: str, parent_tags: set[str]) -> str:  # noqa: ARG002
        """Return words that only differ in their typeface."""
        return text

    def convert_pre(self, block: Tag, text: str, parent_tags: set[str]) -> str:  # noqa: ARG002
        """Return a block in its own layout."""
        return f"\n\n{text}\n\n"

    convert_ul = convert_ol = convert_list
    convert_row = convert_article = convert_section = convert_div
    convert_h1 = convert_h2 = convert_h3 = convert_h4 = convert_h5 = convert_h6 = convert_heading
    convert_b = convert_strong = convert_i = convert_em = convert_sub = convert_sup = convert_words
    convert_del = convert_s = convert_code = convert_kbd = convert_samp = convert_video = convert_words


def _alike(words: str, address: str) -> bool:
    """Say whether the words of a link are its address."""
    return _bare(words) == _bare(address)


def _bare(address: str) -> str:
    return re.sub(r"^https?://(?:www\.)?|[/\s]+$", "", address.casefold().strip())
