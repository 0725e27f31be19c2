"""The JSON of intents is what releases before this one stored and read: it never changes."""

import json
from dataclasses import replace
from typing import Any

import pytest

from state.intent_codec import decode_contact_intent, decode_message_intent, encode_intent
from state.intents import (
    AmendmentIntent,
    CopyDeletionIntent,
    CopyIntent,
    CreateIntent,
    DeletionIntent,
    Intent,
    RecordLook,
    RemovalIntent,
    UpdateIntent,
    WrittenField,
)

PLACE: Any = {"side": "right", "source_id": "7", "sent_ms": 1700000000000}
CREATE = CreateIntent(
    **PLACE, sent={"email": "ada@example.com", "tags": ("vip",), "city": None}, shadow='["Ada"]', mapping=2,
    contact="{}", memory={"slot": "phone"}, digest=b"\x0e\xb7", withheld=("lists",), owed={"owner": "a@example.com"},
    enriched=("company",),
)  # fmt: skip
UPDATE = UpdateIntent(
    **PLACE, sent={"city": "Oslo"}, record="hub-7", run="r1", memory=None, target={"city": "Oslo"},
    source={"tags": ("a", "b")}, history={"city": WrittenField('"Rome"', "carried", "gg:7")},
    look=RecordLook("d1", 1700000000001, "d2"), kept={"left": {"city": ["Rome", 5]}},
)  # fmt: skip
CONTACTS: list[tuple[CreateIntent | UpdateIntent | DeletionIntent | RemovalIntent, str, str]] = [
    (
        CREATE, '{"email": "ada@example.com", "tags": ["vip"], "city": null}',
        (
            '{"shadow": "[\\"Ada\\"]", "mapping": 2, "memory": {"slot": "phone"}, "digest": "0eb7", '
            '"withheld": ["lists"], "owed": {"owner": "a@example.com"}, "enriched": ["company"], "person": "{}"}'
        ),
    ),
    (
        UPDATE, '{"city": "Oslo"}',
        (
            '{"record": "hub-7", "look": {"digest": "d1", "updated": 1700000000001, "others": "d2"}, "run": "r1", '
            '"memory": null, "target": {"city": "Oslo"}, "source": {"tags": ["a", "b"]}, '
            '"history": {"city": ["\\"Rome\\"", "carried", "gg:7"]}, "kept": {"left": {"city": ["Rome", 5]}}}'
        ),
    ),
    (
        DeletionIntent(**PLACE, record="hub-7", run="r1", shown="{}"), "{}",
        '{"record": "hub-7", "run": "r1", "rule": "deleted", "old": "{}"}',
    ),
    (
        RemovalIntent(**PLACE, record="hub-7", run="r1", shown="{}"), "{}",
        '{"record": "hub-7", "run": "r1", "rule": "removed", "old": "{}"}',
    ),
]  # fmt: skip
MESSAGES: list[tuple[CopyIntent | AmendmentIntent | CopyDeletionIntent, str, str]] = [
    (
        CopyIntent(**PLACE, contact="1", copied_to="hub-1", digest=b"\x0e", message="{}"),
        '{"contact": "hub-1", "message": "{}"}', '{"contact": "1", "digest": "0e"}',
    ),
    (
        AmendmentIntent(**PLACE, record="note:1", contact="hub-1", content="c", text="new", old="old", rule="carried"),
        '{"content": "c", "contact": "hub-1", "text": "new"}', '{"record": "note:1", "old": "old", "rule": "carried"}',
    ),
    (
        CopyDeletionIntent(**PLACE, record="note:1", contact="hub-1", old=None),
        '{"contact": "hub-1"}', '{"record": "note:1", "old": null, "rule": "deleted"}',
    ),
]  # fmt: skip


@pytest.mark.parametrize(("intent", "sent", "source"), CONTACTS)
def test_an_intent_of_a_contact_has_the_json_of_earlier_releases(
    intent: CreateIntent | UpdateIntent | DeletionIntent | RemovalIntent, sent: str, source: str
) -> None:
    assert encode_intent(intent) == (sent, source)
    assert decode_contact_intent(PLACE, sent, source) == intent


@pytest.mark.parametrize(("intent", "sent", "source"), MESSAGES)
def test_an_intent_of_a_message_has_the_json_of_earlier_releases(
    intent: CopyIntent | AmendmentIntent | CopyDeletionIntent, sent: str, source: str
) -> None:
    assert encode_intent(intent) == (sent, source)
    assert decode_message_intent(PLACE, sent, source) == intent


def test_an_accepted_create_has_a_key_of_its_own() -> None:
    accepted = replace(CREATE, accepted=True)
    sent, source = encode_intent(accepted)
    assert json.loads(source)["accepted"] is True
    assert decode_contact_intent(PLACE, sent, source) == accepted


def test_intents_of_older_releases_have_defaults_for_later_keys() -> None:
    create = '{"shadow": "[]", "mapping": 1, "memory": {}, "digest": null, "person": "{}"}'
    assert decode_contact_intent(PLACE, "{}", create) == CreateIntent(
        **PLACE, sent={}, shadow="[]", mapping=1, contact="{}"
    )
    update = (
        '{"record": "hub-7", "run": "r1", "memory": null, "target": {}, "source": {}, '
        '"history": {"city": ["null", "carried"]}}'
    )
    assert decode_contact_intent(PLACE, "{}", update) == UpdateIntent(
        **PLACE, sent={}, record="hub-7", run="r1", memory=None, target={}, source={},
        history={"city": WrittenField("null", "carried")},
    )  # fmt: skip
    copy = '{"contact": "1", "digest": null}'
    assert decode_message_intent(PLACE, '{"contact": "hub-1"}', copy) == CopyIntent(
        **PLACE, contact="1", copied_to="hub-1"
    )


def test_an_intent_of_no_kind_is_not_stored() -> None:
    with pytest.raises(TypeError):
        encode_intent(Intent(**PLACE))
