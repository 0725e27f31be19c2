"""The canonical shape of a message, which every connector maps to and from.

Rules kept here:
- a message has one original, at the system where it was written, and at most one copy, at the other system;
- a copy has a marker with the id of its original wherever the system has a place for one (R6). `of` is what a record
  says; connectors.message_store.MessageStore.is_copy_of decides whether it is true, because people can type a marker;
- texts are plain: no HTML, lines end with a line feed. `text` None means that the listing leaves it out, not "empty";
- times are aware and UTC; ids are strings, whatever their type at the API.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

Flow = Literal["inbound", "outbound"]
"""From the contact to the team, or from the team to the contact."""


@dataclass(frozen=True, slots=True)
class Message:
    """A message, or a copy of one, as one system shows it.

    `contact_id` is the contact's id at the same system. `kind` is what the system calls such messages
    ("sales_force_message", "email"), `channel` its channel as the config file names it ("Email", "SMS", ...), None
    where the system shows none. `owner` is the e-mail address, without case, of the user on the team's side. `of` is
    the marker of a copy: the id of its original at the other system.
    """

    id: str
    contact_id: str
    text: str | None = None
    subject: str | None = None
    sent_at: datetime | None = None
    kind: str = ""
    channel: str | None = None
    flow: Flow | None = None
    owner: str | None = None
    of: str | None = None
