"""GrowthGenius' cassettes, which are the samples of its documents, and the account that could have answered so."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any, Final

from connectors.contact import PHONE_SLOTS
from connectors.growthgenius.mapping import KEYS
from connectors.growthgenius.sandbox.companies import COMPANY_FIELDS
from connectors.growthgenius.sandbox.server import FIELDS, MESSAGE_FIELDS, OWN, Behaviour, GrowthGeniusSandbox
from connectors.sandbox.base import Sandbox
from tests.connectors.growthgenius.recording import CASSETTES
from tests.contract.recording import Recording, paths

NOW: Final = datetime(2021, 1, 22, 12, tzinfo=UTC)
UPDATED: Final = datetime(2021, 1, 19, 22, 7, 20, 529_000, tzinfo=UTC)
KEY: Final = "gg-sandbox-key"
READ: Final = frozenset({*KEYS, *PHONE_SLOTS, "updated_at"})
COMPANY_KEYS: Final = frozenset({"name", "website", "industry", "size_range"})
"""What is read of a company."""

DERIVED: Final = frozenset(
    {"full_name", "name", "contact_account", "contact_account_id", "prospect_id", "linkedin_username"}
    | {"company_name_informal", "seo_description", "user_id"}
)
"""What the server finds out by itself; no call sends it."""

BEHAVIOURS: Final[Mapping[str, Behaviour]] = {
    "company_found": Behaviour(),
    "contact_created": Behaviour(),
    "contact_read": Behaviour(),
    "contact_updated_mini": Behaviour(answers="mini", ids="uuid"),
    "contacts_flat": Behaviour(),
    "contacts_single": Behaviour(lists="single"),
    "contacts_wrapped_paginated": Behaviour(lists="wrapped", page_size=25, says_partial=True, ids="uuid"),
    "message_created": Behaviour(strangers="taken"),
    "message_read": Behaviour(),
    "message_updated": Behaviour(),
    "messages_list": Behaviour(),
    "user_one": Behaviour(users="one"),
    "users_list": Behaviour(users="list"),
}
"""How the sandbox has to behave for each cassette."""


@contextmanager
def stage(name: str) -> Iterator[tuple[Sandbox, Mapping[str, str]]]:
    """Start an account that holds what the cassette shows."""
    users = [{"id": number, "team_id": 1, "email": "dev@example.com", "first_name": "Okay"} for number in (1, 78)]
    sandbox = GrowthGeniusSandbox(api_key=KEY, users=users, behaviour=BEHAVIOURS[name], now=lambda: NOW)
    for person in _people(name):
        sandbox.add(at=UPDATED, **person)
    if name in ("message_read", "message_updated", "messages_list"):
        message = _answer(name)
        sandbox.add_message(
            message["contact_id"], at=UPDATED, **{key: message[key] for key in message if key != "contact_id"}
        )
    if name == "company_found":
        known = {key: value for key, value in _answer(name).items() if key in COMPANY_KEYS}
        sandbox.companies.add("google.com", **known)
    with sandbox:
        yield sandbox, {"Authorization": KEY}


def _people(name: str) -> list[dict[str, Any]]:
    match name:
        case "contact_read" | "contacts_flat" | "contacts_single":
            person = _answer(name)
        case "contact_updated_mini" | "contacts_wrapped_paginated":
            person = _answer("contact_read") | {"id": _answer(name)["id"]}
        case _:
            return []
    return [{key: value for key, value in person.items() if key in FIELDS and key not in OWN - {"id"}}]


def _answer(name: str) -> dict[str, Any]:
    """Return the first contact or message that a cassette shows."""
    answer: Any = next(iter(RECORDING.exchanges(name))).answer
    noun = name.partition("_")[0].removesuffix("s")
    found = answer[f"{noun}s"][0] if f"{noun}s" in answer else answer
    record: dict[str, Any] = found.get(noun, found)
    return record


def _body(name: str, method: str) -> Any:
    """Return what a contact could have sent to be answered so; the documents do not show it."""
    if method == "GET":
        return None
    noun = name.partition("_")[0]
    sent = set(FIELDS) - DERIVED - OWN if noun == "contact" else set(MESSAGE_FIELDS) - {"id"}
    return {noun: {key: each for key, each in _answer(name).items() if key in sent}}


RECORDING: Final = Recording(
    "growthgenius",
    CASSETTES,
    stage,
    read=frozenset()
    .union(paths(["contact", "contacts[]", "contacts[].contact"], READ))
    .union(paths(["", "contacts[]"], ["contact"]))
    .union(paths(["message", "messages[]"], MESSAGE_FIELDS))
    .union(paths([""], ["message", "messages"]))
    .union(paths([""], ["contacts", "pagination", "partial_results_only", "partial_results_limit", "user", "users"]))
    .union(paths(["pagination"], ["page", "per_page", "total_entries", "total_pages"]))
    .union(paths(["user", "users[]"], ["id", "email", "team_id"]))
    .union(COMPANY_KEYS),
    excused={
        "contact.*name: null, not text": "the sandbox makes no whole name; it is read where parts are missing",
        "contacts[].contact.*: added": "the sample breaks off behind the e-mail address, with a comment that says so",
    },
    allowed={
        # what a server finds out about a contact that it is given
        "contact.company_name_informal: null, not text": "made from the company's name",
        "contact.contact_account: null, not object": "the company's record, which is none of ours",
        "contact.contact_account_id: null, not number": "the same",
        "contact.linkedin_username: null, not text": "made from the address of the profile",
        "contact.prospect_id: null, not number": "where the vendor has the contact from",
        "contact.seo_description: null, not text": "what the company's site says of itself",
        # of lists
        "contacts[].contact.//: missing": "a comment of the documents",
        "contacts[].contact.fist_name: missing": "a slip of the documents; the sandbox makes it after writes",
        "breadcrumbs: missing": "the words that were searched for; a window has none",
        "disable_eu_prospecting: missing": "a setting of the account",
        "num_fetch_result: missing": "recorded null",
        # of a company
        **{
            f"{key}: null, not *": "what its people do not get from it, and the sandbox does not know"
            for key in COMPANY_FIELDS
            if key not in {*COMPANY_KEYS, "id", "headline"}
        },
        # of users
        "user*: missing": "a user's other names, addresses and rights: an owner is an address here",
    },
    unplayed={
        "contact_read_bare": "a dog of the first draft, left over from a page template",
        "contacts_of_the_first_draft": "the shape of another vendor's API, which the later drafts gave up",
        "message_created_of_the_first_draft": "a greeting, left over from the same page template",
        "message_deleted": "a list of contacts that strayed there; an answer to a deletion is not read",
    },
    body=_body,
)
