"""Routes and refusals of the GrowthHub sandbox, in the words of the API."""

import re
from collections.abc import Callable, Mapping
from typing import Final

from connectors.sandbox.base import SandboxResponse

Route = tuple[str, re.Pattern[str], str, Callable[..., SandboxResponse]]
"""A method, the pattern of a path, the scope that it needs, and the function that carries it out."""

LONG_NUMBER: Final = 10
"""Digits of a number that no call needs."""

_ERRORS = {
    400: "Bad Request",
    401: "Unauthorized",
    403: "Forbidden",
    404: "Not Found",
    422: "Unprocessable Entity",
    500: "Internal Server Error",
}


def routes(*calls: tuple[str, str, str, Callable[..., SandboxResponse]]) -> tuple[Route, ...]:
    """Return routes with compiled patterns."""
    return tuple((method, re.compile(pattern), scope, carry_out) for method, pattern, scope, carry_out in calls)


def number_in(query: Mapping[str, str], key: str, otherwise: int) -> int | None:
    """Return a number in a query, `otherwise` where it is missing, None where it is no number."""
    text = query.get(key)
    if text is None:
        return otherwise
    return int(text) if text.isascii() and text.isdigit() and len(text) < LONG_NUMBER else None


def refusal(status: int, message: str | list[str]) -> SandboxResponse:
    """Return a refusal as the API words it: one string, or an array under 422."""
    return SandboxResponse(status, {"statusCode": status, "message": message, "error": _ERRORS[status]})


def elsewhere() -> SandboxResponse:
    """Return the answer to the token of another location."""
    return refusal(403, "The token does not have access to this location.")


def unknown(what: str, record_id: str) -> SandboxResponse:
    """Return the answer for a contact, note or message that does not exist."""
    return refusal(400, f"{what} with id {record_id} not found")
