"""Two accounts in memory with linked contacts, and runs of the messages stream over them, step by step.

The left account lists its copies, as conversations are; copies at the right one are notes, which no listing shows.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import cast

from state.links import Link
from state.message_staging import MessageAction, MessageStaging
from state.messages import STREAM
from sync.config.model import MessagesStream
from sync.contacts.context import Context
from sync.messages.context import MessageContext, fingerprint
from sync.messages.execute import write_plan
from sync.messages.plan import plan_messages
from sync.messages.read import read_side
from sync.output.stream_report import Counts, StreamReport
from sync.rules.windows import ReadRange
from tests.memory_messages import MemoryMessageStore
from tests.sync.contacts.memory_world import MemoryWorld

WHOLE = ReadRange(whole=True)


@dataclass(slots=True)
class MessageWorld:
    """A connection with messages; `memory` has its contacts."""

    memory: MemoryWorld
    deletes: str = "ignore"
    settings: MessagesStream = field(default_factory=lambda: MessagesStream.model_validate({"lookback": "1ms"}))

    @property
    def left(self) -> MemoryMessageStore:
        """Return the messages of the left account."""
        return cast("MemoryMessageStore", self.memory.left.message_store)

    @property
    def right(self) -> MemoryMessageStore:
        """Return the messages of the right account."""
        return cast("MemoryMessageStore", self.memory.right.message_store)

    def contact(self, name: str = "ada") -> tuple[str, str]:
        """Let a contact be linked; return its id at both sides."""
        left_id = self.memory.left.add(first_name=name, email=f"{name}@example.com")
        context = self.memory.run()
        return left_id, self.memory.link(context, left_id).right.id

    @contextmanager
    def context(self, *, dry: bool = False) -> Iterator[MessageContext]:
        """Give the messages stream of one run."""
        with self.memory.context(dry=dry) as contacts:
            yield self._messages(contacts)

    @contextmanager
    def planned(self, read_range: ReadRange | None = None, *, dry: bool = False) -> Iterator[MessageContext]:
        """Give a run that has read both sides and has made its plan."""
        self.memory.clock.pass_by(60)
        with self.context(dry=dry) as context:
            for side in context.connection.sides:
                read_side(context, side, read_range or WHOLE)
            plan_messages(context)
            yield context

    def run(self) -> MessageContext:
        """Carry out one run; its context still has the report and the tables."""
        with self.planned() as context:
            write_plan(context)
            return context

    def copied(self, text: str = "hello") -> tuple[str, str]:
        """Let a message of the left side be copied; return the ids of both."""
        left_id, _ = self.contact()
        original_id = self.left.write(left_id, text)
        context = self.run()
        return original_id, link_of(context, original_id).right.id

    def _messages(self, contacts: Context) -> MessageContext:
        report = StreamReport({side.account: Counts() for side in contacts.connection.sides})
        context = MessageContext(contacts, self.settings, self.deletes, report, MessageStaging(contacts.state))
        wanted = fingerprint(self.settings)
        if context.tables.settings.fingerprint() != wanted:
            with context.state.atomic() as transaction:
                context.tables.settings.set_up(transaction, wanted)
        return context


def link_of(context: MessageContext, message_id: str, side: str = "left") -> Link:
    """Return the link of a message."""
    assert context.tables.stream == STREAM
    return context.tables.links.by_record(side, [message_id])[message_id]


def actions(context: MessageContext, operation: str, side: str = "right") -> list[MessageAction]:
    """Return the planned actions of one kind on a side."""
    return [action for page in context.staging.planned_actions(operation, side) for action in page]


def reasons(context: MessageContext) -> list[str]:
    """Return the reasons of the failures that are listed."""
    return [failure.reason for failure in context.tables.failures.waiting_failures()]
