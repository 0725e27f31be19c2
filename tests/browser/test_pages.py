"""The pages in a real browser: nothing that it complains about, on a phone, in the dark, without a mouse.

One browser for all, since it is slow to start.
"""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from typing import Any

import pytest

from state.file import StateFile
from sync.operations import open_items
from tests.browser.chromium import PROGRAM, Browser, browsing
from tests.browser.scene import Scene, scene

pytestmark = pytest.mark.skipif(PROGRAM is None, reason="NOT TESTED: chromium is missing; install it")

NARROW = 320
MOST_STEPS = 60
"""Keys within which anything can be reached."""

CONTRASTS = """
(() => {
  const luminance = ([r, g, b]) => {
    const part = (value) => { const c = value / 255; return c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4; };
    return 0.2126 * part(r) + 0.7152 * part(g) + 0.0722 * part(b);
  };
  const colour = (text) => text.match(/[0-9.]+/g).map(Number);
  const behind = (element) => {
    for (let one = element; one; one = one.parentElement) {
      const found = colour(getComputedStyle(one).backgroundColor);
      if (found.length < 4 || found[3] === 1) return found;
    }
    return [255, 255, 255];
  };
  const poor = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  let seen = 0;
  while (walker.nextNode()) {
    const element = walker.currentNode.parentElement;
    if (!walker.currentNode.textContent.trim() || element.closest("svg") || !element.getClientRects().length) continue;
    const style = getComputedStyle(element);
    const [one, other] = [luminance(colour(style.color)), luminance(behind(element))].sort((a, b) => b - a);
    const ratio = (one + 0.05) / (other + 0.05);
    const large = parseFloat(style.fontSize) >= 24 || (parseFloat(style.fontSize) >= 18.66 && style.fontWeight >= 700);
    seen += 1;
    if (ratio < (large ? 3 : 4.5)) poor.push(`${walker.currentNode.textContent.trim()}: ${ratio.toFixed(2)}`);
  }
  return {poor, seen};
})()
"""
"""What WCAG asks of words at level AA: those with too little contrast, and how many there are."""

FOCUS = """
(() => {
  const one = document.activeElement, style = getComputedStyle(one);
  return {
    tag: one.tagName, text: one.textContent.replace(/\\s+/g, " ").trim(), id: one.id,
    seen: style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2, top: one.getBoundingClientRect().top
  };
})()
"""


@dataclass(frozen=True, slots=True)
class Viewed:
    """A browser at the pages."""

    browser: Browser
    scene: Scene

    def go(self, path: str) -> None:
        self.browser.go(self.scene.url + path)

    def paths(self) -> list[str]:
        """Return every page, with contacts in it."""
        conflict = open_items.conflicts(self.scene.config)["conflicts"][0]
        failure = open_items.failures(self.scene.config)["failures"][0]
        sales = "/connections/sales"
        lists = ["/", "/conflicts", "/conflicts/settled", "/failures", "/people", "/runs", sales, f"{sales}/fields"]
        lists += [f"{sales}/contacts/in-sync", f"{sales}/contacts/left-out"]
        return [
            *lists,
            f"/conflicts/{conflict['id']}",
            f"/conflicts/{conflict['id']}/person",
            f"/failures/{failure['id']}/person",
            f"/runs/{conflict['run']}",
        ]

    def tab_to(self, text: str) -> Any:
        """Press the tabulator until something with this text has the focus; each step can be seen."""
        for _ in range(MOST_STEPS):
            self.browser.press("Tab")
            focus = self.browser.value(FOCUS)
            assert focus["seen"], focus
            if focus["text"].startswith(text) or focus["id"] == text:
                return focus
        raise AssertionError(f"no way leads to {text}")


@pytest.fixture(scope="module")
def viewed() -> Iterator[Viewed]:
    with scene(days=3) as shown, browsing() as browser:
        yield Viewed(browser, shown)


@pytest.mark.parametrize("width", [NARROW, 768, 1440])
@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_every_page_is_without_complaint_and_without_scrolling_aside_and_its_words_can_be_read(
    viewed: Viewed, dark: bool, width: int
) -> None:
    browser = viewed.browser
    browser.troubles.clear()
    browser.size(width, 640, phone=width == NARROW)
    browser.dark(dark)
    for path in viewed.paths():
        viewed.go(path)
        browser.value("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
        assert browser.value("document.documentElement.scrollWidth") <= width, path
        found = browser.value(CONTRASTS)
        assert found["poor"] == [], path
        assert found["seen"] > 15
    background = browser.value("getComputedStyle(document.body).backgroundColor")
    assert background == ("rgb(15, 19, 27)" if dark else "rgb(244, 245, 248)")
    assert browser.troubles == []


def test_a_conflict_is_settled_with_the_keyboard_alone(viewed: Viewed) -> None:
    browser, config = viewed.browser, viewed.scene.config
    before = [one["id"] for one in open_items.conflicts(config)["conflicts"]]
    browser.troubles.clear()
    browser.size(1100, 800)
    viewed.go("/")
    viewed.tab_to("Conflicts")
    browser.press("Enter")
    browser.wait_for_load()
    browser.press("Tab")
    assert browser.value(FOCUS)["text"] == "Skip to the content"
    assert browser.value(FOCUS)["top"] >= 0
    browser.press("Enter")
    assert browser.value(FOCUS)["id"] == "main"
    viewed.tab_to("Keep this")
    browser.press("Enter")
    browser.wait_for_load()
    assert f"Conflict {before[0]} is settled" in browser.value("document.querySelector('[role=status]').textContent")
    assert [one["id"] for one in open_items.conflicts(config)["conflicts"]] == before[1:]

    viewed.tab_to("Another value")
    browser.press("Enter")
    browser.wait_for_load()
    viewed.tab_to("value")
    browser.type(
        "https://third.example.com"
        if "website" in browser.value("document.title + document.body.innerText")
        else "Erie"
    )
    browser.press("Enter")
    browser.wait_for_load()
    assert [one["id"] for one in open_items.conflicts(config)["conflicts"]] == before[2:]
    assert browser.troubles == []


def test_a_contact_is_searched_for_and_the_url_does_not_name_it(viewed: Viewed) -> None:
    browser = viewed.browser
    browser.troubles.clear()
    viewed.go("/people")
    viewed.tab_to("who")
    browser.type("cleo.park@example.com")
    browser.press("Enter")
    browser.wait_for_load()
    assert browser.value("document.querySelector('h1').textContent") == "cleo.park@example.com"
    assert "cleo" not in browser.value("location.href + document.title + document.referrer")
    assert browser.troubles == []


def test_many_conflicts_are_settled_and_a_connection_is_paused_with_the_keyboard_alone(viewed: Viewed) -> None:
    browser, config = viewed.browser, viewed.scene.config
    with closing(StateFile.open(config.state.path)) as state, state.atomic() as transaction:
        transaction.execute("UPDATE conflict SET resolution = NULL")  # whatever the tests before have settled
    browser.troubles.clear()
    browser.size(1440, 900)
    viewed.go("/connections/sales")
    viewed.tab_to("Pause")
    browser.press("Enter")
    browser.wait_for_load()
    assert "Paused" in browser.value("document.querySelector('[role=status]').textContent")
    viewed.tab_to("Resume")
    browser.press("Enter")
    browser.wait_for_load()
    assert "Resumed" in browser.value("document.querySelector('[role=status]').textContent")
    viewed.go("/conflicts")
    viewed.tab_to("Keep left")
    browser.press("Enter")
    browser.wait_for_load()
    assert "with the left value?" in browser.value("document.querySelector('h1').textContent")
    viewed.tab_to("Settle")
    browser.press("Enter")
    browser.wait_for_load()
    assert "settled" in browser.value("document.querySelector('[role=status]').textContent")
    assert open_items.conflicts(config)["conflicts"] == []
    assert browser.troubles == []
