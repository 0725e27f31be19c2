"""Decide whether a GrowthHub contact may be contacted, channel by channel (R38). Pure.

Rules kept here:
- `dnd` covers all channels and counts whatever the channels say: it was recorded as true with every channel inactive.
  An unsubscribe, a spam complaint or a hard bounce sets the channel "Email" alone, STOP the channel "SMS";
- a blocked channel counts where the config says so. All channels blocked one by one count as `dnd`;
- the answer to a create shows in `unsubscribeEmail` and `bounceEmail` what no later reading shows: the mapping keeps
  it.
"""

from collections.abc import Collection, Mapping
from typing import Any, Final

from connectors.records import Raw

EMAIL: Final = "email"
DEFAULT: Final = ("Email",)
"""The channels that count by default. GrowthGenius mainly sends e-mail."""

_BLOCKED: Final = frozenset({"active", "permanent", "true"})
_ALWAYS_SHOWN: Final = frozenset({"call", EMAIL, "sms"})
"""The channels that every location has. Fewer than these are not "all of them"."""

_CREATED_WITH: Final = ("unsubscribeEmail", "bounceEmail")


def channels(raw: Raw) -> dict[str, bool]:
    """Return for each channel that a record shows, in lower case, whether it is blocked."""
    settings = raw.get("dndSettings")
    shown = settings if isinstance(settings, Mapping) else {}
    return {str(name).casefold(): _is_blocked(one) for name, one in shown.items()}


def is_refused_at_creation(raw: Raw) -> bool:
    """Say whether the answer to a create shows that the address unsubscribed or bounced before."""
    return any(_is_true(raw.get(key)) for key in _CREATED_WITH)


def is_blocked(raw: Raw, counting: Collection[str], *, refused: bool = False) -> bool:
    """Say whether a channel that counts is blocked, or all channels are. `dnd` is not looked at.

    `refused` says that the address is known to have unsubscribed or bounced.
    """
    shown = channels(raw)
    email = {EMAIL} if refused or is_refused_at_creation(raw) else set()
    shut = {name for name, blocked in shown.items() if blocked} | email
    all_of_them = shut >= _ALWAYS_SHOWN and shut >= shown.keys()
    return all_of_them or not shut.isdisjoint(name.casefold() for name in counting)


def forbids(raw: Raw, counting: Collection[str], *, refused: bool = False) -> bool:
    """Say whether a contact may not be contacted."""
    return _is_true(raw.get("dnd")) or is_blocked(raw, counting, refused=refused)


def digested(raw: Raw) -> list[Any]:
    """Return the part of the digest for consent: `dnd` alone, for a contact without a blocked channel."""
    shown, refused = channels(raw), is_refused_at_creation(raw)
    return [sorted(shown.items()), refused] if refused or any(shown.values()) else []


def _is_blocked(one: Any) -> bool:
    status = one.get("status") if isinstance(one, Mapping) else one
    return str(status).strip().casefold() in _BLOCKED


def _is_true(value: Any) -> bool:
    return str(value).strip().casefold() == "true"
