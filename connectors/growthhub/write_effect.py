"""Find out what a write led to, from its answer or by reading the record, and which values the server refused.

Rules kept here:
- the answer counts (R21), but it may lack keys: what it does not show is as before, unless it was just emptied, and
  what it lacks of the sent values is read by id;
- a sent value that did not change the record was refused, and so was one that was emptied and still shows (R17). A
  value that the server rewrote was not;
- a record that a user may have edited since the write is marked so (R40).
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from connectors.connector import Cache, proves_unedited, took_effect
from connectors.contact import Contact, Fields, Value, same
from connectors.growthhub.client import GrowthHubClient
from connectors.growthhub.encode import CUSTOM, NEVER_EMPTY, EncodedWrite
from connectors.growthhub.tag_groups import TagGroups
from connectors.growthhub.wire_record import NATIVE, TWINS, custom_values, tags_of
from connectors.http.call import Reply
from connectors.records import Page, Raw
from connectors.values import instant, labels

_EMPTIED: Final = "emptied_properties"
_EMPTYING: tuple[Any, ...] = (None, "", [])
_ADDRESS = ("address1", "address")


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
        raw = None if lacks(answer, sending) else overlay(before, answer, sending)
        answered = _updated_at(answer)
        effect_at = took_effect(answered, page.served_at)
        effect = WriteEffect(str(answer["id"]), raw, page.served_at, sending, effect_at, answered=answered)
        # Answers show no empty properties. A reading that proves a property to be emptied is remembered for a day.
        unshown = silent(before, answer, sending) - set(self._cache.get(_EMPTIED) or ())
        if not unshown:
            return effect
        effect = self.read_record(effect)
        self._learn_emptied(unshown, effect.raw or {})
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


def overlay(before: Raw, answer: Raw, sent: EncodedWrite) -> dict[str, Any]:
    """Return the record after a write, from the record before it, the answer, and what was emptied."""
    kept = {key: value for key, value in before.items() if key not in _emptied(sent)}
    if "address1" in answer or "address" in answer:
        kept = {key: value for key, value in kept.items() if key not in _ADDRESS}
    return {**kept, **answer, CUSTOM: _custom(before, answer, sent)}


def lacks(answer: Raw, sent: EncodedWrite) -> bool:
    """Say whether the answer does not show something that was set."""
    shown = {field_id for field_id, _ in custom_values(answer)}
    custom = any(key not in shown for key, value in sent.custom.items() if value not in _EMPTYING)
    return custom or any(
        key not in answer and not (key == "address1" and "address" in answer)
        for key, value in sent.properties.items()
        if value not in _EMPTYING
    )


def silent(before: Raw, answer: Raw, sent: EncodedWrite) -> frozenset[str]:
    """Return the properties that were emptied and that the answer does not show. CUSTOM stands for all custom fields.

    They may be empty now, or the answer never shows them.
    """
    shown = {"address1": before.get("address"), **before}
    emptied = {key for key, value in sent.properties.items() if value in _EMPTYING and shown.get(key)}
    custom = {CUSTOM for value in sent.custom.values() if value in _EMPTYING}
    return frozenset((emptied | custom) - answer.keys())


def as_record(sent: EncodedWrite) -> dict[str, Any]:
    """Return what was sent in the shape of a record: what it would show if the server took all of it."""
    values = [{"id": each, "value": value} for each, value in sent.custom.items()]
    return {**sent.properties, CUSTOM: values}


def refusals(names: Iterable[str], before: Contact, wanted: Callable[[], Fields], after: Contact) -> frozenset[str]:
    """Return the sent fields that the server did not take: they show what they showed before.

    `wanted` is called only where a field does that.
    """
    kept = [name for name in names if same(name, _shown(after, name), _shown(before, name))]
    values = wanted() if kept else {}
    return frozenset(name for name in kept if not same(name, _shown(after, name), values.get(name)))


def update_calls(groups: TagGroups, current: Raw, changes: Fields) -> int:
    """Return the calls of an update: 1 for the PUT, if there is one, and 1 each for tags added and removed."""
    sent = {name for name, value in changes.items() if value is not None or name not in NEVER_EMPTY}
    tagged = {"tags", *groups.names}
    put = bool(sent - tagged) or not changes
    if tagged.isdisjoint(changes):
        return int(put)
    before = tags_of(current)
    added, gone = tag_changes(before, groups.wanted(before, changes))
    return put + bool(added) + bool(gone)


def tag_changes(before: tuple[str, ...], value: Value) -> tuple[list[str], list[str]]:
    """Return the tags to add and those to remove, compared as labels are."""
    wanted = value if isinstance(value, tuple) else ()
    had, want = ({labels.key(tag) for tag in tags} for tags in (before, wanted))
    added = [tag for tag in wanted if labels.key(tag) not in had]
    return added, [tag for tag in before if labels.key(tag) not in want]


def shows_tags(answer: Any, expected: Iterable[str], gone: Iterable[str]) -> list[str] | None:
    """Return the tags in the answer to a tag call.

    None if it does not show the expected ones: then the record has to be read.
    """
    tags = answer.get("tags") if isinstance(answer, Mapping) else None
    if not isinstance(tags, list):
        return None
    shown = {labels.key(str(tag)) for tag in tags}
    if not {labels.key(tag) for tag in expected} <= shown or {labels.key(tag) for tag in gone} & shown:
        return None
    return [str(tag) for tag in tags]


def _shown(contact: Contact, name: str) -> Value:
    return contact.fields.get(name, contact.unmapped.get(name))


def _emptied(sent: EncodedWrite) -> frozenset[str]:
    emptied = {key for key, value in sent.properties.items() if value in _EMPTYING}
    twins = {twin for name, twin in TWINS.items() if NATIVE[name] in emptied}
    return frozenset({*emptied, *twins, *(_ADDRESS if NATIVE["address"] in emptied else ())})


def _custom(before: Raw, answer: Raw, sent: EncodedWrite) -> list[dict[str, Any]]:
    emptied = {key for key, value in sent.custom.items() if value in _EMPTYING}
    kept = {key: value for key, value in custom_values(before) if key not in emptied}
    return [{"id": key, "value": value} for key, value in {**kept, **dict(custom_values(answer))}.items()]
