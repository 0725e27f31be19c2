"""Writing a contact of which the server refuses one value: the others go, and the refused one is named (R42).

Rules kept here:
- only a refusal of what was sent (400, 409, 422) is taken apart; no other error is;
- who is named in the refusal is the writer's affair: here the server names nothing that is sent;
- halves are written until the one value is found, with a bounded number of calls; what cannot be told apart by then is
  refused as a whole;
- somebody new is made with what tells who they are, and gets the rest by updates;
- a server that takes nothing of several contacts in a row is not asked so often any more.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Final

from connectors.connector import Answer, Raw
from connectors.contact import PHONE_SLOTS, Fields
from connectors.errors import ConnectorError, RecordRefused

REFUSALS: Final = frozenset({400, 409, 422})
CALLS: Final = 12
"""So many halves of one contact are tried at most."""

PATIENCE: Final = 3
"""After so many contacts in a row of which nothing is taken, the next are refused as they are."""

CORE: Final = frozenset(
    {"first_name", "last_name", "email", "phone", *PHONE_SLOTS, "do_not_contact", "stage", "status"}
)
"""What a contact is made with: who it is, and whether it may be contacted."""


class Apart:
    """Takes refused writes of one account apart."""

    def __init__(self) -> None:
        self._in_vain = 0

    def update(self, write: Callable[[Fields], Answer], changes: Fields) -> Answer:
        """Write changes; where they are refused, those that are not. Raises what `write` does.

        A refusal is raised where nothing can be written at all.
        """
        try:
            return write(changes)
        except RecordRefused as refused:
            if not self._may_try(refused, changes):
                raise
            rejected = _culprits(changes, write, refused)
            good = {name: value for name, value in changes.items() if name not in rejected}
            if not good:
                self._in_vain += 1
                raise
            self._in_vain = 0
            answer = write(good)
            return _rejecting(answer, rejected)

    def create(
        self, make: Callable[[Fields], Answer], write: Callable[[Raw, Fields], Answer], changes: Fields
    ) -> Answer:
        """Create a contact; where that is refused, without what is. Raises what `make` does.

        `write` updates the record that was made.
        """
        try:
            return make(changes)
        except RecordRefused as refused:
            if not self._may_try(refused, changes):
                raise
            core = {name: value for name, value in changes.items() if name in CORE}
            made, rejected = self._made(make, core if len(core) < len(changes) else {}, core, refused)
        self._in_vain = 0
        rest = {name: value for name, value in changes.items() if name not in CORE}
        if not rest:
            return _rejecting(made, rejected)
        try:
            answer = self.update(lambda part: write(made.raw, part), rest)
        except ConnectorError as error:  # it exists: its id must not be lost over what can be tried again
            return _rejecting(made, {**rejected, **dict.fromkeys(rest, error.message)})
        both = replace(answer, refused=made.refused | answer.refused)
        return _rejecting(both, {**made.rejected, **rejected})

    def _may_try(self, refused: RecordRefused, changes: Fields) -> bool:
        return refused.status in REFUSALS and len(changes) > 1 and self._in_vain < PATIENCE

    def _made(
        self, make: Callable[[Fields], Answer], first: Fields, core: Fields, refused: RecordRefused
    ) -> tuple[Answer, Mapping[str, str]]:
        """Create a contact of what tells who it is, or of that but for one number that is refused.

        An address is never left out on a guess: it is who somebody is.
        """
        for left_out in (None, "phone", *PHONE_SLOTS):
            part = first if left_out is None else {name: value for name, value in core.items() if name != left_out}
            if not part or (left_out is not None and left_out not in core) or not _is_somebody(part):
                continue
            try:
                return make(part), {} if left_out is None else {left_out: refused.message}
            except RecordRefused as again:
                refused = again
        self._in_vain += 1
        raise refused


def _rejecting(answer: Answer, rejected: Mapping[str, str]) -> Answer:
    """Return an answer with more values that were refused."""
    found = {**answer.rejected, **rejected}
    return replace(answer, refused=answer.refused | found.keys(), rejected=found)


def _is_somebody(fields: Fields) -> bool:
    return any(fields.get(name) for name in ("first_name", "last_name", "email", "phone", *PHONE_SLOTS))


def _culprits(changes: Fields, write: Callable[[Fields], Answer], refused: RecordRefused) -> dict[str, str]:
    """Return the values that the server refuses, with its words; the others were written on the way."""
    found: dict[str, str] = {}
    suspects: list[tuple[Sequence[str], str]] = [(tuple(changes), refused.message)]
    calls = 0
    while suspects:
        names, reason = suspects.pop()
        if len(names) == 1 or calls >= CALLS:
            found |= dict.fromkeys(names, reason)
            continue
        middle = len(names) // 2
        refusals = {}
        for half in (names[:middle], names[middle:]):
            calls += 1
            try:
                write({name: changes[name] for name in half})
            except RecordRefused as again:
                refusals[half] = again.message
        if not refusals:  # each is taken, and both at once are not
            found |= dict.fromkeys(names[middle:], reason)
        suspects += refusals.items()
    return found
