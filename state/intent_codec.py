"""The JSON of intents: `sent` is what was sent, `source` is what the link needs to know once the outcome is known.

State files of earlier releases hold it, so a key keeps its name and its meaning; one that was added later has a default
here. The kind of an intent is not stored: it follows from the stream, and from `record` and `rule` in `source`.
"""

import json
from collections.abc import Mapping
from dataclasses import astuple
from functools import singledispatch
from typing import Any, Final

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
    Values,
    WrittenField,
)

DELETED: Final = "deleted"
REMOVED: Final = "removed"

Content = Mapping[str, Any]
Place = Mapping[str, Any]
"""The fields that every intent has: side, source_id, sent_ms."""


def encode_intent(intent: Intent) -> tuple[str, str]:
    """Return the JSON of what was sent, and of all else."""
    sent, source = _content(intent)
    return json.dumps(sent), json.dumps(source)


def decode_contact_intent(
    place: Place, sent: str, source: str
) -> CreateIntent | UpdateIntent | DeletionIntent | RemovalIntent:
    """Return the intent of a contact from its JSON. Raises ValueError and LookupError."""
    values, about = _values(json.loads(sent)), json.loads(source)
    if "record" not in about:
        return _create(place, values, about)
    rule = about.get("rule")
    if rule is None:
        return _update(place, values, about)
    kind = RemovalIntent if rule == REMOVED else DeletionIntent
    return kind(**place, record=about["record"], run=about["run"], shown=about["old"])


def decode_message_intent(place: Place, sent: str, source: str) -> CopyIntent | AmendmentIntent | CopyDeletionIntent:
    """Return the intent of a message from its JSON. Raises ValueError and LookupError."""
    values, about = json.loads(sent), json.loads(source)
    contact = str(values["contact"])
    if "record" not in about:
        return CopyIntent(
            **place, contact=str(about["contact"]), copied_to=contact, digest=_bytes(about["digest"]),
            message=values.get("message"),
        )  # fmt: skip
    record, old, rule = str(about["record"]), about["old"], str(about["rule"])
    if rule == DELETED:
        return CopyDeletionIntent(**place, record=record, contact=contact, old=old)
    return AmendmentIntent(
        **place,
        record=record,
        contact=contact,
        content=values["content"],
        text=values["text"],
        old=old,
        rule=rule,
        message=values.get("message"),
    )


@singledispatch
def _content(intent: Intent) -> tuple[Content, Content]:
    raise TypeError(f"{type(intent).__name__} is no intent that can be stored")


@_content.register
def _create_content(intent: CreateIntent) -> tuple[Content, Content]:
    source = {
        "shadow": intent.shadow,
        "mapping": intent.mapping,
        "memory": dict(intent.memory),
        "digest": _hex(intent.digest),
        "withheld": list(intent.withheld),
        "owed": dict(intent.owed),
        "enriched": list(intent.enriched),
        "person": intent.contact,
    }
    return dict(intent.sent), source | ({"accepted": True} if intent.accepted else {})


@_content.register
def _update_content(intent: UpdateIntent) -> tuple[Content, Content]:
    look = intent.look
    source = {
        "record": intent.record,
        "look": look and {"digest": look.digest, "updated": look.updated_ms, "others": look.others},
        "run": intent.run,
        "memory": dict(intent.memory) if intent.memory else None,
        "target": dict(intent.target),
        "source": dict(intent.source),
        "history": {name: astuple(written) for name, written in intent.history.items()},
        "kept": dict(intent.kept),
    }
    return dict(intent.sent), source


@_content.register(DeletionIntent)
@_content.register(RemovalIntent)
def _deletion_content(intent: DeletionIntent | RemovalIntent) -> tuple[Content, Content]:
    rule = REMOVED if isinstance(intent, RemovalIntent) else DELETED
    return {}, {"record": intent.record, "run": intent.run, "rule": rule, "old": intent.shown}


@_content.register
def _copy_content(intent: CopyIntent) -> tuple[Content, Content]:
    sent = {"contact": intent.copied_to, "message": intent.message}
    return sent, {"contact": intent.contact, "digest": _hex(intent.digest)}


@_content.register
def _amendment_content(intent: AmendmentIntent) -> tuple[Content, Content]:
    sent = {"content": intent.content, "contact": intent.contact, "text": intent.text}
    sent |= {} if intent.message is None else {"message": intent.message}
    return sent, {"record": intent.record, "old": intent.old, "rule": intent.rule}


@_content.register
def _copy_deletion_content(intent: CopyDeletionIntent) -> tuple[Content, Content]:
    return {"contact": intent.contact}, {"record": intent.record, "old": intent.old, "rule": DELETED}


def _create(place: Place, sent: Values, about: Content) -> CreateIntent:
    return CreateIntent(
        **place, sent=sent, shadow=about["shadow"], mapping=int(about["mapping"]), contact=about["person"],
        memory=about["memory"], digest=_bytes(about["digest"]), withheld=tuple(about.get("withheld", ())),
        owed=_values(about.get("owed", {})), enriched=tuple(about.get("enriched", ())),
        accepted=bool(about.get("accepted")),
    )  # fmt: skip


def _update(place: Place, sent: Values, about: Content) -> UpdateIntent:
    look = about.get("look")
    return UpdateIntent(
        **place, sent=sent, record=about["record"], run=about["run"], memory=about["memory"],
        target=_values(about["target"]), source=_values(about["source"]),
        history={name: WrittenField(*written) for name, written in about["history"].items()},
        look=RecordLook(look["digest"], look["updated"], look["others"]) if look else None,
        kept=about.get("kept", {}),
    )  # fmt: skip


def _values(content: Content) -> Values:
    return {name: tuple(value) if isinstance(value, list) else value for name, value in content.items()}


def _hex(digest: bytes | None) -> str | None:
    return digest.hex() if digest else None


def _bytes(digest: str | None) -> bytes | None:
    return None if digest is None else bytes.fromhex(digest)
