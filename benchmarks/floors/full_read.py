"""F2: read all contacts of both sides and store them, nothing else."""

import json
import sqlite3
import sys
from collections.abc import Iterator
from typing import Any

import requests

LEFT, KEY, RIGHT, TOKEN, LOCATION, PATH = sys.argv[1:7]
Rows = list[dict[str, Any]]


def growthgenius(session: requests.Session) -> Iterator[Rows]:
    """Yield the pages of GrowthGenius."""
    page, pages = 1, 1
    while page <= pages:
        asked = {"from": "1970-01-01T00:00:00Z", "to": "2100-01-01T00:00:00Z", "user_id": "78", "page": str(page),
                 "per_page": "200"}  # fmt: skip
        answer = session.get(f"{LEFT}/contacts", params=asked, headers={"Authorization": KEY}, timeout=30).json()
        yield answer["contacts"]
        page, pages = page + 1, answer["pagination"]["total_pages"]


def growthhub(session: requests.Session) -> Iterator[Rows]:
    """Yield the pages of GrowthHub."""
    headers = {"Authorization": f"Bearer {TOKEN}", "Version": "2021-07-28"}
    body: dict[str, Any] = {"locationId": LOCATION, "pageLimit": 500,
                            "sort": [{"field": "dateUpdated", "direction": "asc"}]}  # fmt: skip
    while True:
        answer = session.post(f"{RIGHT}/contacts/search", json=body, headers=headers, timeout=30).json()
        yield answer["contacts"]
        if len(answer["contacts"]) < 500:
            return
        body["searchAfter"] = answer["contacts"][-1]["searchAfter"]


def main() -> None:
    """Pull both sides."""
    db = sqlite3.connect(PATH)
    db.execute("PRAGMA journal_mode = WAL")
    db.execute("CREATE TABLE IF NOT EXISTS record (side TEXT, id TEXT, email TEXT, body TEXT, PRIMARY KEY (side, id))")
    for side, pull in (("left", growthgenius), ("right", growthhub)):
        with requests.Session() as session:
            for page in pull(session):
                rows = [(side, str(each["id"]), each["email"], json.dumps(each)) for each in page]
                db.executemany("INSERT OR REPLACE INTO record VALUES (?, ?, ?, ?)", rows)
                db.commit()


if __name__ == "__main__":
    main()
