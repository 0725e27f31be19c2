from pathlib import Path

from state.file import StateFile
from state.identity_index import IdentityIndex
from state.indexed_contact import IndexedContact
from state.links import Link, Links, LinkSide
from tests.state.files import opened

LINKS = 5000
ALLOWED = 2500  # bytes per link, two shadows of 600 bytes among them; history excluded


def shadow(side: str, number: int) -> str:
    return f'["{side} {number} {"x" * 600}'[:598] + '"]'


def fill(state: StateFile) -> None:
    links = Links(state.db, 1, "contacts")
    for side, prefix in (("left", ""), ("right", "ve9EPM428h8vShlRW")):
        identities = IdentityIndex(state.db, 1, side)
        with state.atomic() as transaction:
            identities.put_contacts(
                transaction,
                (
                    IndexedContact(
                        f"{prefix}{number:07}", f"first.last{number:05}@example.com", f"first last{number:05}",
                        (f"+1212555{number:04}",), f"{number:07}" if prefix else None, 1700000000000 + number,
                    )
                    for number in range(LINKS)
                ),
            )  # fmt: skip
    with state.atomic() as transaction:
        for number in range(LINKS):
            links.save_link(
                transaction,
                Link(side_of("left", number), side_of("right", number), mapping=1),
                "20260301T120000-abc123",
            )


def side_of(name: str, number: int) -> LinkSide:
    prefix = "" if name == "left" else "ve9EPM428h8vShlRW"
    moment = 1700000000000 + number
    memory = '{"slot":"mobile_phone"}' if name == "left" else None
    return LinkSide(f"{prefix}{number:07}", shadow(name, number), memory, b"d" * 16, moment, moment)


def test_a_link_with_its_index_entries_takes_at_most_2500_bytes(tmp_path: Path) -> None:
    path = tmp_path / "sync.db"
    with opened(path) as state:
        assert len(shadow("left", LINKS).encode()) == 600
        state.db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        before = path.stat().st_size
        fill(state)
        state.db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        assert Links(state.db, 1, "contacts").count_links() == LINKS
        per_link = (path.stat().st_size - before) / LINKS
    assert 1200 < per_link <= ALLOWED
