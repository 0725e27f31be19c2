"""What one run of the contacts stream has found out so far, besides the records and steps in its staging."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from state.indexed_contact import IndexedContact
from state.webhook_hints import Hint
from sync.contacts.forecast import Forecast, SideSummary
from sync.rules.guard import ChangeWeight


@dataclass(slots=True)
class Findings:
    """Each attribute is filled by one step of the run.

    weights: by account, how much the plan changes (R25).
    horizons: by account, the time up to which its answers are complete (R1).
    first: by account, whether this run reads every contact of it for the first time.
    doubted: by account, how many records were read by id because a list does not show an agreed value (R39).
    unknown: target side and source id of each create with an unknown outcome (R20).
    unread: by side and name, the records that could not be read, and may be contacts of the other side (R42).
    unfinished: the first link that was created since the last run that ended; None if there is none.
    relinked: side and record id of contacts with a lifted erasure, by the number of their hashes.
    returned: the links that were parked, with records that are in scope again and merged by this run.
    may_park: whether a scope binds linked contacts, or one of them was parked before (R49).
    absent: the numbers of those hashes that no record on the other side can have any more.
    read_whole: the sides that this run has read in full to find such records.
    lifted_ids: by side and number, the records that have the hashes.
    handled_hints: hints that this run handles to the end.
    listing_calls: by account, how many calls the lists of all of its contacts took, where it can only list (R32).
    left_out: by account and reason, how many contacts are not carried for want of a key at the other side (R37).
    untranslatable: by account, field and value, how many contacts show a value without a counterpart (R17).
    has_owed_values: whether values were waiting for a place when the run began (R41).
    expected_owed: by account and field, how many contacts a dry run would create without a place for the value.
    created_places: by side, the fields for which this run has created a place.
    fields_created: by account, the keys of the custom fields that were created (R23).
    sides_with_owners: the sides that have read their users, which decides whether owners have a place there.
    is_selection: whether the run carries out only a part of its plan, so that its windows are not covered.
    summaries: by side, what the plan writes to it, once that was looked at.
    forecast: what the plan decides beside its writes, for the user who approves it (R45).
    """

    weights: dict[str, ChangeWeight]
    horizons: dict[str, datetime] = field(default_factory=dict)
    first: dict[str, bool] = field(default_factory=dict)
    doubted: Counter[str] = field(default_factory=Counter)
    unknown: set[tuple[str, str]] = field(default_factory=set)
    unread: dict[str, dict[str, list[IndexedContact]]] = field(default_factory=dict)
    unfinished: int | None = None
    may_park: bool = False
    returned: set[int] = field(default_factory=set)
    relinked: dict[int, tuple[str, str]] = field(default_factory=dict)
    lifted_ids: dict[str, dict[int, Sequence[str]]] = field(default_factory=dict)
    read_whole: set[str] = field(default_factory=set)
    absent: set[int] = field(default_factory=set)
    handled_hints: list[Hint] = field(default_factory=list)
    listing_calls: Counter[str] = field(default_factory=Counter)
    left_out: Counter[tuple[str, str]] = field(default_factory=Counter)
    untranslatable: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    has_owed_values: bool = False
    expected_owed: Counter[tuple[str, str]] = field(default_factory=Counter)
    created_places: dict[str, frozenset[str]] = field(default_factory=dict)
    fields_created: dict[str, list[str]] = field(default_factory=dict)
    is_selection: bool = False
    sides_with_owners: set[str] = field(default_factory=set)
    summaries: dict[str, SideSummary] | None = None
    forecast: Forecast = field(default_factory=Forecast)


def findings_for(accounts: Iterable[str]) -> Findings:
    """Return the empty findings of a run over these accounts."""
    return Findings({account: ChangeWeight() for account in accounts})
