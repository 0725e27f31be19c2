"""`sync init`: ask questions, test the answers and write a config file."""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from connectors import registry
from sync.commands.invocation import config_option, json_option, show

if TYPE_CHECKING:
    from sync.setup.draft import Draft
    from sync.setup.questions import Questions


def _address_options(command: Callable[..., int]) -> Callable[..., int]:
    """Add an option for the API address of each system that `init` asks for."""
    for kind in reversed(registry.FIRST_PAIR):
        text = f"Use this address of the {kind} API."
        command = click.option(f"--{kind}-url", kind, metavar="URL", help=text)(command)
    return command


@click.command()
@click.option("--force", is_flag=True, help="Overwrite an existing config file and existing secrets.")
@_address_options
@config_option
@json_option
def init(*, force: bool, config_path: Path | None, as_json: bool, **addresses: str | None) -> int:
    """Ask a few questions, test the answers and write a config file."""
    import os

    from sync.config.model import FILE_NAME
    from sync.errors import UsageError
    from sync.setup.config_file import check_address, refuse_existing, write
    from sync.setup.draft import Draft
    from sync.setup.questions import Questions
    from sync.setup.secrets import waiting_beside

    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
    path = (config_path or Path(os.environ.get("SYNC_CONFIG") or FILE_NAME)).absolute()
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        raise UsageError(
            f"sync init asks questions and needs a terminal; without one, write {path} from config.example.toml "
            "and test it with: sync check"
        )
    refuse_existing(path, force=force)
    urls = {kind: check_address(url) for kind, url in addresses.items() if url}
    with waiting_beside(path.parent, force=force) as secrets:
        questions = Questions(Terminal(), secrets)
        draft, accounts = _tried(questions, questions.ask(Draft(base_urls=urls)), path)
        places = write(draft, secrets, path)
    following = [f"sync auth login {name}" for name in draft.accounts if draft.uses_oauth(name)]
    document = {
        "config": str(path),
        "secrets": places,
        "accounts": accounts,
        "next": [*following, "sync check", "sync rehearse", "sync run"],
    }
    show(document, as_json, _lines)
    return 0


class Terminal:
    """Ask on standard error, since standard output is for the result."""

    def text(self, question: str, default: str = "") -> str:
        """Return a line; where it is empty, the default."""
        return str(click.prompt(question, default=default, show_default=bool(default), err=True))

    def secret(self, question: str) -> str:
        """Return a line that is not shown while it is typed."""
        return str(click.prompt(question, hide_input=True, default="", show_default=False, err=True))

    def choice(self, question: str, allowed: tuple[str, ...], default: str) -> str:
        """Return one of the allowed words."""
        return str(click.prompt(question, type=click.Choice(allowed), default=default, err=True))

    def yes(self, question: str, *, default: bool) -> bool:
        """Return whether the answer was yes."""
        return click.confirm(question, default=default, err=True)

    def show(self, text: str) -> None:
        """Print a line."""
        click.echo(text, err=True)


def _tried(questions: "Questions", draft: "Draft", path: Path) -> "tuple[Draft, list[dict[str, Any]]]":
    """Test the answers as `sync check` does, until they work or the user stops correcting them."""
    from sync.setup.account_check import try_accounts

    while True:
        found = try_accounts(draft, questions.secrets, path)
        for one in found:
            for line in one.lines:
                questions.asker.show(line)
        wrong = [one.account for one in found if not one.works]
        if not wrong or not questions.asker.yes(f"Correct the answers for {wrong[0]}?", default=True):
            return draft, [one.document() for one in found]
        draft = questions.ask_account(draft, wrong[0])


def _lines(document: Any) -> "Any":
    yield f"{document['config']} is written"
    for place in document["secrets"]:
        yield f"a secret is in {place}"
    yield f"next: {', then '.join(document['next'])}"
