"""Write a contact without a value that the server refuses: the others are written, and the refused one is named (R42).

Rules kept here:
- only a refusal of what was sent (400, 409, 422) is taken apart. A create with a conflict (409) is not: the server may
  hold that contact already (R20);
- halves are written until the one value is found, within CALLS. What cannot be separated by then is refused as a whole.
  What a half has written is not sent again, and is reported as written whatever follows;
- before a half is written the record is read, so that a person's edit is not overwritten (R19);
- a new contact is created with its identity, its "do not contact" and its tags, which workflows act on (P9). It gets
  the rest by updates. Where one of those fails for another reason, the contact is reported with that error;
- a server that takes nothing of several contacts in a row is not asked so often, until it takes something.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Final

from connectors.connector import WriteResult
from connectors.contact import PHONE_SLOTS, Fields
from connectors.errors import (
    AuthError,
    ConnectorError,
    DuplicateRefused,
    LoginNeeded,
    OutcomeUnknown,
    RecordEdited,
    RecordRefused,
    TransientError,
)
from connectors.records import Raw

CONFLICT: Final = 409
REFUSALS: Final = frozenset({400, CONFLICT, 422})
CALLS: Final = 12
"""The number of halves of one contact that are tried at most."""

PATIENCE: Final = 3
"""After so many contacts in a row without an accepted value, the next are refused as they are."""

CORE: Final = frozenset(
    {"first_name", "last_name", "email", "phone", *PHONE_SLOTS, "do_not_contact", "stage", "status", "tags"}
)
"""The fields that a contact is created with: identity, consent, and the tags that stop workflows."""


def not_looked_up(refused: RecordRefused, error: ConnectorError) -> OutcomeUnknown:
    """Return the error for a refused create when it is unknown whether it created the contact."""
    message = f"a create was refused ({refused.message}); whether it created the contact is unknown: {error.message}"
    return OutcomeUnknown(refused.account, message)


def _look_up(look_up: Callable[[], None], refused: RecordRefused) -> None:
    try:
        look_up()
    except (AuthError, LoginNeeded, TransientError) as error:
        raise not_looked_up(refused, error) from error


def _look_for_nothing() -> None:
    """Do nothing: the writer has looked already."""


def _see_no_edit(_current: Raw, _changes: Fields) -> None:
    """Do nothing: the record has no other editors."""


class RefusedValueWriter:
    """Takes refused writes of one account apart. No contact is created without its `core`.

    `needed` are the fields without which the server takes no contact (R37): they are never left out.
    """

    def __init__(self, core: frozenset[str] = CORE, *, needed: frozenset[str] = frozenset()) -> None:
        self._core = core
        self._needed = needed
        self._in_vain = 0

    def update(
        self,
        write: Callable[[Raw, Fields], WriteResult],
        current: Raw,
        changes: Fields,
        look: Callable[[Raw, Fields], None] = _see_no_edit,
    ) -> WriteResult:
        """Write changes to `current`; where they are refused, those that are accepted.

        Raises the errors of `write` and `look`.

        A refusal is raised where nothing can be written at all. `look` is called before a second try, with what the
        record showed first and what is to be written. It raises where a person edited that meanwhile.
        """
        try:
            answer = write(current, changes)
        except RecordRefused as refused:
            if not self._may_try(refused, changes):
                raise
            halves = _Halves(write, look, current, changes)
            rejected = halves.culprits(refused)
            if halves.answer is None:
                self._in_vain += 1
                raise
            answer = _rejecting(halves.unfinished(halves.answer, rejected), rejected)
        self._in_vain = 0
        return answer

    def create(
        self,
        make: Callable[[Fields], WriteResult],
        write: Callable[[Raw, Fields], WriteResult],
        changes: Fields,
        look_up: Callable[[], None] = _look_for_nothing,
        look: Callable[[Raw, Fields], None] = _see_no_edit,
    ) -> WriteResult:
        """Create a contact; where that is refused, without the refused values.

        Raises the errors of `make` and `look_up`.

        `write` updates the created record. `look_up` is called before a create is repeated, and raises where the
        refused one may have created the contact. `look` is that of `update`.
        """
        try:
            made = make(changes)
        except RecordRefused as refused:
            if not self._may_try(refused, changes) or refused.status == CONFLICT:
                raise
            core = {name: value for name, value in changes.items() if name in self._core}
            first = core if len(core) < len(changes) else {}
            made, rejected = self._made(make, first, core, refused, look_up)
        else:
            self._in_vain = 0
            return made
        self._in_vain = 0
        rest = {name: value for name, value in changes.items() if name not in self._core}
        return _rejecting(self._completed(made, write, rest, look) if rest else made, rejected)

    def _completed(
        self,
        made: WriteResult,
        write: Callable[[Raw, Fields], WriteResult],
        rest: Fields,
        look: Callable[[Raw, Fields], None],
    ) -> WriteResult:
        """Write the rest of a created contact. Its id must not be lost over what can be tried again."""
        try:
            look(made.raw, rest)
            answer = self.update(write, made.raw, rest, look)
        except (RecordRefused, DuplicateRefused) as refused:
            return _rejecting(made, dict.fromkeys(rest, refused.message))
        except ConnectorError as error:
            return replace(made, unwritten=frozenset(rest), error=error)
        return replace(_both(made, answer), edited=answer.edited, doubtful=answer.doubtful)

    def _may_try(self, refused: RecordRefused, changes: Fields) -> bool:
        return refused.status in REFUSALS and len(changes) > 1 and self._in_vain < PATIENCE

    def _made(
        self,
        make: Callable[[Fields], WriteResult],
        first: Fields,
        core: Fields,
        refused: RecordRefused,
        look_up: Callable[[], None],
    ) -> tuple[WriteResult, Mapping[str, str]]:
        """Create a contact from its core, or from that without one number that is refused.

        An address is never left out on a guess, because it identifies the contact.
        """
        for left_out in (None, "phone", *PHONE_SLOTS):
            part = first if left_out is None else {name: value for name, value in core.items() if name != left_out}
            if (
                left_out in self._needed
                or not part
                or (left_out is not None and left_out not in core)
                or not _has_identity(part)
            ):
                continue
            _look_up(look_up, refused)
            try:
                return make(part), {} if left_out is None else {left_out: refused.message}
            except RecordRefused as again:
                if again.status == CONFLICT:
                    raise
                refused = again
        self._in_vain += 1
        raise refused


def _rejecting(answer: WriteResult, rejected: Mapping[str, str]) -> WriteResult:
    """Return an answer with more refused values."""
    found = {**answer.rejected, **rejected}
    return replace(answer, refused=answer.refused | found.keys(), rejected=found)


def _was_not_sent(error: ConnectorError) -> bool:
    """Say whether an error means that its write did not take effect. Then what was written before it is known."""
    return isinstance(error, AuthError | LoginNeeded | TransientError | RecordEdited)


def _has_identity(fields: Fields) -> bool:
    return any(fields.get(name) for name in ("first_name", "last_name", "email", "phone", *PHONE_SLOTS))


def _both(before: WriteResult, after: WriteResult) -> WriteResult:
    """Return the result of two writes of one record, the later one on top of the earlier one."""
    return replace(
        after,
        refused=before.refused | after.refused,
        rejected={**before.rejected, **after.rejected},
        edited=before.edited or after.edited,
        doubtful=before.doubtful or after.doubtful,
    )


class _Halves:
    """Writes the changes of one record in halves. `answer` is the result, None while nothing is written."""

    def __init__(
        self,
        write: Callable[[Raw, Fields], WriteResult],
        look: Callable[[Raw, Fields], None],
        current: Raw,
        changes: Fields,
    ) -> None:
        self._write = write
        self._look = look
        self._first = self._current = current
        self._written: set[str] = set()
        self._error: ConnectorError | None = None
        self._changes = changes
        self.answer: WriteResult | None = None

    def culprits(self, refused: RecordRefused) -> dict[str, str]:
        """Return the values that the server refuses, with its words. The others are written on the way.

        Raises the errors of `write`, and a refusal of a duplicate while nothing is written.
        """
        found: dict[str, str] = {}
        suspects: list[tuple[Sequence[str], str]] = [(tuple(self._changes), refused.message)]
        calls = 0
        while suspects and self._error is None:
            names, reason = suspects.pop()
            if len(names) == 1 or calls >= CALLS:
                found |= dict.fromkeys(names, reason)
                continue
            middle = len(names) // 2
            for half in (names[:middle], names[middle:]):
                calls += 1
                said = self._refusal(half) if self._error is None else None
                suspects += [] if said is None else [(half, said)]
        return found

    def unfinished(self, answer: WriteResult, rejected: Mapping[str, str]) -> WriteResult:
        """Return what was written, with what was not written because of an error that is no refusal."""
        if self._error is None:
            return answer
        unwritten = frozenset(self._changes.keys() - self._written - rejected.keys())
        return replace(answer, unwritten=unwritten, error=self._error)

    def _refusal(self, names: Sequence[str]) -> str | None:
        """Write some of the changes. Return the words of a refusal, None where they are written."""
        part = {name: self._changes[name] for name in names}
        try:
            # The answer to an earlier half may show a person's edit.
            self._look(self._first, part)
            answer = self._write(self._current, part)
        except RecordRefused as refused:
            return refused.message
        except DuplicateRefused as refused:
            if self.answer is None:
                raise
            return refused.message
        except ConnectorError as error:
            if self.answer is None or not _was_not_sent(error):
                raise
            self._error = error
            return None
        self._current = answer.raw
        self._written |= part.keys() - answer.unwritten
        self._error = answer.error
        self.answer = answer if self.answer is None else _both(self.answer, answer)
        return None
