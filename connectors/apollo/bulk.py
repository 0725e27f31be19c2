"""Write many contacts at Apollo in as few calls as possible (R34): a connectors.bulk.BulkWriter.

Rules kept here:
- bulk_create and bulk_update take 100 contacts in a call. Phones, website and the stage of an existing contact are not
  among what bulk_update takes: a contact that needs one of them costs one PATCH, with everything of it inside;
- contacts that get the same stage and need nothing else besides what bulk_update takes share one call for that;
- lists are never replaced here: contacts that are put on the same lists, or taken from them, share one call for that;
- a batch that is refused is written in halves, down to the one contact that is why. A contact that is deleted is named
  by the refusal, and the others are written without it;
- a row of an answer belongs to the contact with its id, its source id, or its address; what has none is unknown.
"""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Final

from connectors.apollo.client import ApolloClient, deleted_ids
from connectors.apollo.custom_fields import MARKER
from connectors.apollo.encode import NEW, STAGE, ApolloWrite
from connectors.apollo.list_changes import Names, changed_lists, in_few_calls, list_changes
from connectors.apollo.mapping import PLACE, PLAIN, SLOTS, TYPES, ApolloMapper
from connectors.apollo.search_reading import ApolloSearch
from connectors.apollo.write import ApolloWriter
from connectors.bulk import ChangedContact, NewContact, Outcome
from connectors.connector import WriteResult
from connectors.contact import Fields
from connectors.errors import AuthError, ConnectorError, OutcomeUnknown, RecordGone, RecordRefused
from connectors.records import Page, Raw
from connectors.values import country, email, instant, labels

SIZE: Final = 100
LAG: Final = timedelta(seconds=90)
"""How long the search may take to show a change, where nothing shows that it is faster."""
MARGIN: Final = timedelta(seconds=2)
"""How much later than a write of ours an earlier edit of a person may show."""
NOT_CREATED: Final = frozenset({"website_url", "label_names", "owner_id"})
"""The keys that an item of bulk_create does not take."""
SHARED: Final = 2
"""From so many contacts on, a call for all of them is cheaper than a PATCH for each."""


@dataclass(slots=True)
class _Order:
    """One contact of a batch: what is sent, what the record shows so far, and how it went.

    `late_error` ended a call after others had written a part: then `unwritten` are the fields that are still open.
    `added` and `removed` are the lists that it is put on and taken from: they are not in `write`.
    """

    current: Raw
    memory: Mapping[str, Any]
    changes: Fields
    write: ApolloWrite
    shown: dict[str, Any] = field(default_factory=dict)
    served_at: datetime | None = None
    error: ConnectorError | None = None
    late_error: ConnectorError | None = None
    unwritten: set[str] = field(default_factory=set)
    added: Names = ()
    removed: Names = ()

    @property
    def id(self) -> str:
        """Return the id of its record."""
        return str(self.shown.get("id") or self.current["id"])

    def show(self, raw: Raw, served_at: datetime) -> None:
        """Take over what an answer shows of the record."""
        self.shown |= raw
        self.served_at = served_at


class ApolloBulkWriter:
    """Writes many contacts of one team at once. `create_one` and `update_one` write those that a batch refuses."""

    size = SIZE

    def __init__(
        self,
        client: ApolloClient,
        mapper: ApolloMapper,
        writer: ApolloWriter,
        search: ApolloSearch,
        create_one: Callable[[Fields, str | None], WriteResult],
        update_one: Callable[[Raw, Mapping[str, Any], Fields, str | None], WriteResult],
    ) -> None:
        self._client = client
        self._mapper = mapper
        self._writer = writer
        self._search = search
        self._create_one = create_one
        self._update_one = update_one
        self._looked_to: datetime | None = None
        self._changed: dict[str, Raw] = {}
        self._unseen: dict[str, datetime] = {}
        self._shown_to: datetime | None = None

    def begin_run(self) -> None:
        """Forget what an earlier run has looked at."""
        self._looked_to, self._changed, self._unseen, self._shown_to = None, {}, {}, None

    def create_contacts(self, contacts: Sequence[NewContact]) -> list[Outcome]:
        """Create contacts in as few calls as possible; return what became of each, in the same order."""
        sent = [{name: value for name, value in one.changes.items() if value is not None} for one in contacts]
        orders = [
            _Order(NEW, {}, changes, self._writer.encoded(NEW, {}, changes, one.marker))
            for one, changes in zip(contacts, sent, strict=True)
        ]
        items = {id(order): one for order, one in zip(orders, contacts, strict=True)}
        lists = _shared_value([order.write.body.get("label_names") for order in orders])
        self._create(orders, lists or [], items)
        made = [order for order in orders if order.error is None and order.served_at is None]
        for order in made:
            order.error = self._unknown("the answer to a bulk create does not show a contact that was sent")
        self._complete([order for order in orders if order.error is None and not order.unwritten], bool(lists))
        return [self._outcome(order) for order in orders]

    def update_contacts(self, contacts: Sequence[ChangedContact]) -> list[Outcome]:
        """Update contacts in as few calls as possible; return what became of each, in the same order."""
        orders = []
        for one in contacts:
            current = self._writer.whole(one.current, one.changes)
            memory = self._mapper.phones(current, one.memory).memory
            orders.append(
                _Order(current, memory, one.changes, self._writer.encoded(current, memory, one.changes, one.marker))
            )
        self._write_all(orders, {id(order): one for order, one in zip(orders, contacts, strict=True)})
        return [self._outcome(order) for order in orders]

    def changed_since(self, since: datetime) -> Mapping[str, Raw]:
        """Return the records that changed since then, as they are now; what was looked at before is kept.

        A later look goes back only as far as the search may have been behind at the one before: what we wrote ourselves
        shows how far it is. Otherwise each look would read all that was written in `LAG` before it.
        """
        starts = [since] if self._looked_to is None else [since, self._looked_to - LAG]
        if self._shown_to is not None:
            starts.append(self._shown_to - MARGIN)
        looked_to: datetime | None = None
        for page in self._search.changed_since(max(starts)):
            looked_to = looked_to or page.served_at
            for raw in page.records:
                self._keep(raw)
                self._note_shown(raw)
        self._looked_to = looked_to or self._looked_to
        self._shown_to = min([*self._unseen.values(), *filter(None, [self._shown_to])], default=None)
        return self._changed

    def record_of(self, record_id: str, fields: Fields, memory: Mapping[str, Any]) -> Raw:
        """Return a record that shows these values. What is not among them has no key, so it is unknown."""
        raw: dict[str, Any] = {"id": record_id}
        raw |= {key: fields[name] for name, key in PLAIN.items() if name in fields}
        raw |= {name: _spoken(name, fields[name]) for name in PLACE if name in fields}
        for name, key, directory in (
            ("stage", STAGE, self._mapper.stages),
            ("owner", "owner_id", self._mapper.users),
        ):
            value = fields.get(name)
            if name in fields:
                raw[key] = directory.id_of(value) if isinstance(value, str) else None
        if isinstance(value := fields.get("tags", ()), tuple | None) and "tags" in fields:
            raw["label_ids"] = [self._mapper.lists.id_of(name) or name for name in value or ()]
        if any(name in fields for name in ("phone", *SLOTS)):
            raw["phone_numbers"] = _phone_rows(fields, memory)
        places = self._mapper.custom_fields.places
        raw["typed_custom_fields"] = {
            places[name].id: labels.to_text(value) if isinstance(value, tuple) else value
            for name, value in fields.items()
            if name in places and value is not None
        }
        if "website" in fields:
            raw["website_url"] = fields["website"]
        return raw

    def count_calls(self, creates: Sequence[Fields], updates: Sequence[tuple[Raw, Fields]]) -> int:
        """Return how many writing calls these creates and updates take."""
        calls = 0
        for start in range(0, len(creates), SIZE):
            calls += self._count_creates(creates[start : start + SIZE])
        for start in range(0, len(updates), SIZE):
            calls += self._count_updates(updates[start : start + SIZE])
        return calls

    def _count_creates(self, wave: Sequence[Fields]) -> int:
        named: list[tuple[Names, None]] = [(tuple(sorted(_tags_of(one))), None) for one in wave]
        lists = in_few_calls(named) if len(set(named)) > 1 else ()
        owned = any(one.get("owner") for one in wave)
        return 1 + sum(1 for one in wave if one.get("website")) + len(lists) + owned

    def _count_updates(self, wave: Sequence[tuple[Raw, Fields]]) -> int:
        orders = [_Order(raw, {}, changes, self._writer.encoded(raw, {}, changes, None)) for raw, changes in wave]
        plan = self._plan(orders)
        return bool(plan.bulk) + len(plan.patched) + len(plan.stages) + len(plan.put_on) + len(plan.taken_from)

    def _create(self, orders: Sequence[_Order], lists: Sequence[str], items: Mapping[int, NewContact]) -> None:
        bodies = [{key: value for key, value in order.write.body.items() if key not in NOT_CREATED} for order in orders]
        if lists and any(self._mapper.lists.id_of(name) is None for name in lists):
            self._mapper.lists.expect_new()
        try:
            page = self._client.bulk_create(bodies, lists)
        except RecordRefused:
            self._create_in_halves(orders, lists, items)
        except ConnectorError as error:
            for order in orders:
                order.error = error
        else:
            self._assign(orders, page)

    def _create_in_halves(
        self, orders: Sequence[_Order], lists: Sequence[str], items: Mapping[int, NewContact]
    ) -> None:
        if len(orders) > 1:
            middle = len(orders) // 2
            self._create(orders[:middle], lists, items)
            self._create(orders[middle:], lists, items)
            return
        (order,) = orders
        one = items[id(order)]
        try:
            answer = self._create_one(one.changes, one.marker)
        except ConnectorError as error:
            order.error = error
            return
        order.show(answer.raw, answer.served_at)
        order.write = replace(order.write, body={}, impossible=order.write.impossible | answer.refused)
        order.added = order.removed = ()

    def _assign(self, orders: Sequence[_Order], page: Page) -> None:
        """Give each contact the row that shows its source id, else its address, else its place in the answer."""
        rows = list(page.records)
        for number, order in enumerate(orders):
            in_turn = rows[number : number + 1] if len(rows) == len(orders) else []
            found = next((raw for raw in [*in_turn, *rows] if self._is_of(raw, order)), None)
            if found is not None:
                order.show(found, page.served_at)

    def _is_of(self, raw: Raw, order: _Order) -> bool:
        place = self._mapper.custom_fields.places.get(MARKER)
        custom, sent = raw.get("typed_custom_fields") or {}, order.write.body.get("typed_custom_fields") or {}
        if place is not None and place.id in sent:
            return bool(custom.get(place.id) == sent[place.id])
        body = order.write.body
        if body.get("email"):
            return email.key(str(raw.get("email") or "@")) == email.key(str(body["email"]))
        return all((raw.get(key) or None) == (body.get(key) or None) for key in ("first_name", "last_name"))

    def _complete(self, orders: Sequence[_Order], has_lists: bool) -> None:
        """Write what a bulk create did not take: website and owner, and lists where they differ."""
        late = []
        for order in orders:
            rest = {
                key: value
                for key, value in order.write.body.items()
                if key in NOT_CREATED and not (key == "label_names" and has_lists)
            }
            if rest.get("owner_id") == order.shown.get("owner_id"):
                rest.pop("owner_id", None)
            if rest:
                late.append(replace_write(order, rest))
        self._write_all(late, {})
        for one, order in ((one, order) for one in late for order in orders if one.id == order.id):
            if one.served_at is not None:
                order.show(one.shown, one.served_at)
            # The contact exists: its id is kept whatever became of the rest, and an update writes that later.
            order.late_error = one.error or one.late_error
            if order.late_error is not None:
                order.unwritten |= _names_of(one) if one.error is not None else one.unwritten

    def _write_all(self, orders: Sequence[_Order], items: Mapping[int, ChangedContact]) -> None:
        plan = self._plan(orders)
        self._bulk_update(plan.bulk, items)
        for stage, same in plan.stages.items():
            self._shared(same, partial(self._client.update_stages, stage_id=stage), {STAGE: stage})
        for names, same in plan.put_on.items():
            self._change_lists(same, names, adding=True)
        for names, same in plan.taken_from.items():
            self._change_lists(same, names, adding=False)
        for order in plan.patched:
            self._patch(order, items)
        for order in plan.unsent:
            self._read(order)

    def _plan(self, orders: Sequence[_Order]) -> "_Plan":
        for order in orders:
            self._separate_lists(order)
        plan = _Plan(
            put_on=in_few_calls([(order.added, order) for order in orders]),
            taken_from=in_few_calls([(order.removed, order) for order in orders]),
        )
        stages = self._shared_stages(orders)
        for order in orders:
            stage = stages.get(id(order))
            if order.write.rest.keys() - ({STAGE} if stage else set()):
                plan.patched.append(order)
                if order.write.parts()[1]:
                    plan.bulk.append(order)
                continue
            if stage:
                plan.stages[stage].append(order)
            if order.write.bulk:
                plan.bulk.append(order)
            elif not order.write.body and not order.added and not order.removed:
                plan.unsent.append(order)
        return plan

    def _separate_lists(self, order: _Order) -> None:
        names = order.write.body.get("label_names")
        if isinstance(names, list):
            order.added, order.removed = list_changes(order.current, names, self._mapper.lists)
            rest = {key: value for key, value in order.write.body.items() if key != "label_names"}
            order.write = replace(order.write, body=rest)

    def _shared_stages(self, orders: Sequence[_Order]) -> dict[int, str]:
        """Return the stage of those contacts that need no PATCH besides, where several get the same."""
        stages: dict[str, list[int]] = defaultdict(list)
        for order in orders:
            rest = order.write.rest
            if rest.keys() == {STAGE} and rest[STAGE]:
                stages[rest[STAGE]].append(id(order))
        return {key: stage for stage, keys in stages.items() if len(keys) >= SHARED for key in keys}

    def _bulk_update(self, orders: Sequence[_Order], items: Mapping[int, ChangedContact]) -> None:
        if not orders:
            return
        try:
            page = self._client.bulk_update([{"id": order.id, **order.write.bulk} for order in orders])
        except RecordRefused as refused:
            self._without_refused(orders, refused, items)
        except ConnectorError as error:
            for order in orders:
                order.error = error
        else:
            shown = {str(raw.get("id")): raw for raw in page.records}
            for order in orders:
                if order.id in shown:
                    order.show(shown[order.id], page.served_at)
                else:
                    order.error = self._unknown(f"the answer to a bulk update does not show contact {order.id}")

    def _without_refused(
        self, orders: Sequence[_Order], refused: RecordRefused, items: Mapping[int, ChangedContact]
    ) -> None:
        gone = deleted_ids(refused)
        for order in orders:
            if order.id in gone:
                order.error = RecordGone(refused.account, refused.message)
        kept = [order for order in orders if order.id not in gone]
        if len(kept) < len(orders):
            self._bulk_update(kept, items)
        elif len(orders) > 1:
            middle = len(orders) // 2
            self._bulk_update(orders[:middle], items)
            self._bulk_update(orders[middle:], items)
        else:
            self._write_one(orders[0], items, refused)

    def _write_one(self, order: _Order, items: Mapping[int, ChangedContact], refused: ConnectorError) -> None:
        """Write a refused contact by itself, so that only the refused value of it is left out."""
        one = items.get(id(order))
        if one is None:
            order.error = refused
            return
        try:
            answer = self._update_one(order.current, one.memory, one.changes, one.marker)
        except ConnectorError as error:
            order.error = error
            return
        order.show(answer.raw, answer.served_at)
        order.write = replace(order.write, body={}, impossible=order.write.impossible | answer.refused)
        order.added = order.removed = ()

    def _shared(self, orders: Sequence[_Order], call: Callable[[Sequence[str]], Page], sent: Mapping[str, Any]) -> None:
        """Make one call for many contacts that gives all of them the same value."""
        alive = [order for order in orders if order.error is None and order.write.body]
        try:
            page = call([order.id for order in alive]) if alive else None
        except ConnectorError as error:
            for order in alive:
                self._fail(order, error, sent)
            return
        shown = {str(raw.get("id")): raw for raw in page.records} if page else {}
        for order in alive:
            if page is not None and order.id in shown:
                order.show(shown[order.id], page.served_at)
            else:
                order.error = self._unknown(f"the answer to a call for many does not show contact {order.id}")

    def _change_lists(self, orders: Sequence[_Order], names: Names, *, adding: bool) -> None:
        """Put contacts on lists, or take them from them. Their answer shows no contact: what was changed is known."""
        if any(self._mapper.lists.id_of(name) is None for name in names):
            self._mapper.lists.expect_new()
        alive = [order for order in orders if order.error is None and (order.added or order.removed)]
        call = self._client.add_to_lists if adding else self._client.remove_from_lists
        try:
            served_at = call([order.id for order in alive], names) if alive else None
        except AuthError:  # the key may not cover these calls
            for order in alive:
                self._replace_lists(order, names, adding=adding)
            return
        except ConnectorError as error:
            for order in alive:
                self._fail(order, error, {"label_names": list(names)})
            return
        if served_at is None:
            return
        ids = {labels.key(name): key for key, name in self._mapper.lists.fresh_names(names).items()}
        changed = [ids[labels.key(name)] for name in names if labels.key(name) in ids]
        for order in alive:
            had = [str(each) for each in order.shown.get("label_ids", order.current.get("label_ids")) or ()]
            more = [*had, *(each for each in changed if each not in had)]
            kept = more if adding else [each for each in had if each not in changed]
            order.show({"label_ids": kept}, served_at)

    def _replace_lists(self, order: _Order, names: Names, *, adding: bool) -> None:
        """Write all lists of a contact, as they are right before that, with the change."""
        try:
            now = self._client.read_contact(order.id).records[0]
            kept = changed_lists(now, names, self._mapper.lists, adding=adding)
            if kept is None:
                raise RecordRefused(self._client.account, f"contact {order.id} is on a list without a name")
            page = self._client.patch_contact(order.id, {"label_names": kept})
        except ConnectorError as error:
            self._fail(order, error, {"label_names": list(names)})
        else:
            order.show(page.records[0], page.served_at)

    def _patch(self, order: _Order, items: Mapping[int, ChangedContact]) -> None:
        if order.error is not None or not order.write.body:
            return
        body, _ = order.write.parts()
        try:
            page = self._client.patch_contact(order.id, body)
        except RecordRefused as refused:
            if order.served_at is None:
                self._write_one(order, items, refused)
            else:
                self._fail(order, refused, body)
        except ConnectorError as error:
            self._fail(order, error, body)
        else:
            order.show(page.records[0], page.served_at)

    def _read(self, order: _Order) -> None:
        """Read a contact for which nothing had to be sent."""
        try:
            page = self._client.read_contact(order.id)
        except ConnectorError as error:
            order.error = error
        else:
            order.show(page.records[0], page.served_at)

    def _fail(self, order: _Order, error: ConnectorError, sent: Mapping[str, Any]) -> None:
        """Note an error of a later call: what was written before stays written, unless that is unknown."""
        if order.served_at is None or isinstance(error, OutcomeUnknown | RecordGone):
            order.error = error
            return
        order.unwritten |= {name for key in sent for name in FIELDS_OF.get(key, ())}
        order.late_error = error

    def _outcome(self, order: _Order) -> Outcome:
        if order.error is not None:
            return order.error
        if order.served_at is None:
            return self._unknown(f"contact {order.id} was not written")
        raw = {**({} if order.current is NEW else order.current), **order.shown}
        unwritten = frozenset(order.unwritten & order.changes.keys())
        taken = {name: value for name, value in order.changes.items() if name not in unwritten}
        refused = order.write.impossible | self._writer.not_taken(order.current, raw, order.memory, taken)
        self._keep(raw)
        self._note_written(order)
        return WriteResult(
            raw,
            order.served_at,
            refused & order.changes.keys(),
            unwritten=unwritten,
            error=order.late_error if unwritten else None,
        )

    def _keep(self, raw: Raw) -> None:
        known = self._changed.get(str(raw["id"]))
        if known is None or _time(raw) >= _time(known):
            self._changed[str(raw["id"])] = raw

    def _note_written(self, order: _Order) -> None:
        """Wait for the search to show what was written, unless nothing was changed by it."""
        moment = instant.parse(order.shown.get("updated_at"))
        if moment is not None and self._looked_to is not None and moment >= self._looked_to:
            self._unseen[order.id] = moment

    def _note_shown(self, raw: Raw) -> None:
        written, moment = self._unseen.get(str(raw["id"])), instant.parse(raw.get("updated_at"))
        if written is not None and moment is not None and moment >= written:
            del self._unseen[str(raw["id"])]
            self._shown_to = max(filter(None, [self._shown_to, written]))

    def _unknown(self, message: str) -> OutcomeUnknown:
        return OutcomeUnknown(self._client.account, message, accepted=True)


@dataclass(slots=True)
class _Plan:
    """Which calls write a batch: one bulk_update, a PATCH for each of some, and calls that many share."""

    bulk: list[_Order] = field(default_factory=list)
    patched: list[_Order] = field(default_factory=list)
    stages: dict[str, list[_Order]] = field(default_factory=lambda: defaultdict(list))
    put_on: dict[Names, list[_Order]] = field(default_factory=dict)
    taken_from: dict[Names, list[_Order]] = field(default_factory=dict)
    unsent: list[_Order] = field(default_factory=list)


def replace_write(order: _Order, body: Mapping[str, Any]) -> _Order:
    """Return an order that writes only these keys of the record that another one has created."""
    current = {**NEW, **order.shown}
    return _Order(current, {}, {}, ApolloWrite(body), dict(order.shown), order.served_at)


def _shared_value(values: Sequence[Any]) -> Any:
    """Return the value that all of them have, None where they differ."""
    return values[0] if values and all(value == values[0] for value in values) else None


FIELDS_OF: Final[Mapping[str, tuple[str, ...]]] = {
    "website_url": ("website",),
    "label_names": ("tags",),
    "owner_id": ("owner",),
    "linkedin_url": ("linkedin_url",),
    STAGE: ("stage", "do_not_contact"),
    "direct_phone": ("work_phone", "phone"),
    **{slot: (slot, "phone") for slot in SLOTS},
}
"""The fields that each key of a PATCH carries."""


def _names_of(order: _Order) -> set[str]:
    """Return the fields that an order carries."""
    keys = {*order.write.body, *(("label_names",) if order.added or order.removed else ())}
    return {name for key in keys for name in FIELDS_OF.get(key, ())}


def _phone_rows(fields: Fields, memory: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the numbers of a record by their types, with the raw text that is remembered."""
    kinds = {slot: kind for kind, slot in reversed(TYPES.items())}
    slot_of_phone = memory.get("slot") or SLOTS[0]
    numbers = {slot: fields[slot] for slot in SLOTS if fields.get(slot)}
    if fields.get("phone"):
        numbers[slot_of_phone if slot_of_phone in SLOTS else SLOTS[0]] = fields["phone"]
    return [{"type": kinds[slot], "sanitized_number": number, "raw_number": number} for slot, number in numbers.items()]


def _spoken(name: str, value: Any) -> Any:
    if name != "country" or not isinstance(value, str):
        return value
    try:
        return country.display_name(value)
    except KeyError:
        return value


def _time(raw: Raw) -> float:
    moment = instant.parse(raw.get("updated_at"))
    return 0.0 if moment is None else moment.timestamp()


def _tags_of(fields: Fields) -> Names:
    tags = fields.get("tags")
    return tags if isinstance(tags, tuple) else ()
