"""Check an Apollo account for `sync check`: key, search, stages, users, lists, custom fields.

Rules kept here: nothing is changed unless `fix` asks for it. Each problem comes with the endpoint that the key has to
cover: keys of Apollo are made for single endpoints.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Final

from connectors.apollo.rate_headers import rate_headers
from connectors.connector import Finding
from connectors.errors import AuthError, ConnectorError, RecordError, RecordGone, RecordRefused
from connectors.http.rate_headers import MOST_CALLS
from connectors.values import consent

if TYPE_CHECKING:
    from connectors.apollo.connector import Apollo

SCOPES: Final = {
    "search": "api/v1/contacts/search and api/v1/contacts/show",
    "write": "api/v1/contacts/create, update, bulk_create, bulk_update and update_stages, and "
    "api/v1/labels/add_entity_ids_to_label_names and remove_entity_ids_from_label_names",
    "stages": "api/v1/contact_stages/index",
    "users": "api/v1/users/search",
    "lists": "api/v1/labels/index",
    "fields": "api/v1/fields/index",
    "make fields": "api/v1/fields/create",
}
NO_CONTACT: Final = "000000000000000000000000"
"""An id that no contact has."""
FORBIDDEN: Final = 403
DAY: Final = 86_400.0


def findings(team: "Apollo", *, fix: bool) -> list[Finding]:
    """Return one finding per thing tried. With `fix`, missing custom fields are created. Raises TransientError."""
    search = _search(team)
    if not search.ok:
        return [search]
    for each in (team.stages, team.users, team.lists):
        each.forget()
    return [
        search,
        _stages(team),
        _tried("users readable, for the field owner", lambda: next(iter(team.client.list_users()), None), "users"),
        _tried("lists readable, for tags", team.client.list_labels, "lists"),
        *_custom_fields(team, fix=fix),
    ]


def writing(team: "Apollo") -> Finding:
    """Try each call that writes contacts, about none or one that does not exist: a key without the scope is refused."""
    what = "key may write contacts"
    tries: tuple[tuple[str, Callable[[], object]], ...] = (
        ("update", lambda: team.client.patch_contact(NO_CONTACT, {})),
        ("bulk_create", lambda: team.client.bulk_create([])),
        ("bulk_update", lambda: team.client.bulk_update([])),
        ("update_stages", lambda: team.client.update_stages([], NO_CONTACT)),
    )
    for endpoint, call in tries:
        problem = _refusal(what, endpoint, call)
        if problem is not None:
            return problem
    return Finding(what, ok=True)


def _refusal(what: str, endpoint: str, call: Callable[[], object]) -> Finding | None:
    """Return what is wrong with one endpoint, None where the key may use it."""
    mend = f"make a key that covers {SCOPES['write']} (or a master key), then run `sync check` again"
    try:
        call()
    except AuthError as error:
        return Finding(what, ok=False, problem=f"{endpoint}: {error.message}", mend=mend)
    except RecordRefused as error:
        if error.status == FORBIDDEN:
            return Finding(what, ok=False, problem=f"{endpoint}: {error.message}", mend=mend)
    except RecordGone:
        pass
    except ConnectorError as error:
        tell = "whether it may, only `sync check --probe` can tell"
        return Finding(what, ok=False, problem=error.message, mend=tell, fatal=False)
    return None


def _search(team: "Apollo") -> Finding:
    what = "key may search contacts"
    try:
        reply = team.client.search({"page": 1, "per_page": 1})
    except AuthError as error:
        mend = f"put a valid api_key into the config file; it has to cover {SCOPES['search']}"
        return Finding(what, ok=False, problem=error.message, mend=mend)
    return Finding(f"{what}{_limits(reply.headers)}", ok=True)


def _limits(headers: Mapping[str, str]) -> str:
    """Return the limits of the plan, as the headers of an answer state them, "" where they state none."""
    stated = rate_headers(headers)
    parts = [f"{stated.calls} calls a minute"] if stated.calls else []
    parts += [
        f"{span.calls} {'a day' if span.seconds >= DAY else 'an hour'}, {span.calls - span.used} left"
        for span in stated.spans
        if span.calls < MOST_CALLS
    ]
    return f"; its plan allows {', '.join(parts)}" if parts else ""


def _stages(team: "Apollo") -> Finding:
    what = f'stages readable, with a stage "{consent.STAGE}"'
    finding = _tried(what, team.client.list_stages, "stages")
    if not finding.ok or team.stages.id_of(consent.STAGE) is not None:
        return finding
    problem = f'there is no stage "{consent.STAGE}", so do_not_contact has no place'
    return Finding(what, ok=False, problem=problem, mend="add that stage at Apollo", fatal=False)


def _custom_fields(team: "Apollo", *, fix: bool) -> Iterator[Finding]:
    readable = _tried("custom fields readable", team.custom_fields.read, "fields")
    yield readable
    if not readable.ok:
        return
    what = "custom fields for everything that Apollo has no field of its own for"
    made = team.create_places(team.fields_to_create) if fix else []
    missing = team.missing_places(team.fields_to_create)
    if not missing:
        yield Finding(f"{what}{': made ' + ', '.join(made) if made else ''}", ok=True)
        return
    mend = (
        f"make a key that covers {SCOPES['make fields']}"
        if fix
        else f"sync check --fix, or leave it: a field is made when a first value needs it ({SCOPES['make fields']})"
    )
    problem = f"missing: {', '.join(missing)}"
    yield Finding(what, ok=False, problem=problem, mend=mend, fixable=not fix, fatal=False)


def _tried(what: str, ask: Callable[[], object], scope: str) -> Finding:
    try:
        ask()
    except (AuthError, RecordError) as error:
        mend = f"make a key that covers {SCOPES[scope]}"
        return Finding(what, ok=False, problem=error.message, mend=mend, fatal=False)
    return Finding(what, ok=True)
