"""The questions of `sync init`, in their order. Whatever can't be in a config is asked for again.

Who asks is passed in: `Asker` is a terminal, or a test.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Final, Protocol, TypeVar, cast

from pydantic import TypeAdapter, ValidationError

from sync.config.secret import check_secret, check_variable
from sync.config.value_types import Country, Text, UserId
from sync.output.formats import AUTOMATIONS
from sync.setup.draft import GROWTHGENIUS, GROWTHHUB, Create, Direction, Draft
from sync.setup.secrets import PLACES, Place, Secrets

DIRECTIONS: Final = ("both", "left_to_right", "right_to_left")
CREATES: Final = ("both", "left", "right", "none")
OPENED_BY: Final = ("token", "oauth")

Value = TypeVar("Value")


class Asker(Protocol):
    """Asks a person, on a terminal."""

    def text(self, question: str, default: str = "") -> str:
        """Return a line; where it is empty, the default."""

    def secret(self, question: str) -> str:
        """Return a line that was not shown while it was typed."""

    def choice(self, question: str, allowed: tuple[str, ...], default: str) -> str:
        """Return one of the allowed words."""

    def yes(self, question: str, *, default: bool) -> bool:
        """Return whether the answer was yes."""

    def tell(self, text: str) -> None:
        """Say something."""


@dataclass(frozen=True, slots=True)
class Questions:
    """Asks, and puts what is answered into a draft, secrets into `secrets`."""

    asker: Asker
    secrets: Secrets

    def ask(self, draft: Draft) -> Draft:
        """Ask everything."""
        place = cast("Place", self.asker.choice("Where are secrets to be kept?", self._places(), "file"))
        kept = replace(self, secrets=self.secrets.at(place))
        for part in (kept.left, kept.right, kept.rules):
            draft = part(draft)
        return draft

    def left(self, draft: Draft) -> Draft:
        """Ask for GrowthGenius."""
        api_key = self._secret("growthgenius-api-key", "GrowthGenius: API key")
        users = self._until_good("GrowthGenius: user id, or several with commas", _users)
        return replace(draft, api_key=api_key, users=users)

    def right(self, draft: Draft) -> Draft:
        """Ask for GrowthHub."""
        opened = self.asker.choice(
            "GrowthHub: opened by a private integration token, or by an app?", OPENED_BY, "token"
        )
        closed = replace(draft, token="", client_id="", client_secret="", company_id="", token_key="")
        draft = self._app(closed) if opened == "oauth" else replace(closed, token=self._token())
        return replace(draft, location_id=self._until_good("GrowthHub: location id", _text))

    def rules(self, draft: Draft) -> Draft:
        """Ask what travels."""
        direction = self.asker.choice("Which way do changes travel? (left is GrowthGenius)", DIRECTIONS, "both")
        self.asker.tell(AUTOMATIONS)
        create = self.asker.choice("Where may people be created?", CREATES, "both")
        messages = self.asker.yes("Do messages travel too, as notes? Nothing is ever sent.", default=False)
        country = self._until_good("Country of numbers without a country code", _country, "US")
        return replace(
            draft,
            direction=cast("Direction", direction),
            create=cast("Create", create),
            messages=messages,
            country=country,
        )

    def again(self, draft: Draft, account: str) -> Draft:
        """Ask for one account again."""
        return self.left(draft) if account == GROWTHGENIUS else self.right(draft)

    def _token(self) -> str:
        return self._secret("growthhub-token", "GrowthHub: private integration token")

    def _app(self, draft: Draft) -> Draft:
        client_id = self._until_good("GrowthHub: client_id of the app", _text)
        client_secret = self._secret("growthhub-client-secret", "GrowthHub: client_secret of the app")
        company_id = self._until_good("GrowthHub: company_id, where the company consents; else empty", _text_or_none)
        return replace(
            draft,
            client_id=client_id,
            client_secret=client_secret,
            company_id=company_id,
            token_key=self._key(),
        )

    def _key(self) -> str:
        if self.secrets.place == "env":
            self.asker.tell("The key of OAuth tokens is 32 random bytes in base64, made by: openssl rand -base64 32")
            return self._variable("token-key", "its environment variable")
        return self.secrets.keep("token-key", self.secrets.new_key())

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
        """Ask until the answer can be used; what can't is told without being repeated."""
        while True:
            answer = self.asker.secret(question) if hidden else self.asker.text(question, default)
            try:
                return check(answer.strip())
            except ValidationError as error:
                details = error.errors(include_url=False, include_input=False)[0]
                self.asker.tell(f"  allowed is {details.get('ctx', {}).get('error', 'a text that is not empty')}")
            except ValueError as error:
                self.asker.tell(f"  {error}")

    def _places(self) -> tuple[str, ...]:
        return PLACES if self.secrets.has_keyring() else PLACES[:2]


def accounts_of(draft: Draft) -> tuple[str, ...]:
    """Return the accounts that can be tried as soon as their answers are there."""
    return (GROWTHGENIUS,) if draft.uses_oauth else (GROWTHGENIUS, GROWTHHUB)


def _users(answer: str) -> tuple[int | str, ...]:
    words = [word.strip() for word in answer.split(",")]
    adapter: TypeAdapter[Any] = TypeAdapter(UserId)
    if not answer.isprintable():
        raise ValueError("there are characters in it that no id has")
    plain = [int(word) if word.isascii() and word.isdigit() and str(int(word)) == word else word for word in words]
    return tuple(dict.fromkeys(adapter.validate_python(one) for one in plain))


def _text(answer: str) -> str:
    if not answer.isprintable():  # nor halves of characters, which a terminal may deliver and no file can hold
        raise ValueError("there are characters in it that no id has")
    return str(TypeAdapter(Text).validate_python(answer))


def _text_or_none(answer: str) -> str:
    return _text(answer) if answer else ""


def _country(answer: str) -> str:
    return str(TypeAdapter(Country).validate_python(answer))


def _secret_value(answer: str) -> str:
    return check_secret(answer, "the answer")


def _variable_name(answer: str) -> str:
    return check_variable(answer.removeprefix("env:"))
