"""How the sandbox reads the documents of GrowthGenius: an option for everything that they leave open."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from zoneinfo import ZoneInfo


@dataclass(slots=True)
class Behaviour:
    """How this server reads its own documents.

    `lists`: flat `{"contacts": [{}]}`, wrapped `{"contacts": [{"contact": {}}]}`, bare `[...]`, or single `{"contact":
    {}}`, which shows one at most. `page_size` None answers in one piece; `announces` shows `pagination`; `pages` False
    ignores `page`; `largest_page` is the maximum of `per_page`. `cap` cuts lists (`says_partial`: and says so); more
    than `too_many` are 413. `ends`: which ends belong to a window. `user_filters` shows a user only its own records.

    `answers`: what a write shows. `bodies`: the style that it reads (`complains`: 422 for the other, which is ignored
    else). `ignored` are fields that it silently does not take. `clearing`: what empties a field. `zone` is that of its
    times; `coarse` are whole seconds.

    For messages: `windows_of_messages` go by update time (which does not show) or by sent time. `strangers` are
    messages with an unknown `contact_id`: refused, not found, or accepted. `messages_stay` when their contact is
    deleted.
    """

    lists: Literal["flat", "wrapped", "bare", "single"] = "flat"
    page_size: int | None = None
    largest_page: int = 200
    announces: bool = True
    pages: bool = True
    order: Literal["updated", "updated_desc", "id", "shuffled"] = "updated"
    cap: int | None = None
    says_partial: bool = False
    too_many: int | None = None
    ends: Literal["half_open", "inclusive", "exclusive", "start_exclusive"] = "half_open"
    user_filters: bool = False
    omits_null: bool = False
    answers: Literal["full", "mini", "empty", "id"] = "full"
    bodies: Literal["wrapped", "flat", "both"] = "wrapped"
    complains: bool = False
    clearing: Literal["null", "blank", "never"] = "null"
    ignored: frozenset[str] = frozenset()
    zone: str = "America/New_York"
    coarse: bool = False
    users: Literal["one", "list", "hidden"] = "one"
    needs_user: bool = True
    ids: Literal["int", "uuid", "hex"] = "int"
    windows_of_messages: Literal["updated", "sent"] = "updated"
    strangers: Literal["refused", "not_found", "taken"] = "refused"
    messages_stay: bool = True

    def stamp(self, moment: datetime) -> datetime:
        """Return a moment as exactly as the server stores it."""
        return moment.replace(microsecond=0 if self.coarse else moment.microsecond // 1000 * 1000)

    def local(self, moment: datetime) -> str:
        """Return a moment as the server shows it."""
        return self.stamp(moment).astimezone(ZoneInfo(self.zone)).isoformat(timespec="milliseconds")
