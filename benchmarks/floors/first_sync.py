"""W: create people at GrowthHub one after the other, with a durable commit before and after each."""

import sqlite3
import sys

import requests

from benchmarks.sample_contacts import prospect

_, _, RIGHT, TOKEN, LOCATION, PATH, COUNT = sys.argv[1:8]


def body(number: int) -> dict[str, object]:
    """Return what a create sends: about 420 bytes."""
    person = prospect(number)
    return {
        "locationId": LOCATION,
        "firstName": person["first_name"],
        "lastName": person["last_name"],
        "email": f"floor-{person['email']}",
        "companyName": person["company_name"],
        "website": person["website"],
        "city": person["city"],
        "country": "US",
        "tags": person["label_names"],
        "source": person["seo_description"],
    }


def main() -> None:
    """Create them all."""
    db = sqlite3.connect(PATH)
    db.execute("PRAGMA journal_mode = WAL")
    db.execute("PRAGMA synchronous = FULL")
    db.execute("CREATE TABLE done (number INTEGER PRIMARY KEY, id TEXT)")
    headers = {"Authorization": f"Bearer {TOKEN}", "Version": "2021-07-28"}
    with requests.Session() as session:
        for number in range(int(COUNT)):
            with db:
                db.execute("INSERT INTO done VALUES (?, NULL)", (number,))
            answer = session.post(f"{RIGHT}/contacts/", json=body(number), headers=headers, timeout=30).json()
            with db:
                db.execute("UPDATE done SET id = ? WHERE number = ?", (answer["contact"]["id"], number))


if __name__ == "__main__":
    main()
