"""Collect the facts of the first page: per connection its streams, daily counts, allowances and what is open."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from markupsafe import Markup

from state import daily_counts
from state.daily_counts import DailyCount
from state.database import Database
from state.heartbeat import is_daemon_running
from state.progress import progress_of
from state.schedule import planned_runs
from sync.config.model import Config, Connection
from sync.operations.status import status_of
from sync.page.charts import Series, chart, gauge, highest
from sync.page.daily_allowance import allowance
from sync.rules.contact_codec import from_ms

Document = dict[str, Any]

DAYS: Final = 14
STYLES: Final = ("first", "second", "third")
WRITTEN: Final = ("created", "updated", "deleted")


@dataclass(frozen=True, slots=True)
class ConnectionState:
    """The state of a connection as a word, with its sign and its CSS class."""

    style: str
    sign: str
    word: str


@dataclass(frozen=True, slots=True)
class ChartWithText:
    """A chart with its title, its legend and its numbers."""

    title: str
    drawn: Markup
    days: tuple[str, ...]
    series: tuple[Series, ...]
    highest: int


OK: Final = ConnectionState("good", "✓", "in sync")
HANGS: Final = ConnectionState("bad", "✕", "a run hangs")
VERDICTS: Final = {
    None: ConnectionState("calm", "…", "running"),
    "failed": ConnectionState("bad", "✕", "last run failed"),
    "guarded": ConnectionState("bad", "✕", "stopped by the guard"),
    "interrupted": ConnectionState("calm", "○", "interrupted"),
}


def overview(db: Database, config: Config, hanging: Iterable[str], now: datetime) -> Document:
    """Return the facts of the first page; `hanging` are the keys of streams that hang."""
    hung = {key.partition("/")[0] for key in hanging}
    document = status_of(db, config)
    return {
        "connections": [
            _connection(db, config, one, now, hangs=one["name"] in hung) for one in document["connections"]
        ],
        "conflicts": sum(one["conflicts"] for one in document["connections"]),
        "failures": sum(one["failures"] for one in document["connections"]),
    }


def verdict(status: Document) -> ConnectionState:
    """Return the state of a connection; problems that need a user come first."""
    run = status["last_run"]
    if run is None:
        return ConnectionState("calm", "○", "not run yet")
    if status.get("delayed"):
        return ConnectionState("bad", "✕", "delayed")
    if run["status"] in ("failed", "guarded"):
        return VERDICTS[run["status"]]
    if status["conflicts"] or status["failures"]:
        return ConnectionState("warn", "!", "needs a decision")
    return VERDICTS.get(run["status"], OK)


def _connection(db: Database, config: Config, status: Document, now: datetime, *, hangs: bool) -> Document:
    connection = config.connections[status["name"]]
    return status | {
        "accounts": (connection.left, connection.right),
        "verdict": HANGS if hangs else verdict(status),
        "streams": [_stream(db, config, status, name) for name in status["streams"]],
        "pictures": _pictures(db, connection, now),
        "allowances": [_allowance(db, connection, account, now) for account in (connection.left, connection.right)],
    }


def _stream(db: Database, config: Config, status: Document, name: str) -> Document:
    """Return the progress of a stream, and its next run where a daemon is running."""
    progress = progress_of(db, status["name"], name)
    planned = planned_runs(db) if is_daemon_running(config.state.path) else []
    following = next((one for one in planned if (one.connection, one.stream) == (status["name"], name)), None)
    covered = status["streams"][name]["covered_to"]
    return {
        "name": name,
        "lag_seconds": status["streams"][name]["lag_seconds"],
        "covered_to": covered,
        "ended_at": from_ms(progress.ended_ms or None) if progress else None,
        "compared_at": from_ms(progress.reconciled_ms or None) if progress else None,
        "next_at": from_ms(following.next_ms) if following else None,
        "delayed": following.delayed if following else "",
    }


def _allowance(db: Database, connection: Connection, account: str, now: datetime) -> Document:
    found = allowance(db, account, now.timestamp())
    title = f"Calls to {account} today: {found.used:,} of {found.limit or 0:,}"
    drawn = gauge(f"{connection.name}-{account}", title, found.used, found.limit) if found.limit else ""
    return {"account": account, "used": found.used, "limit": found.limit, "drawn": drawn}


def _pictures(db: Database, connection: Connection, now: datetime) -> list[ChartWithText]:
    today = int(now.timestamp() // 86400)
    numbers = range(today - DAYS + 1, today + 1)
    counted = daily_counts.counts_by_day(db, connection.name, numbers[0])
    days = tuple(_day(number) for number in numbers)
    accounts = (connection.left, connection.right)

    def series(name: str, style: str, wanted: Callable[[DailyCount], bool]) -> Series:
        return Series(name, style, tuple(_sum(counted, number, wanted) for number in numbers))

    read = [
        series(account, style, lambda one, account=account: (one.account, one.name) == (account, "read"))  # type: ignore[misc] # mypy knows no lambda with a default
        for account, style in zip(accounts, STYLES, strict=False)
    ]
    written = [
        series(name, style, lambda one, name=name: one.name == name)  # type: ignore[misc] # as above
        for name, style in zip(WRITTEN, STYLES, strict=True)
    ]
    return [
        _picture(f"{connection.name}-read", "Records read", days, read),
        _picture(f"{connection.name}-written", "Records written", days, written),
    ]


def _picture(key: str, title: str, days: tuple[str, ...], series: Sequence[Series]) -> ChartWithText:
    return ChartWithText(title, chart(key, title, days, series), days, tuple(series), highest(series))


def _sum(counted: Sequence[tuple[int, DailyCount]], day: int, wanted: Callable[[DailyCount], bool]) -> int:
    return sum(one.count for at, one in counted if at == day and wanted(one))


def _day(number: int) -> str:
    moment = datetime.fromtimestamp(0, UTC) + timedelta(days=number)
    return f"{moment:%d %b}".lstrip("0")
