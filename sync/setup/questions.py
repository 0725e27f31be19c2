"""The questions of `sync init`, in their order. An answer that no config can hold is asked for again.

The questions about an account are those of its system (connectors.registry). `Asker` is a terminal, or a test.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final, Protocol, TypeVar, cast

from pydantic import TypeAdapter, ValidationError

from connectors import registry
from connectors.system import Choice, Question
from sync.config.secret import check_secret, check_variable
from sync.config.value_types import Country
from sync.output.formats import AUTOMATIONS
from sync.setup.draft import Create, Direction, Draft
from sync.setup.secrets import PLACES, TOKEN_KEY, Place, Secrets, secret_name

DIRECTIONS: Final = ("both", "left_to_right", "right_to_left")
CREATES: Final = ("both", "left", "right", "none")

Value = TypeVar("Value")


class Asker(Protocol):
    """Asks a person, on a terminal."""

    def text(self, question: str, default: str = "") -> str:
        """Return a line, the default where it is empty."""

    def secret(self, question: str) -> str:
        """Return a line that was not shown while it was typed."""

    def choice(self, question: str, allowed: tuple[str, ...], default: str) -> str:
        """Return one of the allowed words."""

    def yes(self, question: str, *, default: bool) -> bool:
        """Return whether the answer was yes."""

    def show(self, text: str) -> None:
        """Show a text."""


@dataclass(frozen=True, slots=True)
class Questions:
    """Asks, puts the answers into a draft, and the secrets into `secrets`."""

    asker: Asker
    secrets: Secrets

    def ask(self, draft: Draft) -> Draft:
        """Ask everything."""
        place = cast("Place", self.asker.choice("Where are secrets to be kept?", self._places(), "file"))
        kept = replace(self, secrets=self.secrets.at(place))
        for kind in draft.kinds:
            draft = kept.ask_account(draft, kind)
        return kept.ask_rules(draft)

    def ask_account(self, draft: Draft, kind: str) -> Draft:
        """Ask for one account, again where it was asked for before."""
        answers: dict[str, Any] = {}
        token_key = ""
        for one in registry.system(kind).questions:
            way = self._way(kind, one) if isinstance(one, Choice) else ""
            for question in one.ways[way] if isinstance(one, Choice) else (one,):
                answers |= self._answers(kind, question)
            if isinstance(one, Choice) and way == one.oauth:
                token_key = self._token_key()
        draft = draft.with_account(kind, answers)
        others = any(draft.uses_oauth(other) for other in draft.accounts if other != kind)
        return replace(draft, token_key=token_key or (draft.token_key if others else ""))

    def ask_rules(self, draft: Draft) -> Draft:
        """Ask what travels."""
        question = f"Which way do changes travel? (left is {registry.label(draft.kinds[0])})"
        direction = self.asker.choice(question, DIRECTIONS, "both")
        self.asker.show(AUTOMATIONS)
        create = self.asker.choice("Where may contacts be created?", CREATES, "both")
        messages = self.asker.yes("Do messages travel too, as notes? Nothing is ever sent.", default=False)
        country = self._until_good("Country of numbers without a country code", _country, "US")
        return replace(
            draft,
            direction=cast("Direction", direction),
            create=cast("Create", create),
            messages=messages,
            country=country,
        )

    def _way(self, kind: str, choice: Choice) -> str:
        ways = tuple(choice.ways)
        return self.asker.choice(f"{registry.label(kind)}: {choice.text}", ways, ways[0])

    def _answers(self, kind: str, question: Question) -> Mapping[str, Any]:
        """Return the value of the key that the answer to a question sets; nothing where it leaves the key out."""
        text = f"{registry.label(kind)}: {question.text}"
        if question.secret:
            return {question.key: self._secret(secret_name(kind, question), text)}
        values = self._until_good(text, lambda answer: _values(question, answer))
        if not values:
            return {}
        return {question.key: values[0]} if len(values) == 1 else {question.many: values}

    def _token_key(self) -> str:
        if self.secrets.place == "env":
            self.asker.show("The key of OAuth tokens is 32 random bytes in base64, made by: openssl rand -base64 32")
            return self._variable(TOKEN_KEY, "its environment variable")
        return self.secrets.keep(TOKEN_KEY, self.secrets.new_key())

    def _secret(self, name: str, question: str) -> str:
        if self.secrets.place == "env":
            return self._variable(name, f"{question}: its environment variable")
        return self.secrets.keep(name, self._until_good(f"{question} (not shown)", _secret_value, hidden=True))

    def _variable(self, name: str, question: str) -> str:
        default = name.upper().replace("-", "_")
        return f"env:{self._until_good(question, _variable_name, default)}"

    def _until_good(
        self, question: str, check: Callable[[str], Value], default: str = "", *, hidden: bool = False
    ) -> Value:
        """Ask until the answer can be used. The reason why it cannot be used does not repeat it."""
        while True:
            answer = self.asker.secret(question) if hidden else self.asker.text(question, default)
            try:
                return check(answer.strip())
            except ValidationError as error:
                details = error.errors(include_url=False, include_input=False)[0]
                self.asker.show(f"  allowed is {details.get('ctx', {}).get('error', 'a text that is not empty')}")
            except ValueError as error:
                self.asker.show(f"  {error}")

    def _places(self) -> tuple[str, ...]:
        return PLACES if self.secrets.has_keyring() else PLACES[:2]


def accounts_of(draft: Draft) -> tuple[str, ...]:
    """Return the accounts that can be tried at once: one that uses OAuth needs a login first."""
    return tuple(kind for kind in draft.kinds if not draft.uses_oauth(kind))


def _values(question: Question, answer: str) -> tuple[Any, ...]:
    """Return the values in an answer; none where it is empty and may be. Raises ValueError."""
    if not answer.isprintable():  # a terminal may deliver halves of characters, which no file can hold
        raise ValueError("there are characters in it that no id has")
    if question.optional and not answer:
        return ()
    adapter: TypeAdapter[Any] = TypeAdapter(question.value)
    words = [_number(word.strip()) for word in answer.split(",")] if question.many else [answer]
    return tuple(dict.fromkeys(adapter.validate_python(one) for one in words))


def _number(word: str) -> int | str:
    """Return a whole number where the word is the usual spelling of one, else the word."""
    return int(word) if word.isascii() and word.isdigit() and str(int(word)) == word else word


def _country(answer: str) -> str:
    return str(TypeAdapter(Country).validate_python(answer))


def _secret_value(answer: str) -> str:
    return check_secret(answer, "the answer")


def _variable_name(answer: str) -> str:
    return check_variable(answer.removeprefix("env:"))
