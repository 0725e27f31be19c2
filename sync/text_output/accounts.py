"""Accounts and their tokens as lines of text."""

from collections.abc import Iterator, Mapping
from typing import Any

from sync.output.text import indented, printable, time_shown

Document = Mapping[str, Any]


def check_lines(document: Document) -> Iterator[str]:
    """Yield each account, with what works and what does not."""
    for account in document["accounts"]:
        yield f"{account['account']} ({account['connector']}): {'ok' if account['ok'] else 'does not work'}"
        for finding in account["findings"]:
            yield from indented(_finding_lines(finding))


def token_lines(document: Document) -> Iterator[str]:
    """Yield until when the token of each account is valid, and what it lacks."""
    if not document["accounts"]:
        yield "no account uses OAuth"
    for one in document["accounts"]:
        yield f"{one['account']}: {printable(one['problem'])}" if one["problem"] else _token_line(one)
        if one["missing_scopes"]:
            yield f"  scopes that the consent did not grant: {', '.join(one['missing_scopes'])}"


def logout_lines(document: Document) -> Iterator[str]:
    """Yield what a log-out did, and what is left to do at the system."""
    if not document["removed"]:
        yield f"{document['account']}: there was no token to delete"
        return
    yield f"{document['account']}: the token is deleted; the app is still installed in the account, uninstall it there"


def _finding_lines(finding: Document) -> Iterator[str]:
    if finding["ok"]:
        yield f"ok    {printable(finding['what'])}"
        return
    yield f"{'wrong' if finding['fatal'] else 'note '} {printable(finding['what'])}: {printable(finding['problem'])}"
    if finding["mend"]:
        yield f"      {printable(finding['mend'])}"
    if finding["fixable"]:
        yield "      or have it created: sync check --fix"


def _expiry(one: Document) -> str:
    return time_shown(one["expires_at"]) if one["expires_at"] else "it is refused"


def _token_line(one: Document) -> str:
    until = f"{'valid until' if one['state'] == 'good' else 'expired at'} {_expiry(one)}"
    company = f" of company {one['company_id']}" if one["kind"] == "Company" else ""
    renewal = "renewed automatically" if one["refreshable"] else f"then log in again: sync auth login {one['account']}"
    return f"{one['account']}: token of location {one['location_id']}{company}, {until}, {renewal}"
