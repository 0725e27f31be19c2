"""Ask the user before the first write of a run, and remember the answer (R45).

A connection's first run is approved once. So is a run that the guard stops, as another way past it than `--unguarded`.
A run that can't ask stores its plan and writes nothing; the next run after the answer carries the plan out, as long as
it has not grown (`sync.rules.approval`).
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from getpass import getuser

from connectors.http.rate_limiter import RateLimit
from state import approvals
from state.approvals import FIRST, LARGE, Kind, StoredApproval
from sync.engine.proposal import planned_counts, propose
from sync.engine.run import RunScope
from sync.output.proposal import Proposal
from sync.output.report import RunReport
from sync.rules.approval import covers

Confirm = Callable[[Proposal | RunReport], bool]
"""Shows the plan of a first run, or the totals of an undo, and returns whether the user agrees; or raises Declined."""


@dataclass(frozen=True, slots=True)
class RunApproval:
    """The approval of one run that syncs a connection.

    `is_asked` says whether this run needs one. `confirm` asks at once; without it the plan waits in the state if the
    run `waits`, else the run counts as approved, because a user started it.
    """

    report: RunReport
    limits: Mapping[str, RateLimit | None]
    is_first: bool
    is_asked: bool
    waits: bool
    confirm: Confirm | None

    def allows(self, scope: RunScope) -> bool:
        """Return whether the plan may be written; where it has to wait, store it and note that in the report."""
        if scope.contacts.run.dry or not self.is_asked or self._is_approved(scope):
            return True
        if self.waits:
            self.report.waiting = (
                f"the first run of {self.report.connection} waits until a user approves it; nothing was written. "
                f"See and approve it with: growthsync approve {self.report.connection}"
            )
            self._ask_later(scope, FIRST)
            return False
        if self.confirm is not None and not self.confirm(propose(scope, self.limits, FIRST)):
            return False
        self._remember(scope)
        return True

    def lifts_guard(self, scope: RunScope, guarded: str) -> bool:
        """Return whether the user has approved a plan that the guard stops; else store it, so that a user can."""
        if scope.contacts.run.dry:
            return False
        # Only this plan was shown with the sentence of the guard: a first run that was approved says nothing about it.
        if self._is_approved(scope, (LARGE,)):
            return True
        self._ask_later(scope, LARGE, guarded)
        return False

    def _is_approved(self, scope: RunScope, kinds: tuple[Kind, ...] = (FIRST, LARGE)) -> bool:
        stored = approvals.approval_of(scope.contacts.state.db, scope.contacts.connection.number)
        return stored is not None and stored.kind in kinds and not stored.waits and _covers(stored, scope)

    def _ask_later(self, scope: RunScope, kind: Kind, guarded: str = "") -> None:
        contacts = scope.contacts
        contacts.findings.first = {}  # the run that writes is a later one, and looks before each create
        plan = json.dumps(propose(scope, self.limits, kind, guarded).to_json(), ensure_ascii=False)
        with contacts.state.atomic() as transaction:
            approvals.ask_for_approval(
                transaction, contacts.connection.number, kind, contacts.run.id, plan, contacts.run.now_ms()
            )

    def _remember(self, scope: RunScope) -> None:
        """Store the answer, so that a run that is interrupted needs no second one."""
        contacts, number = scope.contacts, scope.contacts.connection.number
        with contacts.state.atomic() as transaction:
            now_ms = contacts.run.now_ms()
            approvals.ask_for_approval(transaction, number, FIRST, contacts.run.id, "", now_ms)
            approvals.approve(transaction, number, user_name(), now_ms)


def user_name() -> str:
    """Return the name of the user who runs this process, as the state remembers it."""
    try:
        return getuser()
    except (KeyError, OSError):  # a container may have no name for its user
        return "unknown"


def _covers(stored: StoredApproval, scope: RunScope) -> bool:
    if not stored.plan:
        return True
    shown = Proposal.from_json(stored.plan)
    return shown is not None and covers(shown.counts, planned_counts(scope))
