"""`python -m tests.browser.screenshots FOLDER`: take the pictures of the pages that the documentation shows."""

import sys
from pathlib import Path

from tests.browser.chromium import Browser, browsing
from tests.browser.scene import scene

SHOTS = (
    # name, page, width, height, dark, phone
    ("overview-light", "/", 1100, 900, False, False),
    ("overview-dark", "/", 1100, 900, True, False),
    ("connection-tablet", "/connections/sales", 768, 900, False, False),
    ("runs-wide", "/runs", 1440, 900, False, False),
    ("conflicts-phone", "/conflicts", 360, 760, False, True),
)


def take(browser: Browser, url: str, folder: Path, shots: tuple[tuple[str, str, int, int, bool, bool], ...]) -> None:
    for name, page, width, height, dark, phone in shots:
        browser.size(width, height, phone=phone)
        browser.dark(dark)
        browser.go(url + page)
        (folder / f"{name}.png").write_bytes(browser.picture())


def main(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    with scene() as shown, browsing() as browser:
        take(browser, shown.url, folder, SHOTS)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
