"""What a run of the contacts stream has found out so far, beside what lies in its staging."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from state.webhook_hints import Hint
from sync.rules.guard import ChangeWeight


@dataclass(slots=True)
class Findings:
    """Filled by the steps of one run, each name by one step.

    By account: `horizons` and `weights` (for the guard); `first` tells for which of them every contact is read for the
    first time by this run; `doubted` counts the records that were read by id because a list does not show what was
    agreed on.
    `unknown` are the creates, by target side and source id, whose outcome is not known yet; `unfinished` is the first
    pair that was created since the last run that came to its end; `relinked` are contacts that are taken up again
    after an erasure was lifted, by the number of their hashes: side and id; `absent` are the numbers of those with a
    counterpart that is proven to be gone, `read_whole` the sides that this run has read in full for them, `lifted_ids`
    the records that have their hashes, by side and number. `heeded` are the hints that this run carries to their end.
    `untranslatable` counts, by account, field and value, what has no name on the other side; `has_owed_values` tells
    that values waited for a place when the run began; `expected_owed` counts, by account and field, those of contacts
    that a dry run would create; `furnished` are, by side, the fields that this run has created a place for, and
    `fields_created` their names by account.
    """

    weights: dict[str, ChangeWeight]
    horizons: dict[str, datetime] = field(default_factory=dict)
    first: dict[str, bool] = field(default_factory=dict)
    doubted: Counter[str] = field(default_factory=Counter)
    unknown: set[tuple[str, str]] = field(default_factory=set)
    unfinished: int | None = None
    relinked: dict[int, tuple[str, str]] = field(default_factory=dict)
    lifted_ids: dict[str, dict[int, Sequence[str]]] = field(default_factory=dict)
    read_whole: set[str] = field(default_factory=set)
    absent: set[int] = field(default_factory=set)
    heeded: list[Hint] = field(default_factory=list)
    untranslatable: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    has_owed_values: bool = False
    expected_owed: Counter[tuple[str, str]] = field(default_factory=Counter)
    furnished: dict[str, frozenset[str]] = field(default_factory=dict)
    fields_created: dict[str, list[str]] = field(default_factory=dict)


def findings_for(accounts: Iterable[str]) -> Findings:
    """Return the empty findings of a run over these accounts."""
    return Findings({account: ChangeWeight() for account in accounts})
