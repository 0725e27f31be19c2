"""Plans that a user has saved, looked at, and lets a run carry out: exactly that, and nothing else (R45).

Rules kept here:
- a saved plan names each record that would be written, what the user sees of it, and a digest of all that is written;
- a run reads both sides and plans as always, and keeps the steps that equal a saved one. What changed since the plan
  was saved is skipped and named; so is what changes between the reading and the write;
- such a run covers no windows, because it may leave changes behind: the next ordinary run carries these.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import blake2b
from typing import Any, Final

from connectors.contact import Fields
from state.message_staging import MessageAction
from sync.contacts.context import Context
from sync.contacts.pair_update import PairUpdate
from sync.contacts.preview import PreviewedContact, preview_side
from sync.contacts.sync_policy import SyncPolicy
from sync.engine.run import RunScope
from sync.messages import preview as message_preview
from sync.messages.context import CREATE, DELETE, UPDATE, MessageContext
from sync.output.report import Skipped
from sync.rules.contact_codec import from_ms, to_ms
from sync.rules.streams import CONTACTS, MESSAGES
from sync.rules.windows import ReadRange

FORMAT: Final = 1
CHANGED: Final = "changed since the plan was saved"
NOT_DUE: Final = "there is nothing to write any more"

Key = tuple[str, str, str, str, str]
"""Stream, account that is written, operation, and the ids of both records, left first."""


@dataclass(frozen=True, slots=True)
class SavedChange:
    """One record of a saved plan: who it is for the user, and the digest of what is written."""

    who: str
    digest: str


@dataclass(slots=True)
class SavedPlan:
    """What a user lets a run write to one connection."""

    connection: str
    changes: dict[Key, SavedChange] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class SavedPlans:
    """The plans of a file by connection, with the streams and the window that they were made for."""

    plans: Mapping[str, SavedPlan]
    streams: tuple[str, ...]
    since: datetime | None
    until: datetime | None
    whole: bool


def heading(connection: str, streams: Iterable[str], window: ReadRange) -> dict[str, Any]:
    """Return the first line about a connection in a file of plans."""
    return {
        "growthsync_plan": FORMAT, "connection": connection, "streams": list(streams), "since": to_ms(window.since),
        "until": to_ms(window.until), "whole": window.whole,
    }  # fmt: skip


def entries(scope: RunScope) -> Iterator[dict[str, Any]]:
    """Yield the plan of a run as it is saved, record by record."""
    for side in scope.contacts.connection.sides:
        for one in preview_side(scope.contacts, side):
            fields = {name: [one.shown.get(name), value] for name, value in one.changes.items()}
            yield _entry(_contact_key(side.account, one), one.who, fields, _digest(one.changes))
    for key, who, texts, _ in _actions(scope.messages):
        yield _entry(key, who, {"text": list(texts)}, _digest(texts))


class SavedPlanPolicy(SyncPolicy):
    """Sync only what a saved plan names, as it names it."""

    def __init__(self, plan: SavedPlan) -> None:
        self._plan = plan
        self._passed: set[Key] = set()
        self.skipped: list[Skipped] = []

    def select(self, scope: RunScope) -> None:
        """Take out of the plan of a run what the saved plan does not have, and name it."""
        scope.contacts.findings.is_selection = True
        self._select_contacts(scope)
        self._select_messages(scope.messages)
        for key, change in self._plan.changes.items():
            if key not in self._passed:
                self.skipped.append(Skipped(change.who, key[1], key[2], NOT_DUE))

    def review(self, context: Context, job: PairUpdate) -> None:
        """Leave a pair alone when its record, read right before the write, leads to other changes."""
        super().review(context, job)
        key = (CONTACTS, job.target.account, "update", *job.ids)
        saved = self._plan.changes.get(key)
        if job.changes and (saved is None or saved.digest != _digest(job.changes)):
            self.skipped.append(Skipped(job.who, job.target.account, "update", CHANGED))
            job.result.to(job.target.name).clear()
            job.changes = {}

    def _select_contacts(self, scope: RunScope) -> None:
        dropped: set[int] = set()
        for side in scope.contacts.connection.sides:
            for one in preview_side(scope.contacts, side):
                if not self._is_saved(_contact_key(side.account, one), one.who, _digest(one.changes)):
                    dropped.add(one.step.number)
        scope.contacts.staging.drop_steps(dropped)

    def _select_messages(self, messages: MessageContext | None) -> None:
        dropped = {
            action.number
            for key, who, texts, action in _actions(messages)
            if not self._is_saved(key, who, _digest(texts))
        }
        if messages is not None:
            messages.staging.drop_actions(dropped)

    def _is_saved(self, key: Key, who: str, digest: str) -> bool:
        saved = self._plan.changes.get(key)
        self._passed.add(key)
        if saved is not None and saved.digest != digest:
            self.skipped.append(Skipped(who, key[1], key[2], CHANGED))
        return saved is not None and saved.digest == digest


def read_plans(lines: Iterable[str]) -> SavedPlans:
    """Return the plans of a file. Raises ValueError where a line is none of `sync plan --save`."""
    plans: dict[str, SavedPlan] = {}
    options: dict[str, Any] = {}
    for line in lines:
        found = json.loads(line)
        if "growthsync_plan" in found:
            options, plan = found, SavedPlan(found["connection"])
            plans[plan.connection] = plan
        else:
            key = (found["stream"], found["account"], found["operation"], *found["ids"])
            plan.changes[key] = SavedChange(found["who"], found["digest"])
    if options.get("growthsync_plan") != FORMAT:
        raise ValueError("it has no plan of this version")
    since, until = (from_ms(options[name]) for name in ("since", "until"))
    return SavedPlans(plans, tuple(options["streams"]), since, until, options["whole"])


def _contact_key(account: str, one: PreviewedContact) -> Key:
    return (CONTACTS, account, one.operation, *one.step.ids)


def _actions(
    messages: MessageContext | None,
) -> Iterator[tuple[Key, str, tuple[str | None, str | None], MessageAction]]:
    """Yield each planned action of the messages, with who it is about and its old and new text."""
    if messages is None:
        return
    for side in messages.connection.sides:
        for operation in (CREATE, UPDATE, DELETE):
            for action in message_preview.planned(messages, operation, side):
                key = (MESSAGES, side.account, operation, action.source_id, action.contact_id)
                who = message_preview.who(messages, side, action)
                yield key, who, message_preview.shown(messages, side, action), action


def _entry(key: Key, who: str, fields: Mapping[str, Any], digest: str) -> dict[str, Any]:
    stream, account, operation, *ids = key
    return {
        "stream": stream, "account": account, "operation": operation, "ids": ids, "who": who, "fields": fields,
        "digest": digest,
    }  # fmt: skip


def _digest(content: Fields | tuple[str | None, str | None]) -> str:
    ordered = sorted(content.items()) if isinstance(content, Mapping) else content
    return blake2b(json.dumps(ordered, ensure_ascii=False).encode(), digest_size=16).hexdigest()
