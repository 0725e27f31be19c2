"""Find the value that makes a server refuse a write: the others are written, and the refused one is named (R42).

Rules kept here:
- only a refusal of what was sent (400, 409, 422) is split, and no create that is a conflict (409), because the server
  may hold that contact already;
- this module handles refusals that do not name the field. The writers handle those that do;
- halves are written until the one value is found, with a bounded number of calls. Values that are not separated by then
  are refused together. What a half has written is not sent again, and is reported as written whatever follows;
- before a half is written the record is read again, so that no value is written over what a user typed meanwhile;
- a new contact is created with what identifies it, its consent and its tags, which workflows act on. The rest follows
  by updates. Where an update fails for another reason than the values, the contact is reported with that error and
  without those values;
- where a server refused every value of several contacts in a row, the next ones are not split, until it takes a value.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Final

from connectors.connector import Raw, WriteResult
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

CONFLICT: Final = 409
REFUSALS: Final = frozenset({400, CONFLICT, 422})
CALLS: Final = 12
"""The largest number of halves that are tried for one contact."""

PATIENCE: Final = 3
"""The number of contacts in a row without a written value after which the next ones are not split."""

CORE: Final = frozenset(
    {"first_name", "last_name", "email", "phone", *PHONE_SLOTS, "do_not_contact", "stage", "status", "tags"}
)
"""The fields that a contact is created with: its identity, its consent, and the tags that workflows act on."""


def not_looked_up(refused: RecordRefused, error: ConnectorError) -> OutcomeUnknown:
    """Return the error of a refused create that may have created the contact all the same."""
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
    """Do nothing: no user edits the record."""


class RefusedValueWriter:
    """Splits the refused writes of one account. `core` are the fields that a contact is created with."""

    def __init__(self, core: frozenset[str] = CORE) -> None:
        self._core = core
        self._in_vain = 0

    def update(
        self,
        write: Callable[[Raw, Fields], WriteResult],
        current: Raw,
        changes: Fields,
        look: Callable[[Raw, Fields], None] = _see_no_edit,
    ) -> WriteResult:
        """Write changes to `current`, without those that are refused. Raises what `write` and `look` do.

        A refusal is raised where nothing can be written at all. `look` is called before a second try, with what the
        record showed first and what is to be written; it raises where a user edited that meanwhile.
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
        """Create a contact; where that is refused, without the refused values. Raises what `make` and `look_up` do.

        `write` updates the created record. `look_up` is called before a create is repeated, and raises where the
        refused one may have created the contact; `look` is that of `update`.
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
        """Write the rest of a created contact. An error here must not lose its id, because updates can be repeated."""
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
        """Create a contact with its core fields, or with all of them but one number that is refused.

        The e-mail address is never left out: it identifies the contact.
        """
        for left_out in (None, "phone", *PHONE_SLOTS):
            part = first if left_out is None else {name: value for name, value in core.items() if name != left_out}
            if not part or (left_out is not None and left_out not in core) or not _has_identity(part):
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
    """Return a result with more refused values."""
    found = {**answer.rejected, **rejected}
    return replace(answer, refused=answer.refused | found.keys(), rejected=found)


def _was_not_sent(error: ConnectorError) -> bool:
    """Say whether an error means that its write had no effect: then all that was written is known."""
    return isinstance(error, AuthError | LoginNeeded | TransientError | RecordEdited)


def _has_identity(fields: Fields) -> bool:
    return any(fields.get(name) for name in ("first_name", "last_name", "email", "phone", *PHONE_SLOTS))


def _both(before: WriteResult, after: WriteResult) -> WriteResult:
    """Return the result of two writes of one record: the later one, with what the earlier one refused."""
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
        """Return the fields that the server refuses, with its words; the others are written meanwhile.

        Raises what `write` does, and DuplicateRefused while nothing is written, which the caller handles.
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
        """Return the result with the fields that an error (not a refusal) left unwritten."""
        if self._error is None:
            return answer
        unwritten = frozenset(self._changes.keys() - self._written - rejected.keys())
        return replace(answer, unwritten=unwritten, error=self._error)

    def _refusal(self, names: Sequence[str]) -> str | None:
        """Write some of the changes; return the words of a refusal, None where they are written."""
        part = {name: self._changes[name] for name in names}
        try:
            self._look(self._first, part)  # the answer to an earlier half may show an edit of a user
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
