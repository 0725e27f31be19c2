"""What `sync check` tries of a Whautomate account."""

from collections.abc import Iterator
from typing import Final

from connectors.connector import Finding
from connectors.errors import AuthError, ConnectorError, RecordGone, RecordRefused
from connectors.whautomate.client import WhautomateClient
from connectors.whautomate.envelope import identity

ONLY_PROBE: Final = "whether it may, only `sync check --probe` can tell"
NO_CONTACT: Final = "000000000000000000000000"
"""An id that no contact has."""
PROBE_BODY: Final = {"name": "", "phoneNumber": ""}
FORBIDDEN: Final = 403


def check_account(client: WhautomateClient, location_id: str, *, messages: bool) -> Iterator[Finding]:
    """Yield whether the key opens the contacts and, if wanted, their messages, and whether the location exists."""
    try:
        found = client.list_page(1, 1).rows.records
    except AuthError as error:
        mend = "put a valid api_key into the config file, and the host that your account shows into base_url"
        yield Finding("contacts", ok=False, problem=error.message, mend=mend)
        return
    except ConnectorError as error:
        yield Finding("contacts", ok=False, problem=error.message, mend="look at base_url; try again later")
        return
    yield Finding("contacts", ok=True)
    yield _location(client, location_id)
    if messages and found:
        yield _messages(client, identity(found[0]))


def check_writing(client: WhautomateClient) -> Finding:
    """Try to change a contact that does not exist: a key that may not write is refused before that is noticed."""
    what, mend = "key may write contacts", "make a key that may write contacts"
    try:
        client.put_contact(NO_CONTACT, PROBE_BODY)
    except AuthError as error:
        return Finding(what, ok=False, problem=error.message, mend=mend)
    except RecordRefused as error:
        if error.status == FORBIDDEN:
            return Finding(what, ok=False, problem=error.message, mend=mend)
    except RecordGone:
        pass
    except ConnectorError as error:
        return Finding(what, ok=False, problem=error.message, mend=ONLY_PROBE, fatal=False)
    return Finding(what, ok=True)


def _messages(client: WhautomateClient, contact_id: str) -> Finding:
    try:
        client.read_messages(contact_id)
    except ConnectorError as error:
        mend = "messages do not travel; ask Whautomate whether the key may read them"
        return Finding("messages", ok=False, problem=error.message, mend=mend, fatal=False)
    return Finding("messages", ok=True)


def _location(client: WhautomateClient, location_id: str) -> Finding:
    what = "the location"
    try:
        known = {str(each.get("id")): str(each.get("title") or each.get("name") or "") for each in client.locations()}
    except ConnectorError as error:
        mend = "nothing, if contacts are created; else look at location_id"
        return Finding(what, ok=False, problem=error.message, mend=mend, fatal=False)
    if location_id in known:
        return Finding(what, ok=True)
    shown = ", ".join(f"{each} ({title})" for each, title in known.items()) or "none"
    return Finding(
        what,
        ok=False,
        problem=f"{location_id} is none of this account: {shown}",
        mend="put one of them into location_id",
    )
