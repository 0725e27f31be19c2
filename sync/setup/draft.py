"""What the answers of `sync init` write into the config file for one connection: values, comments, and no defaults.

The file loads, and says what was answered: values are quoted as TOML, whatever an answer holds.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import chain
from typing import Any, Final, Literal, Self

from connectors import registry
from connectors.system import Choice, Question

CONNECTION: Final = "sales"
Direction = Literal["both", "left_to_right", "right_to_left"]
Create = Literal["both", "left", "right", "none"]
Conflicts = Literal["newest", "left", "right", "manual"]
Deletes = Literal["ignore", "propagate"]


@dataclass(frozen=True, slots=True)
class Draft:
    """The answers about one connection. `accounts` has the value of each answered key by account.

    Secrets are references (`file:...`). `token_key` is the reference to the key for OAuth tokens, "" where no account
    uses OAuth or the config has a key. `base_urls` are addresses of APIs, by system, where they are not the usual ones.
    `kinds` are the systems at the left and the right, `names` their accounts, which are named after them by default.
    `known` are the accounts that the config has already. `only_tags` are tags; a contact needs one of them to be
    synced for the first time, none for every contact. `every` is how often the daemon runs the connection, "" for the
    default.
    """

    accounts: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    token_key: str = ""
    direction: Direction = "both"
    create: Create = "both"
    only_tags: tuple[str, ...] = ()
    conflicts: Conflicts = "newest"
    deletes: Deletes = "ignore"
    every: str = ""
    messages: bool = False
    country: str = "US"
    base_urls: Mapping[str, str] = field(default_factory=dict)
    kinds: tuple[str, str] = registry.FIRST_PAIR
    names: tuple[str, str] | None = None
    connection: str = CONNECTION
    known: frozenset[str] = frozenset()
    has_token_key: bool = False

    @property
    def sides(self) -> tuple[str, str]:
        """Return the names of both accounts, left first."""
        return self.names or self.kinds

    @property
    def new_accounts(self) -> tuple[str, ...]:
        """Return the accounts that the config does not have yet."""
        return tuple(name for name in self.sides if name not in self.known)

    def kind_of(self, account: str) -> str:
        """Return the system of an account."""
        return dict(zip(self.sides, self.kinds, strict=True))[account]

    def label_of(self, account: str) -> str:
        """Return the name of an account as questions show it: its system, with its own name where that differs."""
        kind = self.kind_of(account)
        return registry.label(kind) if account == kind else f"{registry.label(kind)} {account}"

    def with_account(self, name: str, answers: Mapping[str, Any]) -> Self:
        """Return the draft with the answers for an account."""
        return replace(self, accounts={**self.accounts, name: answers})

    def uses_oauth(self, account: str) -> bool:
        """Say whether an account uses OAuth, by the choices that were made."""
        choices = [
            one for one in registry.system(self.kind_of(account)).questions if isinstance(one, Choice) and one.oauth
        ]
        return any(one.key in self.accounts.get(account, {}) for each in choices for one in each.ways[each.oauth])

    def alone(self, account: str) -> Self:
        """Return a draft of one account, connected with itself under another name, so that it can be tried alone."""
        kind, answers = self.kind_of(account), self.accounts[account]
        twin = f"{account}-again"
        return replace(
            self, accounts={account: answers, twin: answers}, kinds=(kind, kind), names=(account, twin),
            known=frozenset(), messages=False,
        )  # fmt: skip

    @property
    def secrets(self) -> tuple[str, ...]:
        """Return the references of all secrets."""
        answered = [
            str(answers[key])
            for account, answers in self.accounts.items()
            for key in _secret_keys(self.kind_of(account))
            if key in answers
        ]
        return (*answered, self.token_key)

    def with_secrets(self, places: Mapping[str, str]) -> Self:
        """Return the draft with other references in place of those of its secrets."""
        accounts = {
            account: {**answers, **{key: places[answers[key]] for key in self._secrets_in(account, answers)}}
            for account, answers in self.accounts.items()
        }
        return replace(self, accounts=accounts, token_key=places[self.token_key])

    def text(self) -> str:
        """Return the text of a file with this connection alone."""
        return "\n".join([*self._head(), *self._tables(), ""])

    def tables(self) -> str:
        """Return the tables of the new accounts and of the connection, to be added to a config."""
        return "\n".join([*self._tables(), ""])

    def _tables(self) -> Iterator[str]:
        yield from chain(*map(self._account, self.new_accounts))
        yield from self._connection()

    def _secrets_in(self, account: str, answers: Mapping[str, Any]) -> list[str]:
        return [key for key in _secret_keys(self.kind_of(account)) if key in answers]

    def _head(self) -> Iterator[str]:
        yield "# Written by `sync init`. config.example.toml explains every key; what is left out has its default."
        yield "# Test it with `sync check`; `sync rehearse` tries it on copies of both accounts and writes to neither."
        if self.token_key:
            yield ""
            yield "[state]"
            yield f"token_key = {quoted(self.token_key)}    # what OAuth tokens in the state file are encrypted under"

    def _account(self, name: str) -> Iterator[str]:
        yield ""
        yield f"[accounts.{name}]"
        yield f"connector = {quoted(self.kind_of(name))}"
        for question in questions_of(self.kind_of(name)):
            for key in (question.key, question.many):
                if key in self.accounts.get(name, {}):
                    comment = question.comment.format(account=name)
                    yield f"{key} = {_value(self.accounts[name][key])}{f'    # {comment}' if comment else ''}"
        if self.kind_of(name) in self.base_urls:
            yield f"base_url = {quoted(self.base_urls[self.kind_of(name)])}"

    def _connection(self) -> Iterator[str]:
        left, right = self.sides
        yield ""
        yield f"[connections.{self.connection}]"
        yield f"left = {quoted(left)}"
        yield f"right = {quoted(right)}"
        if self.every:
            yield f"every = {quoted(self.every)}    # how often the daemon runs it"
        yield f"country = {quoted(self.country)}    # of phone numbers where the contact's own is unknown"
        yield ""
        yield f"[connections.{self.connection}.contacts]"
        yield f"direction = {quoted(self.direction)}    # both | left_to_right | right_to_left"
        yield f"create = {quoted(self.create)}    # where contacts may be created: both | left | right | none"
        yield f"conflicts = {quoted(self.conflicts)}    # a field changed on both sides: newest | left | right | manual"
        yield f"deletes = {quoted(self.deletes)}    # a contact was deleted on one side: ignore | propagate"
        if self.only_tags:
            tags = f"{{ tags = {_value(self.only_tags)} }}"
            yield f"only = {{ left = {tags}, right = {tags} }}    # who travels for the first time"
        yield '# create_tags = ["via-growthsync"]    # on every contact that a run creates, for workflows to skip'
        if self.messages:
            yield ""
            yield f"[connections.{self.connection}.messages]"
            yield f"direction = {quoted(self.direction)}"
            becomes = f"messages of {self.label_of(left)} become at {self.label_of(right)}"
            yield f'as = "note"    # what {becomes}; nothing is ever sent'


def questions_of(kind: str) -> Iterator[Question]:
    """Yield every question about an account of a kind of system, those of each choice too."""
    for one in registry.system(kind).questions:
        if isinstance(one, Question):
            yield one
        else:
            for way in one.ways.values():
                yield from way


def _secret_keys(kind: str) -> list[str]:
    return [question.key for question in questions_of(kind) if question.secret]


def _value(value: Any) -> str:
    if isinstance(value, tuple):
        return f"[{', '.join(map(_value, value))}]"
    return quoted(value) if isinstance(value, str) else str(value)


def quoted(text: str) -> str:
    """Return a text as a basic string of TOML."""
    return '"' + "".join(_escaped(character) for character in text) + '"'


def _escaped(character: str) -> str:
    if character in '"\\':
        return f"\\{character}"
    return character if character >= " " and character != "\x7f" else f"\\u{ord(character):04x}"
