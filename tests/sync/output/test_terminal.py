import io

import pytest

from sync.output.terminal import fitting, write_on_terminal

ESCAPE = "\x1b["


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture(autouse=True)
def _a_terminal_of_60_columns(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("COLUMNS", "60")
    monkeypatch.delenv("NO_COLOR", raising=False)


def written(*lines: str) -> str:
    screen = Terminal()
    write_on_terminal(lines, screen)
    return screen.getvalue()


def test_words_that_say_how_it_went_are_coloured_and_values_are_not() -> None:
    assert ESCAPE in written("sales: ok")
    assert ESCAPE in written("settle one with: sync conflicts resolve 7 --left")
    assert ESCAPE not in written('ann@example.com: title: "failed, wrong, ok" -> "[bold]CEO[/bold]"')


@pytest.mark.parametrize(("name", "value"), [("NO_COLOR", "1"), ("TERM", "dumb")])
def test_there_is_no_colour_where_it_is_not_wanted(name: str, value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(name, value)
    assert written("sales: ok") == "sales: ok\n"


def test_a_long_line_is_broken_between_words_and_further_lines_are_indented(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    line = "  " + "word " * 20 + "x" * 70
    lines = written(line).splitlines()
    assert all(len(one) <= 60 for one in lines[:-1])
    assert lines[0].startswith("  word")
    assert all(one.startswith("    ") for one in lines[1:])
    assert " ".join(" ".join(lines).split()) == " ".join(line.split())


def test_a_line_that_fits_stays_as_it_is() -> None:
    assert list(fitting("  a   b", 7)) == ["  a   b"]
