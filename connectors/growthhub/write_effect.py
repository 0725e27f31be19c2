"""Find out what a write led to, from its answer or by reading the record.

Rules kept here: R21 (the answer counts, and what it lacks is read by id) and R40 (a record that a person may have
edited since the write is marked so).
"""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from connectors.connector import Cache, proves_unedited, took_effect
from connectors.growthhub import write_result
from connectors.growthhub.client import GrowthHubClient
from connectors.growthhub.encode import CUSTOM, EncodedWrite
from connectors.http.call import Reply
from connectors.records import Page, Raw
from connectors.values import instant

_EMPTIED: Final = "emptied_properties"


@dataclass(frozen=True, slots=True)
class WriteEffect:
    """What is known of a write so far.

    `raw` is the record, None while the answers do not show it. `served_at` is the server's time, None before the first
    answer. In both cases the record has to be read. `effect_at` is the latest moment at which the last call took
    effect. `edited` says that a person edited the record before it was read, `doubtful` that this is unknown.
    `tags_unread` says that only the tags still have to be read. `answered` is the update time in the last answer.
    """

    id: str
    raw: Raw | None
    served_at: datetime | None
    sending: EncodedWrite
    effect_at: datetime | None = None
    edited: bool = False
    tags_unread: bool = False
    answered: datetime | None = None
    doubtful: bool = False

    def with_tags(self, reply: Reply, tags: list[str] | None) -> "WriteEffect":
        """Add the answer to a call for tags; `tags` is None where it does not show them."""
        raw = self.raw if tags is None else {**(self.raw or {}), "tags": tags}
        # The time of an edit that was seen must stay after the time of the write.
        served_at = self.served_at if self.edited else reply.served_at
        return replace(self, raw=raw, served_at=served_at, tags_unread=tags is None)


class EffectReader:
    """Reads the effects of writes of one location."""

    def __init__(self, client: GrowthHubClient, cache: Cache) -> None:
        self._client = client
        self._cache = cache

    def of_answer(self, before: Raw, page: Page, sending: EncodedWrite) -> WriteEffect:
        """Return what an answer shows, after a reading where it may hide that a property was not emptied."""
        answer = page.records[0]
        raw = None if write_result.lacks(answer, sending) else write_result.overlay(before, answer, sending)
        answered = _updated_at(answer)
        effect_at = took_effect(answered, page.served_at)
        effect = WriteEffect(str(answer["id"]), raw, page.served_at, sending, effect_at, answered=answered)
        # Answers show no empty properties. A reading that proves a property to be emptied is remembered for a day.
        silent = write_result.silent(before, answer, sending) - set(self._cache.get(_EMPTIED) or ())
        if not silent:
            return effect
        effect = self.read_record(effect)
        self._learn_emptied(silent, effect.raw or {})
        return effect

    def read_record(self, effect: WriteEffect) -> WriteEffect:
        """Read the record that a write led to. Its time shows whether a user has edited it since."""
        page = self._client.read_contact(effect.id)
        raw, effect_at = page.records[0], effect.effect_at
        updated_at = _updated_at(raw)
        edited = effect_at is not None and updated_at is not None and updated_at > effect_at
        doubtful = not edited and not proves_unedited(effect.answered, updated_at)
        served_at = effect_at if edited else page.served_at
        return replace(effect, raw=raw, served_at=served_at, edited=edited, doubtful=doubtful)

    def read_missing(self, effect: WriteEffect) -> WriteEffect:
        """Read the record, or its tags alone, where the answers do not show them."""
        if effect.raw is None or effect.served_at is None:
            return self.read_record(effect)
        if not effect.tags_unread:
            return effect
        page = self._client.read_contact(effect.id)
        return replace(effect, raw={**effect.raw, "tags": page.records[0].get("tags")})

    def _learn_emptied(self, silent: frozenset[str], raw: Raw) -> None:
        emptied = {key for key in silent if key != CUSTOM and not raw.get(key)}
        if emptied:
            self._cache.put(_EMPTIED, sorted({*(self._cache.get(_EMPTIED) or ()), *emptied}))


def _updated_at(raw: Raw) -> datetime | None:
    return instant.parse(raw.get("dateUpdated"))
