"""Read from the history what the undone run wrote to each contact, and list what is left alone, with reasons (R26)."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

from state import history
from state.history import CREATED, History, HistoryLine
from state.links import Link
from sync.output.formats import WHOLE
from sync.output.report import LeftAlone
from sync.rules import contact_codec
from sync.rules.mapping import Rules
from sync.rules.merge_result import LEFT, RIGHT, SideView
from sync.rules.shadow_codec import parse
from sync.rules.undo import REFUSED, Trace, UndoPlan, changes_in_effect, undo, written_by


@dataclass(frozen=True, slots=True)
class UndoneRun:
    """A run that is being undone. `accounts` are the names of both accounts, by side."""

    run: str
    history: History
    accounts: Mapping[str, str]
    created: bool
    left_alone: dict[tuple[str, str, str], LeftAlone]

    def pages(self) -> Iterator[list[HistoryLine]]:
        """Yield what the run wrote, a page at a time."""
        after = 0
        while page := self.history.of_run(self.run, after):
            yield page
            after = page[-1].id

    def side(self, account: str) -> str:
        """Return the side of an account."""
        return LEFT if account == self.accounts[LEFT] else RIGHT

    def decide(self, rules: Rules, link: Link | None, left: SideView, right: SideView) -> UndoPlan:
        """Return what is put back of one contact, and what is not; a record that the run created stays as it is."""
        if link is None:
            return UndoPlan()
        created, written = self.created_side(link), written_by(self.run, self.traces(link))
        return undo(rules, left, right, [one for one in written if one.side != created])

    def review(
        self,
        rules: Rules,
        link: Link,
        views: tuple[SideView, SideView],
        refused: Mapping[str, str],
        sides: Collection[str],
    ) -> None:
        """List what is left alone of one contact on these sides.

        `views` are of left and right; `refused` holds, by field, the side that cannot be emptied of it.
        """
        left, right = views
        shown = {**right.base, **right.now, **left.base, **left.now}
        who = contact_codec.display_name(self.accounts[LEFT], link.left.id, shown)
        reasons = self.decide(rules, link, left, right).left_alone
        reasons |= {(side, name): REFUSED for name, side in refused.items()}
        for (side, name), reason in reasons.items():
            if side in sides:
                self.leave(side, link.side(side).id, who, name, reason)

    def leave(self, side: str, record_id: str, who: str, name: str, reason: str) -> None:
        """List a field of a record, or the whole record (`*`), that is left alone."""
        account = self.accounts[side]
        self.left_alone[account, record_id, name] = LeftAlone(who, account, record_id, name, reason)

    def lines(self, link: Link) -> list[HistoryLine]:
        """Return everything that was ever written to both records of a link, oldest first."""
        return self.history.of_records([(account, link.side(side).id) for side, account in self.accounts.items()])

    def created_side(self, link: Link) -> str | None:
        """Return the side on which the run created a record of the link, None if it created neither."""
        sides = (self.side(line.entry.account) for line in self.lines(link) if self._is_creation(line))
        return next(sides, None)

    def is_worked_on(self, link: Link, side: str) -> bool:
        """Say whether a user changed a record that the run created, and a run carried that to the other side."""
        lines = self.lines(link)
        began = next((line.id for line in lines if self._is_creation(line)), 0)
        fields = [line for line in lines if _is_of_a_field(line)]
        later = [fields[number] for number in changes_in_effect([self._trace(line) for line in fields])]
        return any(line.id > began and self.side(line.entry.account) != side for line in later)

    def traces(self, link: Link) -> list[Trace]:
        """Return what was written to single fields of both records of a link, oldest first."""
        return [self._trace(line) for line in self.lines(link) if _is_of_a_field(line)]

    def _is_creation(self, line: HistoryLine) -> bool:
        return line.run == self.run and line.entry.field == WHOLE and line.entry.rule == CREATED

    def _trace(self, line: HistoryLine) -> Trace:
        entry = line.entry
        old, new = parse(entry.field, entry.old or "null"), parse(entry.field, entry.new or "null")
        left = new if entry.shown is None else parse(entry.field, entry.shown)
        return Trace(line.run, line.undoes, self.side(entry.account), entry.field, old, new, left)


def _is_of_a_field(line: HistoryLine) -> bool:
    return line.entry.field != WHOLE and line.entry.rule != history.REFUSED
