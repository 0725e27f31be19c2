import re
from pathlib import Path
from xml.etree import ElementTree as ET

from sync.demo.recording import ROWS, picture

ROOT = Path(__file__).parents[3]
RECORDING = ROOT / "docs" / "demo.svg"


def words(svg: str) -> str:
    """Return the text of a picture."""
    return "".join(ET.fromstring(svg).itertext()).replace("\xa0", " ")  # noqa: S314 - our own picture


def test_the_recording_shows_the_parts_of_the_demo_as_it_is() -> None:
    shown = words(RECORDING.read_text(encoding="utf-8"))
    walkthrough = (ROOT / "sync" / "demo" / "walkthrough.py").read_text(encoding="utf-8")
    titles = re.findall(r'heading\(\s*"(\d+\. [^"{]+)"', walkthrough)
    assert len(titles) > 4
    assert [title for title in titles if title not in shown] == [], "record the demo again with: make recording"
    assert "Both sides agree." in shown


def test_the_recording_names_no_folder_of_the_machine_and_loads_nothing() -> None:
    text = RECORDING.read_text(encoding="utf-8")
    assert set(re.findall(r"/\S*growthsync-demo[\w-]*", words(text))) == {"/tmp/growthsync-demo"}  # noqa: S108 - what is shown
    assert set(re.findall(r'https?://[^"\s<]+', text.replace("http://www.w3.org/2000/svg", ""))) <= {
        *re.findall(r"https?://\S+?example\.com\S*?(?=[\"\s<])", text)
    }
    assert "prefers-reduced-motion" in text


def test_each_part_is_a_view_and_a_long_part_is_several() -> None:
    long = "\n".join(f"line {number}" for number in range(2 * ROWS))
    svg = picture(f"1. One ──\n\x1b[1mbold\x1b[0m <&> text\n2. Two ──\n{long}\n")
    ET.fromstring(svg)  # noqa: S314 - our own picture
    stops = re.findall(r"([\d.]+)%, ([\d.]+)% \{ transform: translateY\((-?[\d.]+)px\)", svg)
    assert [float(place) for _, _, place in stops][:2] == [0.0, -48.8]
    assert len(stops) > 3
    assert all(float(begin) < float(end) for begin, end, _ in stops)
    assert "bold" in words(svg)
    assert "<&> text" in words(svg)
