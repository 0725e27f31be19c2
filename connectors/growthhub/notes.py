"""A message as a note: how it is written, and how it is known again. Pure.

Rules kept here:
- a note shows the subject, if there is one, a line that says what it was, who wrote it and when (in the zone of the
  location, with its abbreviation), the text, and as its last line the marker: "[growthgenius-message:393642]";
- people edit notes, and servers wrap them in HTML: the marker is found wherever it stands, the last one if a text
  quotes another (R6). People can also type one: it counts only beside the line that says what the message was and
  when, which no person types (R31). Without a marker a note is known by all the rest of what it shows;
- the zone of a location may change: a note is known by its time in any zone;
- a text that is too long for the server is cut with a line that says so, never the marker.
"""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from functools import lru_cache
from typing import Final
from urllib.parse import quote, unquote
from zoneinfo import ZoneInfo, available_timezones

from connectors.connector import Raw
from connectors.message import Message
from connectors.values import markup, message_text

TITLE_LENGTH: Final = 200
ID_PREFIX: Final = "note:"
KIND: Final = "note"

_LENGTH: Final = re.compile(
    r"too (?:long|large)|length|shorter|longer|at most|maximum|exceed|characters", re.IGNORECASE
)
_LIMIT: Final = re.compile(r"\d{3,}")
_TIME: Final = re.compile(r"(\d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2}) (?=(\S{1,6}))")
"""A time and where its abbreviation begins: HTML without line ends runs the text on right behind that."""

_FARTHEST: Final = timedelta(hours=14)
"""No place on earth has a time farther from UTC."""

_LARGEST: Final = 5000
"""Characters to try after a refusal that names no limit."""


def mark(source: str, message_id: str) -> str:
    """Return the marker of a copy: printable, without white space, whatever the id is."""
    return f"{source}-message:{quote(message_id, safe=':@+,=')}"


def marked(shown: str, source: str) -> str | None:
    """Return the id in the last marker in brackets that a text shows, None if there is none."""
    found = _marker(source).findall(message_text.comparable(shown))
    return unquote(found[-1]) if found else None


def id_in(shown: object, source: str) -> str | None:
    """Return the id in a marker that stands alone, None for anything else."""
    prefix = f"{source}-message:"
    return unquote(shown[len(prefix) :]) if isinstance(shown, str) and shown.startswith(prefix) else None


def zone(name: object) -> tzinfo:
    """Return the time zone of that name, UTC if it is unknown."""
    try:
        return ZoneInfo(str(name)) if name else UTC
    except (ValueError, OSError, LookupError):  # also the name of a folder, or one that is not of this machine
        return UTC


def title(original: Message) -> str:
    """Return the title of its note, one line."""
    return message_text.comparable(original.subject or _words(original.kind))[:TITLE_LENGTH]


def body(original: Message, source: str, where: tzinfo) -> str:
    """Return what the note of a whole message shows."""
    return f"{content(original, where)}\n\n[{mark(source, original.id)}]"


def content(original: Message, where: tzinfo) -> str:
    """Return the same without the marker."""
    return "\n\n".join(filter(None, (_head(original, where), message_text.tidy(original.text or ""))))


def shortened(original: Message, source: str, where: tzinfo, limit: int) -> str:
    """Return the note with as much of its text as fits in so many characters."""
    head, marker = _head(original, where), f"[{mark(source, original.id)}]"
    cut = f"(Cut here, a note takes no more: the whole text is at {source}.)"
    room = max(0, limit - len(head) - len(cut) - len(marker) - 3 * len("\n\n"))
    return "\n\n".join(filter(None, (head, message_text.tidy(original.text or "")[:room].rstrip(), cut, marker)))


def limit_in(complaints: tuple[str, ...], sent: str) -> int | None:
    """Return how many characters a note may have after it was refused, None if it was not for its length."""
    said = " ".join(complaints)
    if not _LENGTH.search(said):
        return None
    named = [int(each) for each in _LIMIT.findall(said)]
    return min([*named, _LARGEST, len(sent) // 2]) if not named or named[0] >= len(sent) else named[0]


def read(raw: Raw, contact_id: str, source: str) -> Message:
    """Return a note as the copy that it may be; its text is what it shows, the marker apart."""
    shown = _shown(raw)
    return Message(
        id=f"{ID_PREFIX}{raw['id']}",
        contact_id=str(raw.get("contactId") or contact_id),
        text=_without_marker(shown, source),
        kind=KIND,
        of=_marked(raw, shown, source),
    )


def shows(copy: Message, original: Message, where: tzinfo) -> bool:
    """Say whether a note is the copy of a whole message, with times in that zone, in UTC, or in an earlier zone.

    It is by its marker together with the line that says what it was, else by all that it shows. The zone of a location
    may have changed since the note was written, so that its time may be any in which some zone shows that moment.
    """
    if copy.of is not None and (copy.of != original.id or _has_said_line(copy, original)):
        return copy.of == original.id
    zones = (where, UTC, *filter(None, (_zone_shown(copy, original),)))
    expected = {content(original, each) for each in zones}
    expected |= {markup.readable(each) for each in expected}
    return any(message_text.same(copy.text, each) for each in expected)


def _has_said_line(copy: Message, original: Message) -> bool:
    """Say whether a note still shows the line that growthsync wrote; who wrote the message may have changed since."""
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
    """Yield the places where a text shows the moment of a message as some zone has it: offsets are whole minutes."""
    if original.sent_at is None:
        return
    wall = _wall(original.sent_at, UTC)
    for found in _TIME.finditer(shown):
        try:
            offset = datetime.fromisoformat(found[1]) - wall
        except ValueError:  # a person typed a day that there is not
            continue
        names = _offsets(original.sent_at.replace(second=0, microsecond=0))
        if abs(offset) <= _FARTHEST and any(
            offset == each and found[2].casefold().startswith(name) for each, name in names
        ):
            yield found


@lru_cache(maxsize=32)
def _offsets(moment: datetime) -> frozenset[tuple[timedelta, str]]:
    """Return what the zones of the world are from UTC at a moment, each with its abbreviation in lower case."""
    shown = (moment.astimezone(zone(name)) for name in _zone_names())
    return frozenset((each.utcoffset() or timedelta(), (each.tzname() or "").casefold()) for each in shown)


@lru_cache(maxsize=1)
def _zone_names() -> frozenset[str]:
    return frozenset({"UTC", *available_timezones()})


def _wall(moment: datetime, where: tzinfo) -> datetime:
    """Return what a clock in a zone shows, in whole seconds."""
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
    """Return what a note shows: its body, or the plain twin of one that is HTML."""
    written, twin = str(raw.get("body") or ""), raw.get("bodyText")
    if written and not markup.is_html(written):
        return message_text.tidy(written)
    return message_text.tidy(twin) if isinstance(twin, str) and twin.strip() else markup.readable(written)


def _marked(raw: Raw, shown: str, source: str) -> str | None:
    """Return the id in the marker of a note, wherever it has got to."""
    written, twin = str(raw.get("body") or ""), str(raw.get("bodyText") or "")
    if source.casefold() not in f"{written}{twin}{shown}".casefold():
        return None
    found = (marked(each, source) for each in (shown, twin, markup.readable(written), written))
    return next(filter(None, found), None)


def _marker(source: str) -> re.Pattern[str]:
    return re.compile(rf"\[\s*{re.escape(source)}-message\s*:\s*([^\[\]\s]+)\s*\]", re.IGNORECASE)


def _without_marker(shown: str, source: str) -> str:
    found = list(_marker(source).finditer(shown))
    return message_text.tidy(shown[: found[-1].start()] + shown[found[-1].end() :]) if found else shown
