"""The ways in which a Whautomate may behave where its documents leave it open."""

from dataclasses import dataclass
from typing import Final, Literal

STAGES: Final = (
    "Subscriber",
    "Lead",
    "Marketing qualified lead (MQL)",
    "Sales qualified lead (SQL)",
    "Opportunity",
    "Customer",
    "Evangelist",
    "Other",
)
"""The eight words of a stage; the first is that of a new contact."""


@dataclass(slots=True)
class WhautomateBehaviour:
    """How the server behaves. The defaults are what the documents say, or what clients of others rely on.

    Lists: `lists` is their shape, `largest_page` what a page holds at most, `limit` and `page` whether those parameters
    count, `order` the order of the rows (`shuffled` anew for each answer, `shifting` for each first page), `repeats`
    adds the last row of the page before to each page.
    Records: `times` whether their times can be relied on, `phones` whether numbers have their "+", `numbers_as_words`
    whether values of custom fields come back as texts, `list_of_fields` whether custom fields are a list of objects.
    Writes: `put`, `put_custom_fields` and `put_tags` say what becomes of what a PUT does not name. `tag_calls` whether
    tags/add and tags/remove exist and work. `unknown_fields` are custom fields that are not defined. `unknown_stage` a
    word that is none of the eight. `doubles` what becomes of a second contact with a number. `ids` whether an id in a
    body is taken. `needs_location` whether a create has to name one.
    Others: `missing` how a record that does not exist is answered, `search` what `searchText` finds, `errors` whether
    errors come with 200.
    """

    lists: Literal["bare", "data", "contacts"] = "bare"
    largest_page: int = 100
    limit: Literal["kept", "ignored", "refused"] = "kept"
    page: Literal["kept", "ignored"] = "kept"
    order: Literal["newest", "oldest", "updated", "shifting", "shuffled"] = "newest"
    repeats: bool = False
    times: Literal["true", "hidden", "frozen"] = "true"
    phones: Literal["plus", "bare"] = "plus"
    numbers_as_words: bool = False
    list_of_fields: bool = False
    put: Literal["replaces", "merges"] = "replaces"
    put_custom_fields: Literal["replaces", "merges"] = "replaces"
    put_tags: Literal["replaces", "adds", "ignores"] = "replaces"
    tag_calls: Literal["work", "missing", "silent", "wordless"] = "work"
    unknown_fields: Literal["kept", "dropped"] = "kept"
    unknown_stage: Literal["refused", "dropped", "kept"] = "refused"
    doubles: Literal["made", "refused", "upserted"] = "made"
    ids: Literal["own", "taken"] = "own"
    needs_location: bool = True
    missing: Literal["404", "400", "null", "empty"] = "404"
    search: Literal["text", "ignored", "nothing"] = "text"
    errors: Literal["status", "ok"] = "status"
