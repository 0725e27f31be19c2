import threading
from pathlib import Path

import pytest

from state import lock
from state.errors import LockHeld
from state.file import StateFile
from state.lock import hold_token
from state.tokens import EncryptedToken, StoredToken, TokenStore

FIRST = EncryptedToken("k1", b"n" * 12, b"ciphertext-one")
SECOND = EncryptedToken("k1", b"m" * 12, b"ciphertext-two")


@pytest.fixture
def store(tmp_path: Path) -> TokenStore:
    StateFile.open(tmp_path / "sync.db").close()
    return TokenStore(tmp_path / "sync.db")


def test_the_last_token_of_each_account_is_stored(store: TokenStore) -> None:
    store.store_token("gh", FIRST, 1)
    store.store_token("other", FIRST, 2)
    store.store_token("gh", SECOND, 3)
    assert store.stored_token("gh") == StoredToken(SECOND, 3, None)
    assert store.stored_token("other") == StoredToken(FIRST, 2, None)


def test_an_interrupted_renewal_is_known_until_a_token_is_stored(store: TokenStore) -> None:
    store.store_token("gh", FIRST, 1)
    store.note_renewal("gh", 5)
    assert store.stored_token("gh") == StoredToken(FIRST, 1, 5)
    store.store_token("gh", SECOND, 6)
    assert store.stored_token("gh") == StoredToken(SECOND, 6, None)


def test_a_removed_token_is_overwritten_in_the_file(store: TokenStore, tmp_path: Path) -> None:
    store.store_token("gh", FIRST, 1)
    assert store.remove_token("gh")
    assert not store.remove_token("gh")
    assert store.stored_token("gh") is None
    state = StateFile.open(tmp_path / "sync.db")
    state.db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    state.close()
    assert b"ciphertext-one" not in b"".join(path.read_bytes() for path in tmp_path.glob("sync.db*"))


def test_without_a_file_there_is_no_token_and_no_file_is_created(tmp_path: Path) -> None:
    store = TokenStore(tmp_path / "sync.db")
    assert store.stored_token("gh") is None
    assert not store.remove_token("gh")
    assert list(tmp_path.iterdir()) == []


def test_a_file_of_an_older_version_has_no_tokens(tmp_path: Path) -> None:
    path = tmp_path / "sync.db"
    state = StateFile.open(path)
    state.db.execute("DROP TABLE token")
    state.close()
    assert TokenStore(path).stored_token("gh") is None


def test_one_process_at_a_time_changes_the_token_of_an_account(tmp_path: Path) -> None:
    path, inside, order = tmp_path / "sync.db", threading.Event(), list[str]()

    def second() -> None:
        inside.wait(60)
        with hold_token(path, "gh", lambda: None):
            order.append("second")

    thread = threading.Thread(target=second)
    thread.start()
    with hold_token(path, "gh", lambda: None), hold_token(path, "other", lambda: None):
        inside.set()
        order.append("first")
    thread.join(60)
    assert order == ["first", "second"]


def test_waiting_too_long_for_a_token_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lock, "TRIES", 2)
    monkeypatch.setattr(lock, "TRY_SECONDS", 0.01)
    waits: list[int] = []
    with (
        hold_token(tmp_path / "sync.db", "gh", lambda: None),
        pytest.raises(LockHeld, match="account gh"),
        hold_token(tmp_path / "sync.db", "gh", lambda: waits.append(1)),
    ):
        pass
    assert len(waits) == 2
