"""`sync init`: ask questions, test the answers and write a config file."""

import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from connectors import registry
from sync import setup
from sync.commands.invocation import config_option, json_option, show, show_json, tell

if TYPE_CHECKING:
    from sync.setup.draft import Draft
    from sync.setup.questions import Asker, Questions


GREETING = """\
growthsync keeps the contacts of two systems the same.
It asks some questions now, says where you find each value, tries each
account at once, and writes a config file. No account is changed. Enter
takes the answer in brackets; Ctrl-C ends it and leaves nothing behind."""


def _address_options(command: Callable[..., int]) -> Callable[..., int]:
    """Add an option for the API address of each system that `init` asks for."""
    for kind in reversed(registry.kinds()):
        text = f"Use this address of the {kind} API."
        command = click.option(f"--{kind}-url", kind, metavar="URL", help=text)(command)
    return command


@click.command()
@click.option("--force", is_flag=True, help="Overwrite an existing config file and existing secrets.")
@click.option("--example", is_flag=True, help="Print config.example.toml, which explains every key; ask nothing.")
@click.option("--add", "adding", is_flag=True, help="Add a connection to an existing config file; comments stay.")
@_address_options
@config_option
@json_option
def init(
    *, force: bool, example: bool, adding: bool, config_path: Path | None, as_json: bool, **addresses: str | None
) -> int:
    """Ask a few questions, test the answers and write a config file."""
    import os

    if example:
        _print_example(as_json=as_json)
        return 0

    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
    path = _place(config_path, force=force, adding=adding)
    document = _asked(path, addresses, force=force, adding=adding)
    show(document, as_json, _lines)
    if not as_json and all(one["ok"] for one in document["accounts"]):
        _try_out(Terminal(), path)
    return 0


def _try_out(asker: "Asker", path: Path) -> None:
    """Ask for the first look at what a run would do, and show it. It writes to no account."""
    from sync.commands.rehearse import rehearse
    from sync.commands.run import plan

    asker.show("rehearse: all runs until nothing changes, on copies. plan: the first run, field by field.")
    commands = {"rehearse": rehearse, "plan": plan}
    chosen = asker.choice("What next? Nothing is written to an account.", (*commands, "nothing"), "rehearse")
    if chosen in commands:
        root = click.get_current_context().find_root()
        with commands[chosen].make_context(chosen, ["--config", str(path)], parent=root) as context:
            commands[chosen].invoke(context)


def _place(config_path: Path | None, *, force: bool, adding: bool) -> Path:
    """Return the config file to write. Raises UsageError where that cannot or must not be done."""
    import os

    from sync.config.model import FILE_NAME, find
    from sync.errors import UsageError
    from sync.setup.config_file import refuse_existing

    if adding and force:
        raise UsageError("--add adds to a config file, and --force overwrites it: give one of them")
    path = find(config_path) if adding else (config_path or Path(os.environ.get("SYNC_CONFIG") or FILE_NAME))
    path = path.absolute()
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        raise UsageError(
            f"sync init asks questions and needs a terminal; without one, write {path} from config.example.toml "
            "and test it with: sync check"
        )
    if not adding:
        refuse_existing(path, force=force)
    return path


def _asked(path: Path, addresses: Mapping[str, str | None], *, force: bool, adding: bool) -> dict[str, Any]:
    """Ask, test and write; return what was written, and what to do next."""
    from sync.setup.config_file import check_address, read_text, write_text
    from sync.setup.draft import Draft
    from sync.setup.questions import Questions
    from sync.setup.secrets import waiting_beside

    base = read_text(path) if adding else ""
    urls = {kind: check_address(url) for kind, url in addresses.items() if url}
    with waiting_beside(path.parent, force=force, adding=adding) as secrets:
        questions = Questions(Terminal(), secrets)
        questions.asker.show(GREETING)
        session = _Session(questions, path, base, Draft(base_urls=urls), asks_place=True)
        session.ask_all()
        places = write_text(session.text, session.references, secrets, path, base)
    following = [f"sync auth login {name}" for name in session.logins]
    return {
        "config": str(path),
        "secrets": places,
        "accounts": session.accounts,
        "next": [*following, "sync check", "sync rehearse", "sync run"],
    }


def _print_example(*, as_json: bool) -> None:
    """Print config.example.toml, which the installation has, as it is: without colour, and not fitted to a terminal."""
    text = (Path(setup.__file__).parent / "config.example.toml").read_text(encoding="utf-8")
    if as_json:
        show_json({"example": text})
    else:
        sys.stdout.write(text)


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
        tell(text.splitlines())


class _Session:
    """The connections that are asked for, one after the other. `text` is the config with those asked for so far."""

    def __init__(self, questions: "Questions", path: Path, base: str, empty: "Draft", *, asks_place: bool) -> None:
        self._questions = questions
        self._path = path
        self._empty = empty
        self._asks_place = asks_place
        self._given_up: set[str] = set()
        self.text = base
        self.references: list[str] = []
        self.accounts: list[dict[str, Any]] = []
        self.logins: list[str] = []

    def ask_all(self) -> None:
        """Ask for connections until there is no other one."""
        self._ask_one()
        while self._questions.asker.yes("Another connection?", default=False):
            self._ask_one()

    def _ask_one(self) -> None:
        from dataclasses import replace

        from sync.setup.config_file import text_with

        known, connections, has_key = self._known()
        empty = replace(self._empty, has_token_key=has_key)
        draft = self._questions.choose(empty, known, connections)
        if self._asks_place and draft.new_accounts:
            self._questions, self._asks_place = self._questions.with_place(), False
        draft = self._tried(self._questions.ask_connection(draft, self._tried_alone))
        self.text = text_with(self.text, draft)
        self.references += draft.secrets
        self.logins += [name for name in draft.accounts if draft.uses_oauth(name)]

    def _known(self) -> tuple[dict[str, str], tuple[str, ...], bool]:
        """Return the accounts of the config with their systems, its connections, and whether it has a token key."""
        from sync.config.model import parse

        if not self.text:
            return {}, (), False
        config = parse(self.text, self._path)
        accounts = {name: account.connector for name, account in config.accounts.items()}
        return accounts, tuple(config.connections), config.state.token_key is not None

    def _tried_alone(self, draft: "Draft", name: str) -> "Draft":
        """Try one account, until it works or the user stops correcting its answers."""
        from sync.setup.account_check import try_account

        questions = self._questions
        while True:
            questions.asker.show(f"trying {name} ...")
            found = try_account(draft, name, questions.secrets, self._path, questions.asker.show)
            for line in found.verdict:
                questions.asker.show(line)
            if found.works:
                return draft
            if not questions.asker.yes(f"Correct the answers for {name}?", default=True):
                self._given_up.add(name)
                return draft
            draft = questions.ask_account(draft, name)

    def _tried(self, draft: "Draft") -> "Draft":
        """Test the answers as `sync check` does, until they work or the user stops correcting them."""
        from sync.setup.account_check import try_accounts

        questions = self._questions
        while True:
            found = try_accounts(draft, questions.secrets, self._path, self.text, questions.asker.show)
            for line in (line for one in found for line in one.lines):
                questions.asker.show(line)
            wrong = [one.account for one in found if not one.works and one.account not in self._given_up]
            if not wrong or not questions.asker.yes(f"Correct the answers for {wrong[0]}?", default=True):
                self.accounts += [one.document() for one in found]
                return draft
            draft = questions.ask_account(draft, wrong[0])


def _lines(document: Any) -> "Any":
    yield f"{document['config']} is written"
    for place in document["secrets"]:
        yield f"a secret is in {place}"
    yield f"next: {', then '.join(document['next'])}"
