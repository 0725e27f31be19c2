"""Check a GrowthHub account for `sync check`: token, search, custom fields, users, settings, messages.

Rules kept here: nothing is changed unless `fix` asks for it. A token without `locations.readonly` is sufficient if it
can search contacts. Each problem comes with its remedy.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Final, Protocol

from connectors.connector import Finding
from connectors.errors import AuthError, ConnectorError, RecordError, RecordGone, RecordRefused
from connectors.growthhub.client import GrowthHubClient
from connectors.growthhub.custom_fields import PLACES, CustomFields
from connectors.growthhub.location import Location, LocationUsers
from connectors.growthhub.messages import GrowthHubMessages
from connectors.growthhub.scopes import SCOPES
from connectors.growthhub.search import Search
from connectors.growthhub.tag_groups import TagGroups

NO_CONTACT: Final = "growthsync-no-such-contact"
"""An id that no contact has."""

FORBIDDEN: Final = 403

_ELSEWHERE: Final = "does not have access to this location"


class CheckedLocation(Protocol):
    """What a check asks of a connector (connectors.growthhub.connector.GrowthHub)."""

    client: GrowthHubClient
    custom_fields: CustomFields
    directory: LocationUsers
    groups: TagGroups
    has_messages: bool
    location: Location
    login: str
    message_store: GrowthHubMessages
    search: Search

    def create_places(self, names: frozenset[str]) -> Sequence[str]:
        """Create the custom fields that these fields lack, and return their keys."""


def findings(hub: CheckedLocation, *, fix: bool) -> list[Finding]:
    """Return one finding per thing tried. With `fix`, missing custom fields are created. Raises TransientError."""
    contacts = _contacts(hub)
    if not contacts.ok:
        return [contacts]
    hub.custom_fields.forget()
    hub.directory.forget()
    messages = _messages(hub) if hub.has_messages else ()
    return [contacts, *_location(hub), *_custom_fields(hub, fix=fix), _users(hub), *messages]


def _contacts(hub: CheckedLocation) -> Finding:
    what = f"token may search the contacts of location {hub.client.location_id}"
    try:
        hub.search.ask({"pageLimit": 1})
    except AuthError as error:
        return Finding(what, ok=False, problem=error.message, mend=_mend(hub, error))
    return Finding(what, ok=True)


def writing(hub: CheckedLocation) -> Finding:
    """Try to change a contact that does not exist: a token without the scope is refused before that is noticed.

    It is not documented that the scope is checked first. An answer that means neither is no proof either way.
    """
    what = "token may write contacts"
    mend = f"give the token the scope {SCOPES['write']}, then run `sync check` again"
    try:
        hub.client.update_contact(NO_CONTACT, {})
    except AuthError as error:
        return Finding(what, ok=False, problem=error.message, mend=mend)
    except RecordRefused as error:
        if error.status == FORBIDDEN:
            return Finding(what, ok=False, problem=error.message, mend=mend)
    except RecordGone:
        pass
    except ConnectorError as error:
        tell = "whether it may, only `sync check --probe` can tell"
        return Finding(what, ok=False, problem=error.message, mend=tell, fatal=False)
    return Finding(what, ok=True)


def _may_make_fields(hub: CheckedLocation) -> bool:
    """Say whether the token may create custom fields, by asking for one without name and type."""
    try:
        hub.client.ask_for_unnamed_field()
    except AuthError:
        return False
    except ConnectorError:
        return True
    return True


def _mend(hub: CheckedLocation, error: AuthError) -> str:
    if hub.login:
        return f"log in again, with the location {hub.client.location_id} and all scopes: {hub.login}"
    if _ELSEWHERE in error.message:
        return (
            f"the token belongs to another location than {hub.client.location_id}: correct location_id, or make a "
            "private integration token in that location"
        )
    return (
        "make a new private integration token in the location (Settings > Private Integrations) with the scopes "
        f"{SCOPES['contacts']}, and put it where the config's token points to"
    )


def _location(hub: CheckedLocation) -> Iterator[Finding]:
    what = "location settings readable"
    try:
        record = hub.location.read()
    except ConnectorError as error:
        mend = f"give the token the scope {SCOPES['location']}; without it, settings and owners are not known"
        yield Finding(what, ok=False, problem=error.message, mend=mend, fatal=False)
        return
    yield Finding(what, ok=True)
    settings = record.get("settings")
    if isinstance(settings, dict) and settings.get("allowDuplicateContact") is True:
        yield Finding(
            "location refuses duplicate contacts",
            ok=False,
            problem="allowDuplicateContact is on: the location does not stop a contact from being created twice",
            mend="turn off Settings > Business Profile > Allow Duplicate Contact, unless it is wanted",
            fatal=False,
        )


def _custom_fields(hub: CheckedLocation, *, fix: bool) -> Iterator[Finding]:
    what = "custom fields readable"
    try:
        hub.custom_fields.read()
    except AuthError as error:
        mend = f"give the token the scope {SCOPES['fields']}; without it, only native fields are kept in sync"
        yield Finding(what, ok=False, problem=error.message, mend=mend, fatal=False)
        return
    yield Finding(what, ok=True)
    yield _places(hub, fix=fix)


def _places(hub: CheckedLocation, *, fix: bool) -> Finding:
    what = "custom fields for everything that GrowthHub has no field of its own for"
    names = frozenset(PLACES) - hub.groups.names
    made = hub.create_places(names) if fix else []
    missing = [key for name, key in hub.custom_fields.keys.items() if name not in hub.custom_fields.places]
    if not missing:
        return Finding(f"{what}{': made ' + ', '.join(made) if made else ''}", ok=True)
    may = fix or _may_make_fields(hub)
    mend = (
        f"give the token the scope {SCOPES['make fields']}"
        if fix or not may
        else "sync check --fix, or leave it: a field is made when a first value needs it "
        f"(scope {SCOPES['make fields']})"
    )
    problem = f"missing: {', '.join(dict.fromkeys(missing))}"
    return Finding(what, ok=False, problem=problem, mend=mend, fixable=may and not fix, fatal=False)


def _users(hub: CheckedLocation) -> Finding:
    what = "users readable, for the field owner"
    if hub.directory.is_readable():
        return Finding(what, ok=True)
    return Finding(
        what,
        ok=False,
        problem="no users are shown to this token",
        mend=f"give the token the scopes {SCOPES['users']} and {SCOPES['location']}, else owners do not travel",
        fatal=False,
    )


def _messages(hub: CheckedLocation) -> Iterator[Finding]:
    """Try what messages need. Whether the token may record in conversations cannot be tried without doing it."""
    client, style = hub.message_store.client, hub.message_store.style
    yield _tried(
        "messages readable",
        lambda: client.export_messages({"limit": "10"}),
        f"give the token the scope {SCOPES['messages']}; without it, what is said at GrowthHub stays there",
    )
    if not style.as_note:
        yield _tried(
            "conversations readable, to record messages in them",
            lambda: client.search_conversations({"limit": "1"}),
            f"give the token the scopes {SCOPES['conversations']}, or keep messages as notes "
            '(as = "note" needs contacts.write alone)',
        )


def _tried(what: str, ask: Callable[[], object], mend: str) -> Finding:
    try:
        ask()
    except (AuthError, RecordError) as error:
        return Finding(what, ok=False, problem=error.message, mend=mend, fatal=False)
    return Finding(what, ok=True)
