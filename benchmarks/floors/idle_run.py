"""N0: ask both sides what is new since the cursor, hear that nothing is, and move the cursor."""

import sqlite3
import sys
from datetime import UTC, datetime

import requests

LEFT, KEY, RIGHT, TOKEN, LOCATION, PATH = sys.argv[1:7]


def main() -> None:
    """Look once."""
    db = sqlite3.connect(PATH)
    db.execute("CREATE TABLE IF NOT EXISTS cursor (at TEXT)")
    now = datetime.now(UTC).isoformat()
    with requests.Session() as session:
        asked = {"from": now, "to": "2100-01-01T00:00:00Z", "user_id": "78"}
        session.get(f"{LEFT}/contacts", params=asked, headers={"Authorization": KEY}, timeout=30).json()
    with requests.Session() as session:
        headers = {"Authorization": f"Bearer {TOKEN}", "Version": "2021-07-28"}
        since = {"field": "dateUpdated", "operator": "range", "value": {"gte": now}}
        body = {"locationId": LOCATION, "pageLimit": 500, "filters": [since],
                "sort": [{"field": "dateUpdated", "direction": "asc"}]}  # fmt: skip
        session.post(f"{RIGHT}/contacts/search", json=body, headers=headers, timeout=30).json()
    with db:
        db.execute("INSERT INTO cursor VALUES (?)", (now,))


if __name__ == "__main__":
    main()
