"""Collect the facts of the first page: per connection its streams, daily counts, allowances and what is open."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from markupsafe import Markup

from state import daily_counts
from state.daily_counts import DailyCount
from state.database import Database
from state.heartbeat import is_daemon_running
from state.progress import progress_of
from state.schedule import PlannedRun, planned_runs
from sync.config.model import Config, Connection
from sync.operations.contact_lists import contact_counts
from sync.operations.status import status_of
from sync.page.charts import Series, chart, gauge, highest
from sync.page.daily_allowance import allowance
from sync.rules.contact_codec import from_ms

Document = dict[str, Any]
NextRuns = Mapping[tuple[str, str], PlannedRun]

PAGE: Final = 50
FEW: Final = 3
"""Up to so many connections the first page shows in full; of more, it shows a row each."""
TITLES: Final = {
    "in-sync": "In sync",
    "waiting": "Waiting",
    "left-out": "Left out",
    "parked": "Parked",
    "failures": "Failing",
    "conflicts": "In conflict",
    "fights": "Frozen fights",
    "held": "Held",
    "deleted": "Deleted on one side",
}
"""The numbers of a connection. Each has a list."""
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
class Wanted:
    """Which connections are to be shown: a part of the name, and how many of the found ones come before."""

    part: str = ""
    start: int = 0


@dataclass(frozen=True, slots=True)
class Number:
    """A number of contacts, and the address of its list."""

    kind: str
    title: str
    count: int
    address: str


@dataclass(frozen=True, slots=True)
class ChartWithText:
    """A chart with its title, its legend and its numbers."""

    title: str
    drawn: Markup
    days: tuple[str, ...]
    series: tuple[Series, ...]
    highest: int


OK: Final = ConnectionState("good", "✓", "in sync")
RUNNING: Final = ConnectionState("calm", "…", "running")
NEVER_RAN: Final = ConnectionState("calm", "○", "not run yet")
STANDING: Final = {
    "paused": ConnectionState("calm", "○", "paused"),
    "waiting": ConnectionState("warn", "!", "waits for your approval"),
    "progress": RUNNING,
    "delayed": ConnectionState("bad", "✕", "delayed"),
}
"""States that come before that of the last run, by the key of `sync status`."""
HANGS: Final = ConnectionState("bad", "✕", "a run hangs")
VERDICTS: Final = {
    None: RUNNING,
    "failed": ConnectionState("bad", "✕", "last run failed"),
    "guarded": ConnectionState("bad", "✕", "stopped by the guard"),
    "interrupted": ConnectionState("calm", "○", "interrupted"),
}


def overview(db: Database, config: Config, hanging: Iterable[str], now: datetime, wanted: Wanted) -> Document:
    """Return the facts of the first page: at most PAGE connections, in full where there are few, else as rows."""
    names = [name for name in config.connections if wanted.part.casefold() in name.casefold()]
    shown = names[wanted.start : wanted.start + PAGE]
    few = len(config.connections) <= FEW
    return {
        "connections": connection_facts(db, config, shown, hanging, now, in_full=few),
        "few": few,
        "wanted": wanted,
        "found": len(names),
        "more": wanted.start + PAGE if len(names) > wanted.start + PAGE else 0,
    }


def connection_facts(
    db: Database, config: Config, names: Sequence[str], hanging: Iterable[str], now: datetime, *, in_full: bool
) -> list[Document]:
    """Return what is shown of these connections; `hanging` are the keys of streams that hang."""
    hung = {key.partition("/")[0] for key in hanging}
    part = _part_of(config, names)
    planned = planned_runs(db) if is_daemon_running(config.state.path) else []
    next_runs = {(one.connection, one.stream): one for one in planned if one.connection in part.connections}
    found = []
    for status in status_of(db, part)["connections"]:
        facts = _standing(db, config, status, hangs=status["name"] in hung)
        found.append(facts | _details(db, config, status, next_runs, now) if in_full else facts)
    return found


def _part_of(config: Config, names: Sequence[str]) -> Config:
    """Return the config with these connections and their accounts alone, so that no query is about the others."""
    kept = {name: config.connections[name] for name in names}
    accounts = {name for one in kept.values() for name in (one.left, one.right)}
    return config.model_copy(
        update={
            "connections": kept,
            "accounts": {name: one for name, one in config.accounts.items() if name in accounts},
        }
    )


def verdict(status: Document) -> ConnectionState:
    """Return the state of a connection: what a user has set, then problems that need a user."""
    standing = next((state for key, state in STANDING.items() if status.get(key)), None)
    run = status["last_run"]
    if standing is not None or run is None:
        return standing or NEVER_RAN
    if run["status"] in ("failed", "guarded"):
        return VERDICTS[run["status"]]
    if status["conflicts"] or status["failures"]:
        return ConnectionState("warn", "!", "needs a decision")
    return VERDICTS.get(run["status"], OK)


def _standing(db: Database, config: Config, status: Document, *, hangs: bool) -> Document:
    connection = config.connections[status["name"]]
    return status | {
        "accounts": (connection.left, connection.right),
        "verdict": HANGS if hangs else verdict(status),
        "numbers": [
            Number(kind, TITLES[kind], count, _address(status["name"], kind))
            for kind, count in contact_counts(db, status["name"], status).items()
        ],
    }


def _address(connection: str, kind: str) -> str:
    """Return the address of the list behind a number."""
    if kind in ("conflicts", "failures"):
        return f"/{kind}?connection={connection}"
    return f"/connections/{connection}/contacts/{kind}"


def _details(db: Database, config: Config, status: Document, next_runs: NextRuns, now: datetime) -> Document:
    connection = config.connections[status["name"]]
    return {
        "streams": [_stream(db, next_runs, status, name) for name in status["streams"]],
        "pictures": _pictures(db, connection, now),
        "allowances": [_allowance(db, connection, account, now) for account in (connection.left, connection.right)],
    }


def _stream(db: Database, next_runs: NextRuns, status: Document, name: str) -> Document:
    """Return the progress of a stream, and its next run where a daemon is running."""
    progress = progress_of(db, status["name"], name)
    following = next_runs.get((status["name"], name))
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
