"""Whatever is asked of the sandbox, it answers as a server does, and never with an error of its own."""

import re
import socket
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.growthhub.sandbox.conversations import ASKED, RECORDED
from connectors.growthhub.sandbox.messages import PROVIDER
from connectors.growthhub.sandbox.oauth import CLIENT_ID, CLIENT_SECRET
from connectors.growthhub.sandbox.records import CREATED
from connectors.growthhub.sandbox.server import ROUTES, GrowthHubSandbox
from connectors.sandbox.base import Call
from connectors.sandbox.server import Headers
from tests.thorough import examples

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
ODD = [
    "",
    "a",
    "²",
    "-1",
    "9" * 30,
    "0",
    "1",
    "\x00",
    "2026-03-01",
    "0001-01-01T00:00:00Z",
    "a@example.com",
    "+1",
    "🙂" * 80,
]
"""Texts that something may trip over."""

hub = GrowthHubSandbox(now=lambda: NOON)
ann = hub.add(firstName="Ann", email="ann@example.com", phone="+12025550123", tags=["vip"])
field = hub.add_field("Score", "NUMERICAL")
note = hub.add_note(ann, "Hello")
message = hub.add_message(ann, "SMS", "inbound", "Hi")
email = hub.add_message(ann, "Email", "inbound", "Dear", subject="Hi")
talk = hub.add_conversation(ann)
KNOWN = [ann, field, note, message, email, talk, hub.location_id, PROVIDER, CLIENT_ID, CLIENT_SECRET, "contact.score"]
WORDS = [
    "eq", "range", "exists", "not_exists", "AND", "OR", "asc", "desc", "email", "dateUpdated", "dnd", "tags", "SMS",
    "dndSettings.Email.status", f"customFields.{field}", "createdAt", "inbound", "authorization_code", "Custom",
]  # fmt: skip
KEYS = sorted(
    CREATED | RECORDED | ASKED | {"pageLimit", "page", "searchAfter", "filters", "sort", "query", "field", "operator"}
    | {"value", "group", "gte", "lt", "id", "key", "name", "dataType", "title", "pinned", "skip", "companyId", "as"}
    | {"number", "redirect_uri", "scope", "client_id", "client_secret", "grant_type", "code", "refresh_token", "status"}
)  # fmt: skip
texts = st.sampled_from([*ODD, *KNOWN, *WORDS]) | st.text(max_size=5)
values = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**20), 10**20) | st.floats() | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=4),
    max_leaves=12,
)
bodies = values | st.dictionaries(st.sampled_from(KEYS), values, max_size=8)
oauth = ["/v2/oauth/chooselocation", "/v2/oauth/chosen", "/oauth/token", "/oauth/locationToken"]
paths = st.builds(
    lambda pattern, ids: re.sub(r"\(.*?\)\??|\?", lambda _: ids.pop() if ids else "x", pattern),
    st.sampled_from([pattern.pattern for _, pattern, _, _ in ROUTES]),
    st.lists(st.sampled_from([*KNOWN, "missing", "%00"]), min_size=3, max_size=3),
) | st.sampled_from(oauth)


def asked(method: str, path: str, query: Mapping[str, str], body: Any) -> int:
    """Ask with a valid token, and return the status."""
    headers = {"authorization": f"Bearer {hub.token}", "version": "2021-07-28"}
    call = Call(method, path, dict(query), Headers(headers), body, NOON)
    return hub.handle(call).status


@settings(max_examples=examples(400), deadline=None)
@given(
    st.sampled_from(["GET", "POST", "PUT", "DELETE"]),
    paths,
    st.dictionaries(st.sampled_from(KEYS), texts, max_size=6),
    bodies,
)
def test_no_question_breaks_it(method: str, path: str, query: dict[str, str], body: Any) -> None:
    if path == f"/contacts/{ann}" and method == "DELETE":
        return  # she is needed
    status = asked(method, path, {"locationId": hub.location_id, **query}, body)
    assert 200 <= status < 500 or (status == 500 and path.endswith("/inbound"))  # an unknown provider, as documented


located = st.dictionaries(st.sampled_from(["filters", "sort", "searchAfter", "page", "query"]), values, max_size=4)


@settings(max_examples=examples(300), deadline=None)
@given(located, st.integers(1, 500))
def test_no_search_breaks_it(body: dict[str, Any], limit: int) -> None:
    status = asked("POST", "/contacts/search", {}, {"locationId": hub.location_id, "pageLimit": limit, **body})
    assert status in (200, 400, 422)


filters = st.recursive(
    st.fixed_dictionaries({"field": texts, "operator": texts, "value": values}),
    lambda inner: st.fixed_dictionaries({"group": st.sampled_from(["AND", "OR", "x"]), "filters": st.lists(inner)}),
    max_leaves=6,
)


@settings(max_examples=examples(300), deadline=None)
@given(st.lists(filters, max_size=3))
def test_no_filter_breaks_it(asks: list[dict[str, Any]]) -> None:
    body = {"locationId": hub.location_id, "pageLimit": 10, "filters": asks}
    assert asked("POST", "/contacts/search", {}, body) in (200, 400)


@pytest.mark.parametrize("body", [{"direction": ["inbound"]}, {"conversationProviderId": []}, {"contactId": {}}])
def test_a_recording_of_odd_shape_is_refused(body: dict[str, Any]) -> None:
    known = {"type": "SMS", "contactId": ann, "message": "Hi", "conversationProviderId": PROVIDER}
    assert asked("POST", "/conversations/messages/inbound", {}, {**known, **body}) == 422


@pytest.mark.parametrize("skip", ["a", "-1", "1.5", "", "²", "9" * 40])
def test_users_are_not_skipped_by_what_is_no_number(skip: str) -> None:
    assert asked("GET", "/users/search", {"companyId": "c", "skip": skip}, None) == 422


@pytest.mark.parametrize(
    "head",
    [b"GET / HTTP/1.1\r\nContent-Length: 12abc\r\n\r\n", b"G\xffT / HTTP/1.1\r\n\r\n", b"GET /\xe9 HTTP/1.1\r\n\r\n",
     b"POST /contacts/search HTTP/1.1\r\nContent-Length: -5\r\n\r\n"],
)  # fmt: skip
def test_a_head_that_is_none_is_refused(head: bytes) -> None:
    with GrowthHubSandbox() as sandbox:
        port = int(sandbox.url.rpartition(":")[2].partition("/")[0])
        with socket.create_connection(("127.0.0.1", port), timeout=30) as line:
            line.sendall(head)
            assert line.recv(100).startswith(b"HTTP/1.1 400")


def found(*asks: dict[str, Any]) -> set[str]:
    """Return the first names of the contacts that filters find."""
    body = {"locationId": hub.location_id, "pageLimit": 100, "filters": list(asks)}
    headers = {"authorization": f"Bearer {hub.token}", "version": "2021-07-28"}
    served = crowd.handle(Call("POST", "/contacts/search", {}, Headers(headers), body, NOON))
    assert served.status == 200, served.body
    return {row["firstName"] for row in served.body["contacts"]}


def asks(field: str, operator: str, value: Any = None) -> dict[str, Any]:
    return {"field": field, "operator": operator, **({} if value is None else {"value": value})}


crowd = GrowthHubSandbox(now=lambda: NOON)
score, topics = crowd.add_field("Score", "NUMERICAL"), crowd.add_field("Topics", "CHECKBOX")
crowd.add(firstName="Ann", email="ann@example.com", city="Rome", dndSettings={"Email": {"status": "active"}})
crowd.add(firstName="Bob", phone="+12025550123", tags=["vip"], dndSettings={"email": {"status": "permanent"}})
crowd.add(
    firstName="Cy", city="Romford", custom={"contact.score": 7, "contact.topics": ["a", "b"]},
    dndSettings={"SMS": {"status": "active"}}, inboundDndSettings={"all": {"status": "active"}},
)  # fmt: skip


@pytest.mark.parametrize(
    ("filters", "people"),
    [
        ([asks("dndSettings.Email.status", "eq", "active")], {"Ann"}),
        ([asks("dndSettings.Email.status", "exists")], {"Ann", "Bob"}),
        ([asks("dndSettings.Email.status", "not_exists")], {"Cy"}),
        ([asks("dndSettings.SMS.status", "not_eq", "active")], {"Ann", "Bob"}),
        ([asks("inboundDndSettings.all.status", "eq", "active")], {"Cy"}),
        ([asks("email", "not_exists")], {"Bob", "Cy"}),
        ([asks("email", "exists"), asks("city", "exists")], {"Ann"}),
        ([asks("city", "contains", "rom")], {"Ann", "Cy"}),
        ([asks("city", "eq", "rome")], {"Ann"}),
        ([asks("tags", "not_eq", "vip")], {"Ann", "Cy"}),
        ([asks(f"customFields.{score}", "range", {"gte": 7})], {"Cy"}),
        ([asks(f"customFields.{score}", "exists")], {"Cy"}),
        ([asks(f"customFields.{topics}", "eq", "b")], {"Cy"}),
        (
            [{"group": "OR", "filters": [asks("firstNameLowerCase", "eq", "ann"), asks("tags", "eq", "vip")]}],
            {"Ann", "Bob"},
        ),
        ([{"group": "OR", "filters": [asks("email", "eq", "ann@example.com"), asks("dnd", "eq", True)]}], {"Ann"}),
        (
            [{"group": "OR", "filters": [
                {"group": "AND", "filters": [asks("city", "exists"), asks("email", "not_exists")]},
                asks("phone", "eq", "+12025550123"),
            ]}],
            {"Bob", "Cy"},
        ),
        ([{"group": "OR", "filters": []}], set()),
        ([asks("email", "eq", "ann@example.com"), {"group": "OR", "filters": [asks("tags", "eq", "vip")]}], set()),
    ],
)  # fmt: skip
def test_filters_find_the_contacts_that_they_describe(filters: list[dict[str, Any]], people: set[str]) -> None:
    assert found(*filters) == people


@pytest.mark.parametrize(
    "wrong",
    [
        asks("contact_name", "eq", "Ann"), asks("firstName", "eq", "Ann"), asks("email", "contains", "ann"),
        asks("dateUpdated", "eq", "2026-03-01"), asks("city", "eq", "x" * 76), asks("city", "eq"),
        asks("dndSettings.Fax.status", "exists"), {"group": "XOR", "filters": []}, {"group": "OR"},
    ],
)  # fmt: skip
def test_filters_that_are_not_documented_are_refused(wrong: dict[str, Any]) -> None:
    assert (
        asked("POST", "/contacts/search", {}, {"locationId": hub.location_id, "pageLimit": 9, "filters": [wrong]})
        == 400
    )


def test_a_message_is_recorded_with_the_contact_alone() -> None:
    with GrowthHubSandbox(now=lambda: NOON) as sandbox:
        who = sandbox.add(firstName="Dee")
        headers = {"authorization": f"Bearer {sandbox.token}", "version": "2021-07-28"}
        body = {"type": "SMS", "contactId": who, "message": "Hi", "conversationProviderId": PROVIDER}

        def record(**said: Any) -> int:
            call = Call("POST", "/conversations/messages/inbound", {}, Headers(headers), {**body, **said}, NOON)
            return sandbox.handle(call).status

        assert record() == 201
        assert [one["body"] for one in sandbox.messages(who)] == ["Hi"]
        assert record(contactId="missing") == 400
        del body["contactId"]
        assert record() == 422
        assert sandbox.sends == 0
