import io

import pytest

from sync.output.progress import LineProgress, SilentProgress, TerminalProgress, for_stream


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_pipe_gets_notes_and_no_bars() -> None:
    out = io.StringIO()
    with for_stream(out) as progress:
        assert isinstance(progress, LineProgress)
        progress.begin_step("reading growthhub", 1000)
        progress.advance(500)
        progress.note("growthhub: made the custom field contact.job_title")
        with progress.paused():
            progress.advance()
    assert out.getvalue() == "growthhub: made the custom field contact.job_title\n"


def test_a_terminal_shows_the_step_and_its_progress() -> None:
    out = Terminal()
    with for_stream(out) as progress:
        assert isinstance(progress, TerminalProgress)
        progress.advance()
        progress.begin_step("reading [growthhub]", 1000)
        progress.advance(500)
        with progress.paused():
            out.write("Write this? ")
        progress.begin_step("writing")
        progress.note("made [bold]contact.job_title[/bold]")
    shown = out.getvalue()
    assert "reading [growthhub]" in shown
    assert "500/1,000" in shown
    assert "writing" in shown
    assert "made [bold]contact.job_title[/bold]" in shown


def test_a_terminal_is_restored_after_an_error() -> None:
    out = Terminal()

    def fail() -> None:
        with TerminalProgress(out) as progress:
            progress.begin_step("reading")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fail()
    hidden, shown = out.getvalue().rfind("\x1b[?25l"), out.getvalue().rfind("\x1b[?25h")
    assert shown > hidden  # the cursor is there again


def test_silent_progress_writes_nothing() -> None:
    progress = SilentProgress()
    progress.begin_step("reading", 5)
    progress.advance()
    progress.note("shown nowhere")
