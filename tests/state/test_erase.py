import json
from pathlib import Path

from state.conflicts import Conflict, Conflicts
from state.connections import connection_id
from state.contact_lookup import Record
from state.database import Transaction
from state.erase import ERASED, Identity, erase_contact
from state.failures import Failure, Failures
from state.file import StateFile
from state.history import History, HistoryEntry, begin_run, end_run
from state.holds import Hold, Holds
from state.identity_index import IdentityIndex
from state.indexed_contact import IndexedContact
from state.intent_store import ContactIntents, MessageIntents
from state.intents import CopyIntent, DeletionIntent
from state.links import Link, Links, LinkSide
from state.messages import IndexedMessage, MessageIndex
from state.scope_verdicts import ScopeVerdict, ScopeVerdicts
from state.webhook_hints import Hint
from state.webhook_queue import QueuedEvent, WebhookQueue
from tests.state.files import link, opened

LEFT = Record(1, "left", "growthgenius", "1")
RIGHT = Record(1, "right", "growthhub", "hub-1")
ANN = Identity(frozenset({LEFT, RIGHT}), frozenset({"ann@example.com"}), frozenset({"+12125550123"}))


def fill(state: StateFile, number: int, *, connection: int = 1) -> None:
    """Remember everything there can be about a person with the id `number`."""
    left, right = str(number), f"hub-{number}"
    key = (state.db, connection, "contacts")
    with state.atomic() as transaction:
        pair = link(left, right)
        Links(*key).save_link(transaction, pair, "r1")
        Conflicts(*key).put_conflict(
            transaction, Conflict(pair.id, "city", "another", '"a"', '"b"', None, None, 0, "r1")
        )
        Holds(*key).put_hold(transaction, Hold(pair.id, "title", 0, "r1"))
        Failures(*key).put_failure(transaction, Failure("left", left, "growthhub", "another", "update", "refused"), 0)
        Failures(*key).count_trouble(transaction, "right", right)
        ScopeVerdicts(state.db, connection).put_verdicts(transaction, "left", [ScopeVerdict(left, b"", holds=True)])
        deletion = DeletionIntent(side="right", source_id=left, sent_ms=0, record=right, run="r1", shown="{}")
        ContactIntents(*key).add_intent(transaction, deletion, "r1")
        History(*key).add_entries(
            transaction, [HistoryEntry(pair.id, "growthhub", right, "city", '"a"', '"b"', "carried")], "r1", 0
        )
        IdentityIndex(state.db, connection, "left").put_contacts(
            transaction, [IndexedContact(left, None, "", ("+12125550123",), None, None)]
        )
        IdentityIndex(state.db, connection, "right").put_contacts(
            transaction, [IndexedContact(right, None, "", (), None, None)]
        )
        fill_messages(transaction, left, right, connection)


def fill_messages(transaction: Transaction, left: str, right: str, connection: int) -> None:
    messages = (transaction, connection, "messages")
    copy = LinkSide(f"note-{left}", "copy", json.dumps({"contact": right}))
    pair = Link(LinkSide(f"message-{left}", "original"), copy, 1)
    Links(*messages).save_link(transaction, pair, "r1")
    MessageIndex(transaction, connection, "left").put_messages(
        transaction, [IndexedMessage(f"message-{left}", left, 0, None)]
    )
    Failures(*messages).put_failure(
        transaction, Failure("left", f"message-{left}", "growthhub", "another", "create", "refused"), 0
    )
    copying = CopyIntent(side="right", source_id=f"message-{left}", sent_ms=0, contact=left, copied_to=right)
    MessageIntents(*messages).add_intent(transaction, copying, "r1")
    deletion = HistoryEntry(99, "growthhub", f"gone-note-{left}", "*", '"text"', None, "deleted", person=right)
    History(*messages).add_entries(
        transaction,
        [HistoryEntry(pair.id, "growthhub", f"note-{left}", "text", '"a"', '"b"', "carried"), deletion],
        "r1",
        0,
    )


def contents(state: StateFile) -> dict[str, list[str]]:
    tables = ("link", "conflict", "held", "failure", "trouble", "intent", "history", "person", "number", "message",
              "scope_verdict")  # fmt: skip
    return {table: [str(tuple(row)) for row in state.db.execute(f"SELECT * FROM {table}")] for table in tables}


def test_every_row_of_a_contact_is_erased_and_no_row_of_another() -> None:
    with opened() as state:
        fill(state, 2)
        others = contents(state)
        fill(state, 1)
        with state.atomic() as transaction:
            erased = erase_contact(transaction, ANN, str.casefold)
        assert contents(state) == others
        assert erased == {
            "link": 2, "failure": 2, "trouble": 1, "intent": 2, "history": 3, "person": 2, "number": 1, "message": 1,
            "scope_verdict": 1,
        }  # fmt: skip


def test_hints_about_a_contact_and_its_messages_are_erased() -> None:
    with opened() as state:
        fill(state, 1)
        places = ("contacts", "hub-1", ""), ("messages", "message:m1", ""), ("messages", "note:n1", "hub-1")
        others = ("contacts", "hub-2", ""), ("messages", "message:m2", "hub-2")
        hints = [
            QueuedEvent(record.encode(), [(("any", stream), Hint("growthhub", record, contact))], 0)
            for stream, record, contact in (*places, *others)
        ]
        with state.atomic() as transaction:
            MessageIndex(transaction, 1, "right").put_messages(
                transaction, [IndexedMessage("message:m1", "hub-1", 0, None)]
            )
            WebhookQueue(transaction, 0).queue_events(transaction, hints, 9)
            erased = erase_contact(transaction, ANN, str.casefold)
        assert erased["hint"] == 3
        left = state.db.execute("SELECT record FROM hint ORDER BY record").fetchall()
        assert [row["record"] for row in left] == ["hub-2", "message:m2"]


def test_the_same_ids_of_another_connection_stay() -> None:
    with opened() as state:
        with state.atomic() as db:
            other = connection_id(db, "other", "a", "b")
        fill(state, 1, connection=other)
        others = contents(state)
        fill(state, 1)
        with state.atomic() as transaction:
            erase_contact(transaction, ANN, str.casefold)
        assert contents(state) == others


def test_rows_of_other_contacts_lose_the_name() -> None:
    reason = "has the same e-mail as 1 on the same side (ann@example.com, +12125550123), not 11"
    with opened() as state:
        with state.atomic() as transaction:
            twin = Failure("left", "7", "growthhub", "twin", "double", reason, ("left:1", "left:11"))
            Failures(transaction, 1, "contacts").put_failure(transaction, twin, 0)
            History(transaction, 1, "contacts").add_entries(
                transaction,
                [
                    HistoryEntry(7, "growthhub", "hub-7", "email", '"Ann@Example.com"', '"b@example.com"', "carried"),
                    HistoryEntry(7, "growthhub", "hub-7", "city", '"a"', '"b"', "carried", "growthgenius:1"),
                ],
                "r1",
                0,
            )
            begin_run(transaction, "r1", 1, 0)
            end_run(
                transaction, "r1", 1, "failed", json.dumps({"errors": ["growthhub: no answer about hub-1"], "read": 1})
            )
            erase_contact(transaction, ANN, str.casefold)
        (failure,) = Failures(state.db, 1, "contacts").waiting_failures()
        assert failure.blockers == ("left:11",)
        expected = f"has the same e-mail as {ERASED} on the same side ({ERASED}, {ERASED}), not 11"
        assert failure.reason == expected
        (line,) = History(state.db, 1, "contacts").of_records([("growthhub", "hub-7")])
        assert (line.entry.field, line.entry.source) == ("city", None)
        report = json.loads(state.db.execute("SELECT report FROM run").fetchone()[0])
        assert report == {"errors": [f"growthhub: no answer about {ERASED}"], "read": 1}


def test_a_rewritten_file_holds_no_deleted_byte(tmp_path: Path) -> None:
    path = tmp_path / "sync.db"
    with opened(path) as state:
        fill(state, 1)
        with state.atomic() as transaction:
            erase_contact(transaction, ANN, str.casefold)
        assert b"hub-1" in path.read_bytes() + path.with_name("sync.db-wal").read_bytes()
        state.vacuum()
        for name in ("sync.db", "sync.db-wal", "sync.db-shm"):
            assert b"hub-1" not in path.with_name(name).read_bytes()
        assert state.db.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
