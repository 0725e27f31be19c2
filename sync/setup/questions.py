"""The questions of `sync init`, in their order. An answer that no config can hold is asked for again.

The questions about an account are those of its system (connectors.registry). `Asker` is a terminal, or a test.
"""

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from itertools import count
from typing import Any, Final, Protocol, Self, TypeVar, cast

from pydantic import TypeAdapter, ValidationError

from connectors import registry
from connectors.system import Choice, Question
from sync.config.secret import check_secret, check_variable
from sync.config.value_types import Country, Interval
from sync.output.formats import AUTOMATIONS
from sync.setup.draft import CONNECTION, Conflicts, Create, Deletes, Direction, Draft
from sync.setup.secrets import PLACES, TOKEN_KEY, Place, Secrets, secret_name

DIRECTIONS: Final = ("both", "left_to_right", "right_to_left")
CREATES: Final = ("both", "left", "right", "none")

CONFLICTS: Final = ("newest", "left", "right", "manual")
DELETES: Final = ("ignore", "propagate")
CONFLICTS_HELP: Final = (
    "newest: the record that was edited last. manual: a field waits for you in `sync conflicts list`."
)
DELETES_HELP: Final = "ignore: the other record stays. propagate: it is deleted too; the guard stops many at once."

NEW: Final = "new"
"""The answer for an account that the config does not have yet."""

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
        """Ask everything about one connection between systems that are known."""
        return self.with_place().ask_connection(draft)

    def with_place(self) -> Self:
        """Ask where secrets are kept; return the questions that keep them there."""
        place = cast("Place", self.asker.choice("Where are secrets to be kept?", self._places(), "file"))
        return replace(self, secrets=self.secrets.at(place))

    def ask_connection(self, draft: Draft, tried: Callable[[Draft, str], Draft] = lambda draft, _name: draft) -> Draft:
        """Ask for the accounts of a connection that are not known yet, and what travels.

        `tried` tries the answers about an account as soon as they are given, and returns corrected ones.
        """
        for name in draft.new_accounts:
            draft = tried(self.ask_account(draft, name), name)
        return self.ask_rules(draft)

    def choose(self, draft: Draft, known: Mapping[str, str], connections: Collection[str]) -> Draft:
        """Ask which two accounts are to be connected: those of the config (`known`, with their systems), or new ones.

        A connection beside others (`connections`) gets a name.
        """
        left, left_kind = self._choose_account("left", known, "", draft.kinds[0])
        other = next((kind for kind in draft.kinds if kind != left_kind), left_kind)
        right, right_kind = self._choose_account("right", {**known, left: left_kind}, left, other)
        name = CONNECTION
        if connections:
            default = _free(f"{left}-{right}", connections)
            name = self._until_good("Name of the connection", lambda answer: _new_name(answer, connections), default)
        kinds, names = (left_kind, right_kind), (left, right)
        return replace(draft, kinds=kinds, names=names, connection=name, known=frozenset(known))

    def _choose_account(self, side: str, known: Mapping[str, str], taken: str, default: str) -> tuple[str, str]:
        """Return the name and the system of one account."""
        free = [name for name in known if name != taken]
        if free:
            name = self.asker.choice(f"Which account is at the {side}?", (*free, NEW), NEW)
            if name != NEW:
                return name, known[name]
        kind = self.asker.choice(f"Which system is at the {side}?", registry.kinds(), default)
        if kind not in known:
            return kind, kind
        question = f"Name of this other account at {registry.label(kind)}"
        return self._until_good(question, lambda answer: _new_name(answer, known), _free(kind, known)), kind

    def ask_account(self, draft: Draft, name: str) -> Draft:
        """Ask for one account, again where it was asked for before."""
        answers: dict[str, Any] = {}
        token_key, label = "", draft.label_of(name)
        for one in registry.system(draft.kind_of(name)).questions:
            way = self._way(label, one) if isinstance(one, Choice) else ""
            for question in one.ways[way] if isinstance(one, Choice) else (one,):
                answers |= self._answers(name, label, question)
            if isinstance(one, Choice) and way == one.oauth and not draft.has_token_key:
                token_key = self._token_key()
        draft = draft.with_account(name, answers)
        others = any(draft.uses_oauth(other) for other in draft.accounts if other != name)
        return replace(draft, token_key=token_key or (draft.token_key if others else ""))

    def ask_rules(self, draft: Draft) -> Draft:
        """Ask what travels."""
        question = f"Which way do changes travel? (left is {draft.label_of(draft.sides[0])})"
        direction = self.asker.choice(question, DIRECTIONS, "both")
        self.asker.show(AUTOMATIONS)
        create = self.asker.choice("Where may contacts be created?", CREATES, "both")
        tags = self.asker.text("Who travels for the first time: contacts with one of these tags (commas; empty: all)")
        self.asker.show(CONFLICTS_HELP)
        conflicts = self.asker.choice("Which value wins where a field changed on both sides?", CONFLICTS, "newest")
        self.asker.show(DELETES_HELP)
        deletes = self.asker.choice("What follows a deletion on one side?", DELETES, "ignore")
        rare = {*draft.kinds} & {*registry.kinds_with("lists_only")}
        every = self._until_good("How often shall the daemon run it?", _interval, "1h" if rare else "5m")
        messages = self.asker.yes("Do messages travel too, as notes? Nothing is ever sent.", default=False)
        country = self._until_good("Country of numbers without a country code", _country, "US")
        return replace(
            draft,
            direction=cast("Direction", direction),
            create=cast("Create", create),
            only_tags=_tags(tags),
            conflicts=cast("Conflicts", conflicts),
            deletes=cast("Deletes", deletes),
            every=every,
            messages=messages,
            country=country,
        )

    def _way(self, label: str, choice: Choice) -> str:
        ways = tuple(choice.ways)
        return self.asker.choice(f"{label}: {choice.text}", ways, ways[0])

    def _answers(self, account: str, label: str, question: Question) -> Mapping[str, Any]:
        """Return the value of the key that the answer to a question sets; nothing where it leaves the key out."""
        text = f"{label}: {question.text}"
        if question.found:
            self.asker.show(f"  {question.text}: {question.found}")
        if question.secret:
            return {question.key: self._secret(secret_name(account, question), text)}
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
    return tuple(name for name in draft.new_accounts if not draft.uses_oauth(name))


def _free(name: str, taken: Collection[str]) -> str:
    """Return a name that is not taken: the one given, or with a number behind it."""
    numbered = (f"{name}-{number}" for number in count(2))
    return name if name not in taken else next(each for each in numbered if each not in taken)


def _new_name(answer: str, taken: Collection[str]) -> str:
    if not re.fullmatch(r"[A-Za-z0-9_-]+", answer):
        raise ValueError("a name has letters, digits, - and _")
    if answer in taken:
        raise ValueError("there is one of that name already")
    return answer


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


def _tags(answer: str) -> tuple[str, ...]:
    """Return the tags in an answer. What no config can hold is left out."""
    words = ("".join(one for one in word if one.isprintable()).strip() for word in answer.split(","))
    return tuple(dict.fromkeys(word for word in words if word))


def _interval(answer: str) -> str:
    TypeAdapter(Interval).validate_python(answer)
    return answer


def _secret_value(answer: str) -> str:
    return check_secret(answer, "the answer")


def _variable_name(answer: str) -> str:
    return check_variable(answer.removeprefix("env:"))
