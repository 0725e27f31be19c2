import shutil
import subprocess
from pathlib import Path

import pytest

from sync.cli import cli
from sync.commands.command_line import leaves
from sync.commands.man_page import MAN_PAGE, REFERENCE, main, man_page, reference

DOCS = Path(__file__).parents[3] / "docs"


@pytest.mark.parametrize("name", [MAN_PAGE, REFERENCE])
def test_the_pages_about_all_commands_are_as_the_program_writes_them(name: str, tmp_path: Path) -> None:
    main(tmp_path)
    written = (tmp_path / name).read_text(encoding="utf-8")
    assert (DOCS / name).read_text(encoding="utf-8") == written, "write the page again with: make recording"


@pytest.mark.parametrize("page", [man_page, reference])
def test_every_command_and_every_option_is_in_both_pages(page: "type[str]") -> None:
    text = page().replace("\\-", "-")
    for path, command in leaves(cli, "sync"):
        assert path.removeprefix("sync ") in text
        assert all(name in text for one in command.params for name in one.opts if name.startswith("-")), path


@pytest.mark.skipif(shutil.which("groff") is None, reason="the page is formatted with groff")
def test_groff_has_no_complaint() -> None:
    words = [shutil.which("groff") or "", "-man", "-Tutf8", "-ww", "-z", str(DOCS / MAN_PAGE)]
    done = subprocess.run(words, capture_output=True, check=False)  # noqa: S603 - our own page
    assert done.stderr == b""
