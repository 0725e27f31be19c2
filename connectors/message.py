"""The one shape that a message has between systems.

Rules kept here:
- a message is a fact: who, when, what. It has one original, at the system where it was written, and at most one copy,
  at the other system;
- a copy bears a marker with the id of its original wherever the system has room for one (R6). `of` is what a record
  says; whether it is true is for `shows` to tell, since people can type a marker;
- texts are plain: no HTML, lines end with a line feed; `text` None is "the listing leaves it out", not "empty";
- times are aware and UTC; ids are strings (the type at the wire is the connector's affair).
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

Flow = Literal["inbound", "outbound"]
"""From the person to the team, or from the team to the person."""


@dataclass(frozen=True, slots=True)
class Message:
    """A message, or a copy of one, as one system shows it.

    `contact_id` is the person's id at the same system. `kind` is what the system calls such messages
    ("sales_force_message", "email"), `channel` the way it went as the config file names it ("Email", "SMS", ...), None
    where the system tells none. `owner` is the e-mail address, without case, of the user on the team's side. `of` is
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
