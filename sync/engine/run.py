"""One run of one connection: read first, plan second, write last.

A run stores what it read, never a queue of work. A run that is killed anywhere leaves links, shadows and intents that
are true, and windows that are not covered, so that the next run reads the rest again (P1, P6). Contacts come before
their messages in each step.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from connectors.errors import ConnectorError
from sync.contacts.context import Context
from sync.contacts.parked_links import note_scopes, settle_returned
from sync.contacts.plan import plan_unlinked
from sync.engine import contact_stream, message_stream
from sync.engine.contact_stream import ReadContacts
from sync.engine.message_stream import ReadMessages
from sync.engine.shared_places import confirm_places
from sync.messages.context import MessageContext
from sync.rules.conflict_policy import winner_by_policy
from sync.rules.guard import guard
from sync.rules.windows import ReadRange


@dataclass(frozen=True, slots=True)
class RunScope:
    """The streams of one run. Without `with_contacts` only the contacts of new messages travel."""

    contacts: Context
    messages: MessageContext | None = None
    with_contacts: bool = True

    @property
    def errors(self) -> list[str]:
        """Return the errors of all streams."""
        return [*self.contacts.errors, *(self.messages.errors if self.messages is not None else ())]


class Approval(Protocol):
    """Whether the user lets a plan be written (R45). Each method is called at most once, before the first write."""

    @property
    def is_first(self) -> bool:
        """Return whether this is the connection's first run, which is approved as a whole."""

    def allows(self, scope: RunScope) -> bool:
        """Return whether the plan may be written."""

    def lifts_guard(self, scope: RunScope, guarded: str) -> bool:
        """Return whether a plan that the guard stopped may be written all the same."""


Select = Callable[[RunScope], None]
"""Takes steps out of the plan of a run."""


def run(
    scope: RunScope, read_range: ReadRange, approval: Approval, *, deep: bool = False, unguarded: bool = False,
    select: Select = lambda _: None,
) -> str:  # fmt: skip
    """Carry out one run; return the sentence of the guard that stopped it, or ''.

    What goes wrong with an account goes into the errors of the stream. `deep` also reads the copies of messages of all
    linked contacts. `select` may take steps out of the plan before anything is written.
    """
    contacts, stopped = scope.contacts, ""
    try:
        confirm_places(contacts)
        note_scopes(contacts)
        contact_stream.settle_intents(contacts)
        found, messages = _read(scope, read_range)
        contacts.mapping.judge = winner_by_policy(contacts.settings.conflicts, contacts.connection.offsets())
        planned_messages = _plan(scope, read_range, found, messages, deep=deep, unguarded=unguarded)
        select(scope)
        stopped = "" if unguarded else _guard(scope, is_first=approval.is_first)
        if stopped and approval.lifts_guard(scope, stopped):
            stopped = ""
        if (contacts.run.dry or not stopped) and approval.allows(scope):
            contact_stream.write_contacts(contacts, found)
            if planned_messages is not None:
                message_stream.write_messages(planned_messages)
            if not scope.errors:
                settle_returned(contacts)
    except ConnectorError as error:
        contacts.errors.append(str(error))
    contact_stream.report_contacts(contacts)
    if scope.messages is not None:
        message_stream.count_open_messages(scope.messages)
    return stopped


def _read(scope: RunScope, read_range: ReadRange) -> tuple[ReadContacts, ReadMessages | None]:
    found = contact_stream.read_contacts(scope.contacts, read_range) if scope.with_contacts else ReadContacts()
    if scope.messages is None:
        return found, None
    return found, message_stream.read_messages(scope.messages, read_range)


def _plan(
    scope: RunScope, read_range: ReadRange, found: ReadContacts, messages: ReadMessages | None, *, deep: bool,
    unguarded: bool,
) -> ReadMessages | None:  # fmt: skip
    """Plan both streams; return the messages if they were planned."""
    if not scope.with_contacts:
        plan_unlinked(scope.contacts)
        return _plan_messages(messages, read_range, deep=deep)
    merge_targets = contact_stream.plan_contacts(scope.contacts, read_range, found, unguarded=unguarded)
    planned_messages = _plan_messages(messages, read_range, deep=deep)
    contact_stream.plan_deletions(scope.contacts, read_range, found, merge_targets)
    return planned_messages


def _plan_messages(messages: ReadMessages | None, read_range: ReadRange, *, deep: bool) -> ReadMessages | None:
    if messages is None or not message_stream.plan_messages(messages.context, read_range, deep=deep):
        return None
    return messages


def _guard(scope: RunScope, *, is_first: bool) -> str:
    """Return the sentence that stops the run if it would change an unusual share of a side (R25), or ''."""
    contacts, messages = scope.contacts, scope.messages
    command, dry = f"{contacts.run.command} --connection {contacts.connection.name}", contacts.run.dry
    max_changed = contacts.settings.max_changed
    max_created = None if is_first else contacts.settings.max_created
    stopped = guard(contacts.findings.weights, max_changed, command, max_created=max_created, dry=dry)
    if stopped or messages is None:
        return stopped
    return guard(messages.findings.weights, max_changed, command, "messages", dry=dry)
