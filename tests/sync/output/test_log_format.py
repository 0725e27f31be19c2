import io
import json
import logging
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sync.output import event_log
from sync.output.log_format import Format, logging_to

ROOT = Path(__file__).parents[3]


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


class Full(io.StringIO):
    def write(self, text: str) -> int:
        raise OSError(28, "No space left on device")


@pytest.fixture
def out() -> Iterator[io.StringIO]:
    stream = io.StringIO()
    with logging_to(stream, "debug", "auto"):
        yield stream


def lines(stream: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_a_line_has_its_time_its_level_its_event_and_what_it_is_about(out: io.StringIO) -> None:
    with event_log.about(run="r1", connection="sales"), event_log.about(stream="contacts"):
        event_log.warning("conflict", link=7, field="city")
    (line,) = lines(out)
    assert line.pop("timestamp").endswith("Z")
    assert line == {
        "level": "warning", "event": "conflict", "run": "r1", "connection": "sales", "stream": "contacts",
        "link": 7, "field": "city",
    }  # fmt: skip
    assert list(json.loads(out.getvalue()))[:3] == ["timestamp", "level", "event"]


def test_what_a_line_is_about_ends_with_its_block_and_its_thread(out: io.StringIO) -> None:
    with event_log.about(run="r1"):
        other = threading.Thread(target=lambda: event_log.info("elsewhere"))
        other.start()
        other.join()
    event_log.info("later")
    assert all("run" not in line for line in lines(out))


def test_lower_levels_are_left_out() -> None:
    stream = io.StringIO()
    with logging_to(stream, "warning", "json"):
        event_log.debug("a step")
        event_log.info("as it should")
        event_log.warning("look at this")
        event_log.error("look at this now")
        assert not event_log.is_enabled("info")
    event_log.error("no process listens any more")
    assert [line["level"] for line in lines(stream)] == ["warning", "error"]


def test_no_line_shows_personal_data(out: io.StringIO) -> None:
    event_log.error("mistake", reason="ann@example.com is gone", name="Ann Example", phone="+13035550177")
    assert not any(private in out.getvalue() for private in ("ann@", "Ann", "+1303"))


@pytest.mark.parametrize(
    ("stream", "form", "is_json"),
    [
        (Terminal(), "auto", False), (io.StringIO(), "auto", True),
        (Terminal(), "json", True), (io.StringIO(), "human", False),
    ],
)  # fmt: skip
def test_a_terminal_gets_text_and_a_pipe_gets_json(stream: io.StringIO, form: Format, is_json: bool) -> None:
    with logging_to(stream, "info", form):
        event_log.info("run ended", run="r1")
    assert "run ended" in stream.getvalue()
    assert stream.getvalue().startswith("{") == is_json


def test_warnings_of_other_libraries_are_logged_without_personal_data(out: io.StringIO) -> None:
    logging.getLogger("urllib3.connectionpool").debug("GET /contacts?email=ann@example.com")
    logging.getLogger("urllib3.connectionpool").warning("Connection pool is full, discarding ann@example.com")
    (line,) = lines(out)
    assert (line["level"], line["kind"]) == ("warning", "urllib3.connectionpool")
    assert "ann@" not in line["text"]


def test_a_log_that_cannot_be_written_stops_no_run() -> None:
    stream = Full()
    with logging_to(stream, "info", "json"):
        event_log.error("who hears this?")
    closed = io.StringIO()
    with logging_to(closed, "info", "json"):
        event_log.info("one")
        closed.close()
        event_log.info("two")


def test_nothing_slow_is_imported_before_the_first_line() -> None:
    code = (
        "import io, sys; from sync.output import event_log; from sync.output.log_format import logging_to\n"
        "with logging_to(io.StringIO(), 'info', 'json'):\n"
        "    event_log.debug('quiet'); assert 'structlog' not in sys.modules\n"
        "    event_log.info('loud'); assert 'structlog' in sys.modules\n"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False, capture_output=True, text=True)  # noqa: S603 (our own code)
    assert done.returncode == 0, done.stderr
