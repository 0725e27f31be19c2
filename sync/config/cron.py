"""Check the crontab line of a connection when the config file is read, not when the daemon runs by it.

cronsim reads the line as Debian's cron does: weekdays count from Sunday, which is 0 and 7; where both day and weekday
are restricted, either of them is enough. The daemon and the timers of systemd start from what is read here.
"""

import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from cronsim import CronSim

CRON_HELP = 'five fields of a crontab: minute, hour, day, month, weekday, like "*/5 * * * *"'

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_ALLOWED: Final = {
    "Bad minute": "the minute goes from 0 to 59",
    "Bad hour": "the hour goes from 0 to 23",
    "Bad day-of-month": "the day goes from 1 to 31",
    "Bad month": "the month goes from 1 to 12",
    "Bad day-of-week": "the weekday goes from 0 to 7",
}
"""What each field allows, by cronsim's complaint about it, in the order of the line."""

_PLAIN: Final = re.compile(r"(?:[-*,/\d]|\b[a-z]{3}\b)+", re.ASCII)
_ONE_NUMBER: Final = re.compile(r"(?<![\w-])0*(\w+)-0*\1/\d+")


def check_cron(text: str) -> str:
    """Return the line as it is. Raises ValueError with a text that says what is allowed."""
    parse_cron(text)
    return text


def parse_cron(text: str) -> "CronSim":
    """Return the moments of the line, as sets of numbers. Raises ValueError with a text that says what is allowed."""
    from cronsim import CronSim, CronSimError  # only where a connection has such a line

    # cronsim takes "10-10/5" for "10/5", which goes on to the end of the hour. Cron means 10 alone.
    parts = _ONE_NUMBER.sub(r"\1", text.lower()).split()
    if len(parts) != len(_ALLOWED):
        raise ValueError(CRON_HELP)
    for part, allowed in zip(parts, _ALLOWED.values(), strict=True):
        if not _PLAIN.fullmatch(part):  # cronsim also knows L and #, which no timer of systemd can express
            raise ValueError(f"{CRON_HELP}; {allowed}")
    try:
        return CronSim(" ".join(parts), _EPOCH)
    except CronSimError as error:
        raise ValueError(f"{CRON_HELP}; {_complaint(parts, str(error))}") from None


def weekdays_of(cron: "CronSim") -> set[int]:
    """Return the weekdays of a line, from Sunday, 0, to Saturday, 6."""
    return {number % 7 for number in cron.weekdays if isinstance(number, int)}


def _complaint(parts: list[str], bad: str) -> str:
    from cronsim import CronSim, CronSimError

    minute, hour, day, _, weekday = parts
    try:
        CronSim(f"{minute} {hour} {day} * {weekday}", _EPOCH)
    except CronSimError:
        return _ALLOWED[bad]
    # The day exists in some month, so either the month is wrong or it never has that day.
    return "none of these months has such a day" if bad == "Bad day-of-month" else _ALLOWED[bad]
