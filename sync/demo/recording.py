"""Record the demo as a picture that moves: an SVG with the text of a real run, scrolled from part to part.

`python -m sync.demo.recording docs/demo.svg` runs the demo and writes the picture; `make recording` does. The picture
loads nothing from anywhere, and stands still for people who asked their system for less motion.
"""

import io
import os
import re
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from rich.console import Console
from rich.text import Text

from sync.demo import demo

COLUMNS: Final = 100
ROWS: Final = 32
"""Lines of the window. A longer part is scrolled through."""
OVERLAP: Final = 4
SECONDS: Final = 6
"""How long each view stands still."""
LINE: Final = 24.4
"""The height of a line in Rich's drawing."""
MOVING: Final = 0.6
"""Seconds from one view to the next."""

BAR: Final = "\u2501"
CONTROL: Final = re.compile(r"\r|\x1b\[(?:2K|1A|\?25[lh])")
"""What moves the cursor or erases a line."""
HEADING: Final = re.compile(r"^\d+\. .*─$")
FORMAT: Final = """\
<svg viewBox="0 0 {{width}} {height}" xmlns="http://www.w3.org/2000/svg" role="img">
  <title>growthsync: a sync of invented contacts between two systems on one machine</title>
  <style>
    .{{unique_id}}-matrix {{{{ font: {{char_height}}px/{{line_height}}px monospace; }}}}
    {{styles}}
    .views {{{{ animation: views {seconds}s infinite; }}}}
    @keyframes views {{{{ {frames} }}}}
    @media (prefers-reduced-motion: reduce) {{{{ .views {{{{ animation: none; }}}} }}}}
  </style>
  <defs>
    <clipPath id="{{unique_id}}-window"><rect width="{{terminal_width}}" height="{inner}"/></clipPath>
    {{lines}}
  </defs>
  <rect width="{{width}}" height="{height}" rx="8" fill="#292929"/>
  <g transform="translate(9, 16)" clip-path="url(#{{unique_id}}-window)">
    <g class="views">{{backgrounds}}<g class="{{unique_id}}-matrix">{{matrix}}</g></g>
  </g>
</svg>
"""


class Screen(io.StringIO):
    """Keeps what a terminal would show."""

    def isatty(self) -> bool:
        """Say that it is a terminal, so that there is colour."""
        return True


def record() -> str:
    """Run the demo and return the picture."""
    screen = Screen()
    os.environ |= {"COLUMNS": str(COLUMNS), "TERM": "xterm-256color", "COLORTERM": "truecolor"}
    os.environ.pop("NO_COLOR", None)
    demo(False, screen)
    folder = re.escape(tempfile.gettempdir())
    text = "\n".join(_without_progress(screen.getvalue()))
    return picture(re.sub(rf"{folder}/growthsync-demo-\w+", "/tmp/growthsync-demo", text))  # noqa: S108 - only shown


def picture(text: str) -> str:
    """Return the picture of a text with the colours of a terminal."""
    console = Console(file=io.StringIO(), record=True, width=COLUMNS, force_terminal=True, highlight=False)
    console.print(Text.from_ansi(text))
    views = _views(console.export_text(clear=False).splitlines())
    inner = ROWS * LINE
    layout = FORMAT.format(height=inner + 32, inner=inner, seconds=len(views) * SECONDS, frames=_frames(views))
    return console.export_svg(code_format=layout, unique_id="demo")


def _without_progress(text: str) -> Iterator[str]:
    """Yield the lines that stay on a terminal: what is written over again and again is left out."""
    for line in text.split("\n"):
        last = CONTROL.split(line)[-1]
        if BAR not in last and (last or not CONTROL.search(line)):
            yield last


def _views(lines: Sequence[str]) -> list[int]:
    """Return the line at which each view begins: each part, and again where a part is longer than the window."""
    starts = [number for number, line in enumerate(lines) if HEADING.match(line.rstrip())]
    found: list[int] = []
    for start, end in zip(starts, [*starts[1:], len(lines)], strict=True):
        found.append(start)
        while end - found[-1] > ROWS:
            found.append(min(found[-1] + ROWS - OVERLAP, max(end - ROWS, found[-1] + 1)))
    return found


def _frames(views: Sequence[int]) -> str:
    """Return the keyframes: each view stands still, then moves to the next one. Braces are doubled, as in FORMAT."""
    total = len(views) * SECONDS
    frames = []
    for number, line in enumerate(views):
        begin, end = number * SECONDS / total, ((number + 1) * SECONDS - MOVING) / total
        frames.append(f"{begin:.2%}, {end:.2%} {{{{ transform: translateY({-line * LINE:.1f}px); }}}}")
    return " ".join(frames)


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(record(), encoding="utf-8")
