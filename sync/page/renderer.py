"""Render pages from templates; every value is escaped and formatted for reading."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlencode

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.responses import HTMLResponse

from connectors.contact import Value
from sync import __version__
from sync.output.formats import WHOLE, time_text
from sync.output.text import counted, span_text
from sync.rules.contact_codec import from_ms
from sync.text_output.timeline import EVENTS, REASONS

FOLDER: Final = Path(__file__).parent
MINUTE: Final = 60


@cache
def environment() -> Environment:
    """Return the template environment; each template is read once."""
    templates = Environment(
        loader=FileSystemLoader(FOLDER / "templates"),
        autoescape=True,
        auto_reload=False,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    templates.filters |= {
        "span": span_text,
        "shown": shown,
        "counted": counted,
        "cut": cut,
        "moment": moment,
        "iso": iso,
        "local": local,
        "json": json.dumps,
        "from_ms": from_ms,
        "at": at,
        "rule": lambda rule: REASONS.get(rule, rule),
        "event": lambda rule: EVENTS.get(rule, rule),
        "query": lambda values: urlencode({name: value for name, value in values.items() if value}),
    }
    templates.globals |= {"WHOLE": WHOLE, "version": __version__}
    return templates


class Renderer:
    """Render pages from the templates."""

    def __init__(self) -> None:
        self._environment = environment()

    def render(self, name: str, status: int = 200, **facts: Any) -> HTMLResponse:
        """Return the page of the template with this name."""
        now = datetime.now(UTC)
        text = self._environment.get_template(f"{name}.html").render(now=now, here=name, **facts)
        return HTMLResponse(text, status)


def shown(value: Value | Sequence[str]) -> str:
    """Return a value as text; an empty value is ''."""
    if value is None:
        return ""
    return value if isinstance(value, str) else ", ".join(map(str, value))


def cut(text: str, longest: int) -> str:
    """Return at most so many characters of a text."""
    return text if len(text) <= longest else f"{text[:longest]}…"


def moment(value: str | datetime | None) -> datetime | None:
    """Return a time, parsed where it is a text of a document."""
    return datetime.fromisoformat(value) if isinstance(value, str) else value


def iso(value: str | datetime) -> str:
    """Return a time in ISO 8601."""
    return time_text(moment(value) or datetime.now(UTC))


def local(value: str | datetime, form: str) -> str:
    """Return a time in the zone of this machine, with its offset."""
    found = (moment(value) or datetime.now(UTC)).astimezone()
    offset = f"{found:%z}"
    return f"{found.strftime(form)} {offset[:3]}:{offset[3:5]}"


def at(value: str | datetime, now: datetime) -> str:
    """Return how long ago a time was, or how far ahead it is."""
    seconds = ((moment(value) or now) - now).total_seconds()
    if abs(seconds) < MINUTE:
        return "just now" if seconds <= 0 else "in less than a minute"
    text = span_text(abs(seconds) // MINUTE * MINUTE)
    return f"in {text}" if seconds > 0 else f"{text} ago"
