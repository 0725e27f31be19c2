import io

import pytest

from sync.output.progress import LineProgress, SilentProgress, TerminalProgress, for_stream


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_what_is_no_terminal_gets_notes_and_no_bars() -> None:
    out = io.StringIO()
    with for_stream(out) as progress:
        assert isinstance(progress, LineProgress)
        progress.stage("reading growthhub", 1000)
        progress.advance(500)
        progress.note("growthhub: made the custom field contact.job_title")
        with progress.paused():
            progress.advance()
    assert out.getvalue() == "growthhub: made the custom field contact.job_title\n"


def test_a_terminal_is_shown_what_is_done_and_how_far_it_is() -> None:
    out = Terminal()
    with for_stream(out) as progress:
        assert isinstance(progress, TerminalProgress)
        progress.advance()
        progress.stage("reading [growthhub]", 1000)
        progress.advance(500)
        with progress.paused():
            out.write("Write this? ")
        progress.stage("writing")
        progress.note("made [bold]contact.job_title[/bold]")
    shown = out.getvalue()
    assert "reading [growthhub]" in shown
    assert "500/1000" in shown
    assert "writing" in shown
    assert "made [bold]contact.job_title[/bold]" in shown


def test_a_terminal_is_given_back_when_a_run_ends_with_an_error() -> None:
    out = Terminal()

    def fail() -> None:
        with TerminalProgress(out) as progress:
            progress.stage("reading")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fail()
    hidden, shown = out.getvalue().rfind("\x1b[?25l"), out.getvalue().rfind("\x1b[?25h")
    assert shown > hidden  # the cursor is there again


def test_silence_is_kept() -> None:
    progress = SilentProgress()
    progress.stage("reading", 5)
    progress.advance()
    progress.note("said to nobody")
