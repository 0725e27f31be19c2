"""M: write as many notes at GrowthHub and messages at GrowthGenius, with a durable commit before and after each."""

import sqlite3
import sys
from collections.abc import Callable

import requests

from benchmarks.sample_messages import text

LEFT, KEY, RIGHT, TOKEN, LOCATION, PATH, COUNT = sys.argv[1:8]
HEADERS = {"Authorization": f"Bearer {TOKEN}", "Version": "2021-07-28"}


def people(session: requests.Session) -> list[str]:
    """Return the ids of people at GrowthHub."""
    body = {"locationId": LOCATION, "pageLimit": 500}
    answer = session.post(f"{RIGHT}/contacts/search", json=body, headers=HEADERS, timeout=30).json()
    return [str(each["id"]) for each in answer["contacts"]]


def prospects(session: requests.Session) -> list[str]:
    """Return the ids of people at GrowthGenius."""
    asked = {"from": "1970-01-01T00:00:00Z", "to": "2100-01-01T00:00:00Z", "user_id": "78"}
    answer = session.get(f"{LEFT}/contacts", params=asked, headers={"Authorization": KEY}, timeout=30).json()
    return [str(each["id"]) for each in answer["contacts"]]


def write(db: sqlite3.Connection, side: str, send: Callable[[str, int], str], ids: list[str]) -> None:
    """Write to one side what was asked for, one after the other."""
    for number in range(int(COUNT)):
        with db:
            db.execute("INSERT INTO done VALUES (?, ?, NULL)", (side, number))
        made = send(ids[number % len(ids)], number)
        with db:
            db.execute("UPDATE done SET id = ? WHERE side = ? AND number = ?", (made, side, number))


def main() -> None:
    """Write to both sides."""
    db = sqlite3.connect(PATH)
    db.execute("PRAGMA journal_mode = WAL")
    db.execute("PRAGMA synchronous = FULL")
    db.execute("CREATE TABLE done (side TEXT, number INTEGER, id TEXT, PRIMARY KEY (side, number))")
    with requests.Session() as right, requests.Session() as left:

        def note(contact: str, number: int) -> str:
            answer = right.post(
                f"{RIGHT}/contacts/{contact}/notes", json={"body": text(number)}, headers=HEADERS, timeout=30
            )
            return str(answer.json()["note"]["id"])

        def message(contact: str, number: int) -> str:
            written = {"contact_id": contact, "rendered_copy": text(number), "sent_at": "2026-01-01T00:00:00Z"}
            answer = left.post(
                f"{LEFT}/messages", params={"user_id": "78"}, json={"message": written},
                headers={"Authorization": KEY}, timeout=30,
            )  # fmt: skip
            return str(answer.json()["message"]["id"])

        write(db, "right", note, people(right))
        write(db, "left", message, prospects(left))


if __name__ == "__main__":
    main()
