"""What a system with messages brings along for the contract: what users do there with messages.

A system that has a Place gets a Post beside it, and adds its subjects to MESSAGE_SUBJECTS in tests.contract.subjects;
the tests called test_messages_* know of nothing else.
"""

from abc import abstractmethod
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

from connectors.connector import Connector
from connectors.message import Message
from connectors.message_store import MessageStore
from connectors.records import Page, Window
from tests.connectors.clocks import FakeClock
from tests.contract.sample_contacts import BRIEF
from tests.contract.sample_messages import numbered
from tests.contract.subject import SETTLE, Place


class Post(Place):
    """A place where users and contacts write to each other, apart from the copies that the account makes.

    `recorded_at` is the pattern of the path by which copies are made, where other calls may come before.
    """

    recorded_at = ""

    @abstractmethod
    def letters(self, account: Connector) -> MessageStore:
        """Return the messages of an account that `connect` returned."""

    @abstractmethod
    def write(self, contact_id: str, letter: Message, *, at: datetime | None = None) -> str:
        """Let a user, or the contact (`flow`), write text and subject at the server's now or earlier; return the id.

        `owner` is the user on the team's side. Everything else of the message is up to the system.
        """

    @abstractmethod
    def rewrite(self, message_id: str, text: str) -> None:
        """Let a user change the text of what was written; not called where the subject says that no contact can."""

    @abstractmethod
    def withdraw(self, message_id: str) -> None:
        """Let a user delete what was written."""

    @abstractmethod
    def kept(self) -> set[str]:
        """Return the ids of everything that lies where the account's copies go."""

    @abstractmethod
    def discard(self, copy_id: str) -> None:
        """Let a user take away what lies where the account's copies go."""

    @property
    def post(self) -> MessageStore:
        """The messages of the account."""
        return self.letters(self.account)

    def a_contact(self) -> str:
        """Return the id of a contact; all that is learned of a server when it is first written to is known then."""
        self.prepare()
        contact_id = self.add(BRIEF)
        self.account.update_contact(self.got(contact_id), {}, {"city": "Hometown"}, None)
        return contact_id

    def pile(self, contact_id: str, count: int, *, apart: timedelta = timedelta(seconds=1)) -> list[str]:
        """Write so many messages, the last of them a minute ago; return their ids from the oldest on."""
        first = self.sandbox.server_now() - SETTLE - (count - 1) * apart
        return [self.write(contact_id, numbered(number), at=first + number * apart) for number in range(count)]

    def mapped(self, pages: Iterable[Page]) -> dict[str, Message]:
        """Return the messages of pages by id; the later showing counts."""
        shown = (self.post.to_message(raw) for page in pages for raw in page.records)
        return {message.id: message for message in shown}

    def all_messages(self) -> dict[str, Message]:
        """Read every message that has settled."""
        self.settle()
        return self.mapped(self.post.read_window(Window(self.clock.start - timedelta(days=365))))


@dataclass(frozen=True, slots=True)
class MessageSubject:
    """The messages of one system, in one of the ways in which it may behave.

    `page` is how many it shows at once, at most. `priced`: it answers as documented, so that `count_calls` can be held
    to the number of calls. `rewrites`: contacts there can change what they wrote. `amends`: a copy can be changed.
    """

    name: str
    open: Callable[[FakeClock], Post]
    page: int = 100
    priced: bool = True
    rewrites: bool = True
    amends: bool = True

    @contextmanager
    def running(self) -> Iterator[Post]:
        """Start the sandbox, and end it with everything that is connected to it."""
        place = self.open(FakeClock())
        with place.sandbox:
            place.account = place.connect()
            yield place
            place.close()
