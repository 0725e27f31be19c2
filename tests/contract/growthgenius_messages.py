"""GrowthGenius' messages under the contract: as its newest documents have them, and as else they can be read."""

from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import Final

from connectors.connector import Connector
from connectors.growthgenius.connector import GrowthGenius
from connectors.growthgenius.sandbox.server import Behaviour
from connectors.message import Message
from connectors.message_store import MessageStore
from tests.connectors.clocks import FakeClock
from tests.contract.growthgenius import OTHERWISE, USERS, GrowthGeniusPlace
from tests.contract.message_subject import MessageSubject, Post


class GrowthGeniusPost(GrowthGeniusPlace, Post):
    """Copies lie where everything lies: among the messages."""

    def letters(self, account: Connector) -> MessageStore:
        assert isinstance(account, GrowthGenius)
        return account.message_store

    def write(self, contact_id: str, letter: Message, *, at: datetime | None = None) -> str:
        (user,) = (user for user in USERS if user["email"] == letter.owner)
        return self.sandbox.add_message(
            contact_id, at=at, rendered_copy=letter.text, rendered_subject=letter.subject, user_id=user["id"]
        )

    def rewrite(self, message_id: str, text: str) -> None:
        self.sandbox.edit_message(message_id, rendered_copy=text)

    def withdraw(self, message_id: str) -> None:
        self.sandbox.remove_message(message_id)

    def discard(self, copy_id: str) -> None:
        self.sandbox.remove_message(copy_id)

    def kept(self) -> set[str]:
        return {str(record["id"]) for record in self.sandbox.messages()}


def _open(behaviour: Behaviour, clock: FakeClock) -> GrowthGeniusPost:
    return GrowthGeniusPost(clock, behaviour)


SUBJECTS: Final = (
    MessageSubject("growthgenius", partial(_open, Behaviour())),
    MessageSubject("growthgenius-otherwise", partial(_open, replace(OTHERWISE, coarse=True)), page=50, priced=False),
)
