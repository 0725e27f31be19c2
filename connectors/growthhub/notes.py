"""Write a message as the text of a note, and recognise such notes. Pure.

Rules kept here:
- a note shows the subject, a line with kind, author and time (in the zone of the location, with its abbreviation), the
  text, and as its last line the marker: "[growthgenius-message:393642]";
- people edit notes, and servers wrap them in HTML. The marker is found anywhere, the last one where a text quotes
  another (R6). A person can type a marker, so it counts only beside the line with kind and time, which no person types
  (R31). Without a marker a note is recognised by the rest of its content;
- the zone of a location may change: a note is recognised by its time in any zone;
- the marker names the system of the original, and its account where several of them share the contact. A note with the
  marker of another account and with the content of the message is its copy all the same: it came by another way;
- a text that is too long is cut, with a line that says so. The marker is never cut.
"""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from functools import lru_cache
from typing import Final
from urllib.parse import quote, unquote
from zoneinfo import ZoneInfo, available_timezones

from connectors.message import Message
from connectors.records import Raw
from connectors.values import markup, message_text

TITLE_LENGTH: Final = 200
ID_PREFIX: Final = "note:"
KIND: Final = "note"

_LENGTH: Final = re.compile(
    r"too (?:long|large)|length|shorter|longer|at most|maximum|exceed|characters", re.IGNORECASE
)
_LIMIT: Final = re.compile(r"\d{3,}")
_TIME: Final = re.compile(r"(\d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2}) (?=(\S{1,6}))")
"""A time and the start of its zone abbreviation. HTML without line ends joins the text directly to it."""

_CUT_SAID: Final = "(Cut here, a note takes no more: the whole text is at "
_CUT: Final = re.compile(rf" ?{re.escape(_CUT_SAID)}[^()]*\.\)$")

_ANY_MARK: Final = re.compile(r"[a-z]+(?:-[0-9a-f]{10})?-message:\S+$")
"""The marker of any account (connectors.source_id.SourceAccount.name)."""

_FOREIGN_END: Final = re.compile(r"\[[a-z]+(?:-[0-9a-f]{10})?-message:[^\[\]\s]+\]\s*$")
"""A marker of any account at the end of a note."""

_FARTHEST: Final = timedelta(hours=14)
"""No place on earth has a time farther from UTC."""

_LARGEST: Final = 5000
"""Characters to try after a refusal that names no limit."""


def mark(source: str, message_id: str) -> str:
    """Return the marker of a copy: printable and without white space, for any id."""
    return f"{source}-message:{quote(message_id, safe=':@+,=')}"


def marked(shown: str, source: str) -> str | None:
    """Return the id in the last marker in brackets in a text, None if there is none."""
    found = _marker(source).findall(message_text.comparable(shown))
    return unquote(found[-1]) if found else None


def id_in(shown: object, source: str) -> str | None:
    """Return the id in a marker that stands alone, None for anything else."""
    prefix = f"{source}-message:"
    return unquote(shown[len(prefix) :]) if isinstance(shown, str) and shown.startswith(prefix) else None


def is_foreign_mark(shown: object, source: str) -> bool:
    """Say whether a text is the marker of a copy that another connection recorded."""
    return isinstance(shown, str) and bool(_ANY_MARK.match(shown)) and id_in(shown, source) is None


def zone(name: object) -> tzinfo:
    """Return the time zone with that name, UTC if it is unknown."""
    try:
        return ZoneInfo(str(name)) if name else UTC
    except (ValueError, OSError, LookupError):
        # ZoneInfo raises these for the name of a folder, and for zones that this machine lacks.
        return UTC


def title(original: Message) -> str:
    """Return the title of the note of a message, one line."""
    return message_text.comparable(original.subject or _words(original.kind))[:TITLE_LENGTH]


def body(original: Message, source: str, where: tzinfo) -> str:
    """Return the text of the note of a message, with the marker."""
    return f"{content(original, where)}\n\n[{mark(source, original.id)}]"


def content(original: Message, where: tzinfo) -> str:
    """Return the text of the note of a message, without the marker."""
    return "\n\n".join(filter(None, (_head(original, where), message_text.tidy(original.text or ""))))


def shortened(original: Message, source: str, where: tzinfo, limit: int) -> str:
    """Return the note with as much of the message as fits into `limit` characters."""
    head, marker = _head(original, where), f"[{mark(source, original.id)}]"
    cut = f"{_CUT_SAID}{source}.)"
    room = max(0, limit - len(head) - len(cut) - len(marker) - 3 * len("\n\n"))
    return "\n\n".join(filter(None, (head, message_text.tidy(original.text or "")[:room].rstrip(), cut, marker)))


def limit_in(complaints: tuple[str, ...], sent: str) -> int | None:
    """Return the number of characters that a refused note may have, None if it was not refused for its length."""
    said = " ".join(complaints)
    if not _LENGTH.search(said):
        return None
    named = [int(each) for each in _LIMIT.findall(said)]
    return min([*named, _LARGEST, len(sent) // 2]) if not named or named[0] >= len(sent) else named[0]


def read(raw: Raw, contact_id: str, source: str) -> Message:
    """Return a note as a message that may be a copy. Its text is what the note shows, without the marker."""
    shown = _shown(raw)
    return Message(
        id=f"{ID_PREFIX}{raw['id']}",
        contact_id=str(raw.get("contactId") or contact_id),
        text=_without_marker(shown, source),
        kind=KIND,
        of=_marked(raw, shown, source),
    )


def shows(copy: Message, original: Message, where: tzinfo) -> bool:
    """Say whether a note is the copy of a message, with times in zone `where`, in UTC, or in an earlier zone.

    The marker counts together with the line of kind and time, else all of the content. The zone of a location may have
    changed since the note was written, so the time may be that of any zone.
    """
    if copy.of is not None and (copy.of != original.id or _has_said_line(copy, original)):
        return copy.of == original.id
    zones = (where, UTC, *filter(None, (_zone_shown(copy, original),)))
    expected = {content(original, each) for each in zones}
    expected |= {markup.readable(each) for each in expected}
    shown = message_text.comparable(copy.text or "")
    head = min(len(message_text.comparable(_head(original, each))) for each in zones)
    return any(_shows_text(shown, message_text.comparable(each), head) for each in expected)


def _shows_text(shown: str, expected: str, head: int) -> bool:
    """Say whether a note shows a text, or was cut and shows its beginning, past the `head` of so many characters."""
    cut = _CUT.search(shown)
    is_beginning = cut is not None and cut.start() >= max(1, head) and expected.startswith(shown[: cut.start()])
    return shown == expected or is_beginning


def _has_said_line(copy: Message, original: Message) -> bool:
    """Say whether a note still shows the line that growthsync wrote. Its author part may have changed since."""
    kind = re.escape(_words(original.kind).casefold())
    before = rf"{kind} · (?:[^·]* · )?$" if kind else "$"
    shown = message_text.comparable(copy.text or "").casefold()
    return any(re.search(before, shown[: found.start()]) for found in _times_in(shown, original))


def _zone_shown(copy: Message, original: Message) -> tzinfo | None:
    """Return the zone in which a note shows the time of a message, None where it does not show it."""
    for found in _times_in(message_text.comparable(copy.text or ""), original):
        offset = datetime.fromisoformat(found[1]) - _wall(original.sent_at, UTC) if original.sent_at else timedelta()
        return timezone(offset, found[2].split()[0])
    return None


def _times_in(shown: str, original: Message) -> Iterator[re.Match[str]]:
    """Yield the places where a text shows the moment of a message in some zone. Offsets are whole minutes."""
    if original.sent_at is None:
        return
    wall = _wall(original.sent_at, UTC)
    for found in _TIME.finditer(shown):
        try:
            offset = datetime.fromisoformat(found[1]) - wall
        except ValueError:
            # A person typed an impossible date.
            continue
        names = _offsets(original.sent_at.replace(second=0, microsecond=0))
        if abs(offset) <= _FARTHEST and any(
            offset == each and found[2].casefold().startswith(name) for each, name in names
        ):
            yield found


@lru_cache(maxsize=32)
def _offsets(moment: datetime) -> frozenset[tuple[timedelta, str]]:
    """Return the UTC offsets of all zones at a moment, each with its abbreviation in lower case."""
    shown = (moment.astimezone(zone(name)) for name in _zone_names())
    return frozenset((each.utcoffset() or timedelta(), (each.tzname() or "").casefold()) for each in shown)


@lru_cache(maxsize=1)
def _zone_names() -> frozenset[str]:
    return frozenset({"UTC", *available_timezones()})


def _wall(moment: datetime, where: tzinfo) -> datetime:
    """Return the local time in a zone, in whole seconds."""
    return moment.astimezone(where).replace(tzinfo=None, microsecond=0)


def _head(original: Message, where: tzinfo) -> str:
    said = (_words(original.kind), _who(original), _when(original, where))
    lines = (message_text.comparable(original.subject or ""), " · ".join(filter(None, said)))
    return "\n".join(filter(None, lines))


def _words(kind: str) -> str:
    return message_text.comparable(kind.replace("_", " "))


def _who(original: Message) -> str:
    if original.flow == "inbound":
        return f"to {original.owner}" if original.owner else "from the contact"
    return original.owner or ""


def _when(original: Message, where: tzinfo) -> str:
    return original.sent_at.astimezone(where).strftime("%Y-%m-%d %H:%M:%S %Z") if original.sent_at else ""


def _shown(raw: Raw) -> str:
    """Return what a note shows: its body, or the plain twin of an HTML body."""
    written, twin = str(raw.get("body") or ""), raw.get("bodyText")
    if written and not markup.is_html(written):
        return message_text.tidy(written)
    return message_text.tidy(twin) if isinstance(twin, str) and twin.strip() else markup.readable(written)


def _marked(raw: Raw, shown: str, source: str) -> str | None:
    """Return the id in the marker of a note, wherever it is."""
    written, twin = str(raw.get("body") or ""), str(raw.get("bodyText") or "")
    if source.casefold() not in f"{written}{twin}{shown}".casefold():
        return None
    found = (marked(each, source) for each in (shown, twin, markup.readable(written), written))
    return next(filter(None, found), None)


def _marker(source: str) -> re.Pattern[str]:
    return re.compile(rf"\[\s*{re.escape(source)}-message\s*:\s*([^\[\]\s]+)\s*\]", re.IGNORECASE)


def _without_marker(shown: str, source: str) -> str:
    found = list(_marker(source).finditer(shown)) or list(_FOREIGN_END.finditer(shown))
    return message_text.tidy(shown[: found[-1].start()] + shown[found[-1].end() :]) if found else shown
