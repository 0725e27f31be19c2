"""A config file as it comes from answers: what was answered, with comments, and nothing that is the default anyway.

What it makes loads, and says what was answered: quoting is TOML's own, whatever is in an answer.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final, Literal

GROWTHGENIUS: Final = "growthgenius"
GROWTHHUB: Final = "growthhub"
CONNECTION: Final = "sales"

Direction = Literal["both", "left_to_right", "right_to_left"]
Create = Literal["both", "left", "right", "none"]


@dataclass(frozen=True, slots=True)
class Draft:
    """What was answered. Secrets are references (`file:...`); `base_urls` are addresses beside the usual ones.

    GrowthHub is opened by `token`, or else by `client_id` and `client_secret`, with `token_key` for what they lead to.
    """

    api_key: str = ""
    users: tuple[int | str, ...] = ()
    location_id: str = ""
    token: str = ""
    client_id: str = ""
    client_secret: str = ""
    company_id: str = ""
    token_key: str = ""
    direction: Direction = "both"
    create: Create = "both"
    messages: bool = False
    country: str = "US"
    base_urls: dict[str, str] = field(default_factory=dict)

    @property
    def uses_oauth(self) -> bool:
        """Say whether GrowthHub is opened by a consent."""
        return bool(self.client_id)

    def text(self) -> str:
        """Return the file."""
        return "\n".join([*self._head(), *self._left(), *self._right(), *self._connection(), ""])

    def _head(self) -> Iterator[str]:
        yield "# Written by `sync init`. config.example.toml explains every key; what is left out has its default."
        yield "# Try it with `sync check`; `sync plan` shows what a run would write."
        if self.token_key:
            yield ""
            yield "[state]"
            yield f"token_key = {quoted(self.token_key)}    # what OAuth tokens in the state file are encrypted under"

    def _left(self) -> Iterator[str]:
        yield ""
        yield f"[accounts.{GROWTHGENIUS}]"
        yield 'connector = "growthgenius"'
        yield f"api_key = {quoted(self.api_key)}"
        shown = [quoted(user) if isinstance(user, str) else str(user) for user in self.users]
        one = len(shown) == 1
        yield (
            f"user_id = {shown[0]}    # whose contacts"
            if one
            else f"user_ids = [{', '.join(shown)}]    # whose contacts"
        )
        yield from self._address(GROWTHGENIUS)

    def _right(self) -> Iterator[str]:
        yield ""
        yield f"[accounts.{GROWTHHUB}]"
        yield 'connector = "growthhub"'
        if self.uses_oauth:
            yield f"client_id = {quoted(self.client_id)}    # of your app; then: sync auth login {GROWTHHUB}"
            yield f"client_secret = {quoted(self.client_secret)}"
            if self.company_id:
                yield f"company_id = {quoted(self.company_id)}    # the company (agency) consents for its location"
        else:
            yield f"token = {quoted(self.token)}    # a private integration token"
        yield f"location_id = {quoted(self.location_id)}    # the location (sub-account)"
        yield from self._address(GROWTHHUB)

    def _address(self, name: str) -> Iterator[str]:
        if name in self.base_urls:
            yield f"base_url = {quoted(self.base_urls[name])}"

    def _connection(self) -> Iterator[str]:
        yield ""
        yield f"[connections.{CONNECTION}]"
        yield f'left = "{GROWTHGENIUS}"'
        yield f'right = "{GROWTHHUB}"'
        yield f"country = {quoted(self.country)}    # of phone numbers where the contact's own is unknown"
        yield ""
        yield f"[connections.{CONNECTION}.contacts]"
        yield f"direction = {quoted(self.direction)}    # both | left_to_right | right_to_left"
        yield f"create = {quoted(self.create)}    # where people may be created: both | left | right | none"
        yield '# create_tags = ["via-growthsync"]    # on everybody that a run creates, for workflows to leave them out'
        if self.messages:
            yield ""
            yield f"[connections.{CONNECTION}.messages]"
            yield f"direction = {quoted(self.direction)}"
            yield 'as = "note"    # what messages of GrowthGenius become at GrowthHub; nothing is ever sent'


def quoted(text: str) -> str:
    """Return a text as a basic string of TOML."""
    return '"' + "".join(_escaped(character) for character in text) + '"'


def _escaped(character: str) -> str:
    if character in '"\\':
        return f"\\{character}"
    return character if character >= " " and character != "\x7f" else f"\\u{ord(character):04x}"
