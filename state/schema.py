"""The tables of the state file, created and migrated through sqlite-utils.

Rules kept here:
- a migration that was released is never edited; a change of the tables is a new migration at the end;
- a time is a whole number of milliseconds since 1970 (columns that end in `_ms`), compared as a number;
- ids of records are text; values of fields are JSON (`null` is "empty");
- a side is 'left' or 'right' of the connection; the table `connection` holds the names of its accounts.

`TABLES` says what each table holds. The table `about` in the file has the same text, so that `sqlite-utils rows sync.db
about` or Datasette explain the file without this source.
"""

from collections.abc import Callable
from typing import Any

TABLES = {
    "about": "What each table of this file holds.",
    "account": "One row per account of the config file, with its identity when it was first used.",
    "setting": "Settings of an account (custom fields, users, location), read once a day.",
    "allowance": "Recent calls, calls of the day and limits of each account: the rate limit that all processes share.",
    "connection": "Two accounts that are kept in sync.",
    "mapping": "All mappings that were in force; the last one of a connection is the present one.",
    "cursor": "Intervals of time that have been read and synced ('covered'), or read into the index ('indexed').",
    "person": "Identity index: every contact ever read on a side, with e-mail, name and numbers, linked or not.",
    "number": "Identity index by phone number.",
    "address": "Identity index by the further e-mail addresses of records.",
    "link": "Two records of one contact, or two of one message, and what each showed when both last agreed.",
    "message": "Index of messages: every message ever listed on a side, by contact, time and a digest of its text.",
    "stream": "The settings that a stream was last read with, and how far it has followed new links.",
    "intent": "Writes with an unknown outcome. Empty when no run is going on and none was interrupted.",
    "conflict": "Fields that changed on both sides, until a user or a later edit settles them.",
    "failure": "Records that could not be synced, with the reason, until they are synced or dismissed.",
    "trouble": "Records that met a transient error when they were written, and in how many runs.",
    "history": "Every value that was overwritten: where, by which rule and in which run.",
    "held": "Fields that differ on both sides because a user wanted it, until their next edit.",
    "parked": "Linked contacts that left the scope of their connection, so that nothing of them is synced.",
    "scope_verdict": "Which contacts are in scope, where only the record tells: by a digest of its row in the list.",
    "owed": "Values that have no place at the other side yet, until a run can write them.",
    "forgotten": "Erased contacts that are not synced again, as salted hashes of their ids, addresses and numbers.",
    "lifted": "Contacts that are synced again after an erasure, as the same hashes, until both records are linked.",
    "salt": "The salt of these hashes.",
    "run": "Runs and their reports.",
    "company": "What an account that knows companies answered, by domain: each look-up may cost money.",
    "holder": "The process that holds the lock of a connection (the lock itself is a file beside this one).",
    "progress": "When each stream last completed a run, and when both sides were last compared in full.",
    "schedule": "The next runs of the daemon, while one is running.",
    "token": "OAuth tokens of accounts, encrypted under a key that is not in this file.",
    "told": "The causes that the command under [notify] was called for, until they are over.",
    "hint": "Records that have changed according to a webhook, until a run has read them: ids and times, nothing else.",
    "webhook": "Digests of the ids of webhooks that arrived, while they could be sent again.",
    "heard": "When the last webhook for a connection arrived.",
    "approval": "The plan of a run that waits for the user, or that the user has approved (R45).",
    "pause": "Connections that a user has paused, by name.",
    "activity": "How far the present run of each connection is, while one is under way.",
    "tally": "What runs did, counted per day; day 0 has the sums of days before the history that is kept.",
}

SCHEMA = """
CREATE TABLE about (name TEXT PRIMARY KEY, meaning TEXT NOT NULL);
CREATE TABLE account (
  name TEXT PRIMARY KEY, connector TEXT NOT NULL, identity TEXT NOT NULL
);
CREATE TABLE setting (
  account TEXT NOT NULL, key TEXT NOT NULL, value TEXT NOT NULL, stored_ms INTEGER NOT NULL,
  PRIMARY KEY (account, key)
) WITHOUT ROWID;
CREATE TABLE allowance (account TEXT PRIMARY KEY, facts TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE connection (
  id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE,
  left_account TEXT NOT NULL, right_account TEXT NOT NULL
);
CREATE TABLE mapping (
  id INTEGER PRIMARY KEY, connection INTEGER NOT NULL REFERENCES connection (id),
  fingerprint TEXT NOT NULL, fields TEXT NOT NULL
);
CREATE TABLE cursor (
  connection INTEGER NOT NULL REFERENCES connection (id), stream TEXT NOT NULL, side TEXT NOT NULL,
  kind TEXT NOT NULL CHECK (kind IN ('covered', 'indexed')), start_ms INTEGER NOT NULL, end_ms INTEGER NOT NULL,
  PRIMARY KEY (connection, stream, side, kind, start_ms)
) WITHOUT ROWID;
CREATE TABLE person (
  connection INTEGER NOT NULL REFERENCES connection (id), side TEXT NOT NULL, id TEXT NOT NULL,
  email TEXT, name TEXT NOT NULL, phones TEXT, marker TEXT, created_ms INTEGER,
  PRIMARY KEY (connection, side, id)
) WITHOUT ROWID;
CREATE INDEX person_by_email ON person (email, connection, side) WHERE email IS NOT NULL;
CREATE INDEX person_by_marker ON person (marker, connection, side) WHERE marker IS NOT NULL;
CREATE TABLE number (
  phone TEXT NOT NULL, connection INTEGER NOT NULL REFERENCES connection (id), side TEXT NOT NULL, id TEXT NOT NULL,
  PRIMARY KEY (phone, connection, side, id)
) WITHOUT ROWID;
CREATE TABLE link (
  id INTEGER PRIMARY KEY, connection INTEGER NOT NULL REFERENCES connection (id), stream TEXT NOT NULL,
  left_id TEXT NOT NULL, right_id TEXT NOT NULL,
  left_shadow TEXT NOT NULL, right_shadow TEXT NOT NULL,
  left_memory TEXT, right_memory TEXT,
  left_digest BLOB, right_digest BLOB,
  left_seen_ms INTEGER, right_seen_ms INTEGER,
  left_wrote_ms INTEGER, right_wrote_ms INTEGER,
  mapping INTEGER NOT NULL REFERENCES mapping (id), gone TEXT, run TEXT NOT NULL
);
CREATE UNIQUE INDEX link_by_left ON link (left_id, connection, stream);
CREATE UNIQUE INDEX link_by_right ON link (right_id, connection, stream);
CREATE TABLE intent (
  id INTEGER PRIMARY KEY, run TEXT NOT NULL, connection INTEGER NOT NULL REFERENCES connection (id),
  stream TEXT NOT NULL, side TEXT NOT NULL, source_id TEXT NOT NULL, sent_ms INTEGER NOT NULL, sent TEXT NOT NULL,
  source TEXT NOT NULL, UNIQUE (connection, stream, side, source_id)
);
CREATE TABLE conflict (
  id INTEGER PRIMARY KEY, connection INTEGER NOT NULL REFERENCES connection (id), stream TEXT NOT NULL,
  link INTEGER NOT NULL REFERENCES link (id) ON DELETE CASCADE, field TEXT NOT NULL, who TEXT NOT NULL,
  left_value TEXT NOT NULL, right_value TEXT NOT NULL, left_changed_ms INTEGER, right_changed_ms INTEGER,
  found_ms INTEGER NOT NULL, run TEXT NOT NULL, resolution TEXT, UNIQUE (link, field)
);
CREATE TABLE failure (
  id INTEGER PRIMARY KEY, connection INTEGER NOT NULL REFERENCES connection (id), stream TEXT NOT NULL,
  side TEXT NOT NULL, record_id TEXT NOT NULL, account TEXT NOT NULL, who TEXT NOT NULL, operation TEXT NOT NULL,
  reason TEXT NOT NULL, blockers TEXT NOT NULL, digest BLOB, attempts INTEGER NOT NULL,
  first_ms INTEGER NOT NULL, last_ms INTEGER NOT NULL, due_ms INTEGER NOT NULL, dismissed TEXT,
  UNIQUE (connection, stream, side, record_id)
);
CREATE TABLE trouble (
  connection INTEGER NOT NULL REFERENCES connection (id), stream TEXT NOT NULL, side TEXT NOT NULL,
  record_id TEXT NOT NULL, runs INTEGER NOT NULL, PRIMARY KEY (connection, stream, side, record_id)
) WITHOUT ROWID;
CREATE TABLE history (
  id INTEGER PRIMARY KEY, at_ms INTEGER NOT NULL, run TEXT NOT NULL,
  connection INTEGER NOT NULL REFERENCES connection (id), stream TEXT NOT NULL, link INTEGER,
  account TEXT NOT NULL, record_id TEXT NOT NULL, field TEXT NOT NULL, old TEXT, new TEXT, rule TEXT NOT NULL
);
CREATE INDEX history_by_link ON history (link);
CREATE INDEX history_by_time ON history (at_ms);
CREATE TABLE run (
  id TEXT PRIMARY KEY, connection INTEGER NOT NULL REFERENCES connection (id),
  started_ms INTEGER NOT NULL, finished_ms INTEGER, status TEXT, report TEXT
);
CREATE INDEX run_by_start ON run (connection, started_ms);
CREATE TABLE holder (connection TEXT PRIMARY KEY, pid INTEGER NOT NULL, host TEXT NOT NULL, since_ms INTEGER NOT NULL);
"""

MESSAGES = """
CREATE TABLE message (
  connection INTEGER NOT NULL REFERENCES connection (id), side TEXT NOT NULL, id TEXT NOT NULL,
  contact_id TEXT NOT NULL, sent_ms INTEGER, print BLOB, left_out INTEGER NOT NULL,
  PRIMARY KEY (connection, side, id)
) WITHOUT ROWID;
CREATE INDEX message_by_person ON message (contact_id, connection, side, sent_ms);
CREATE TABLE stream (
  connection INTEGER NOT NULL REFERENCES connection (id), name TEXT NOT NULL, fingerprint TEXT NOT NULL,
  last_link INTEGER NOT NULL, PRIMARY KEY (connection, name)
) WITHOUT ROWID;
"""

ENRICHMENT = """
CREATE TABLE company (
  account TEXT NOT NULL, domain TEXT NOT NULL, found TEXT, asked_ms INTEGER NOT NULL,
  PRIMARY KEY (account, domain)
) WITHOUT ROWID;
"""

BY_HAND = """
ALTER TABLE history ADD COLUMN source TEXT;
ALTER TABLE history ADD COLUMN shown TEXT;
ALTER TABLE history ADD COLUMN person TEXT;
ALTER TABLE run ADD COLUMN undoes TEXT;
ALTER TABLE link ADD COLUMN left_unmapped TEXT;
ALTER TABLE link ADD COLUMN right_unmapped TEXT;
CREATE INDEX history_by_record ON history (record_id);
CREATE INDEX history_by_run ON history (run);
CREATE INDEX history_by_person ON history (person) WHERE person IS NOT NULL;
CREATE TABLE held (
  link INTEGER NOT NULL REFERENCES link (id) ON DELETE CASCADE, field TEXT NOT NULL,
  connection INTEGER NOT NULL REFERENCES connection (id), stream TEXT NOT NULL,
  since_ms INTEGER NOT NULL, run TEXT NOT NULL, PRIMARY KEY (link, field)
) WITHOUT ROWID;
CREATE TABLE forgotten (
  digest BLOB NOT NULL, person INTEGER NOT NULL, at_ms INTEGER NOT NULL, PRIMARY KEY (digest, person)
) WITHOUT ROWID;
CREATE TABLE salt (id INTEGER PRIMARY KEY CHECK (id = 1), value BLOB NOT NULL);
"""

NOTIFY = """
CREATE TABLE progress (
  connection INTEGER NOT NULL REFERENCES connection (id), stream TEXT NOT NULL,
  ended_ms INTEGER NOT NULL, reconciled_ms INTEGER NOT NULL, PRIMARY KEY (connection, stream)
) WITHOUT ROWID;
CREATE TABLE schedule (
  connection TEXT NOT NULL, stream TEXT NOT NULL, next_ms INTEGER, delayed TEXT NOT NULL,
  PRIMARY KEY (connection, stream)
) WITHOUT ROWID;
CREATE TABLE told (
  connection TEXT NOT NULL, stream TEXT NOT NULL, cause TEXT NOT NULL, key TEXT NOT NULL,
  since_ms INTEGER NOT NULL, tries INTEGER NOT NULL, told_ms INTEGER, PRIMARY KEY (connection, stream, cause, key)
) WITHOUT ROWID;
"""

TOKENS = """
CREATE TABLE token (
  account TEXT PRIMARY KEY, key TEXT NOT NULL, nonce BLOB NOT NULL, sealed BLOB NOT NULL,
  stored_ms INTEGER NOT NULL, began_ms INTEGER
) WITHOUT ROWID;
"""

WEBHOOKS = """
CREATE TABLE hint (
  connection TEXT NOT NULL, stream TEXT NOT NULL, account TEXT NOT NULL, record TEXT NOT NULL, contact TEXT NOT NULL,
  gone INTEGER NOT NULL, event_ms INTEGER, heard_ms INTEGER NOT NULL, number INTEGER NOT NULL,
  PRIMARY KEY (connection, stream, account, record)
) WITHOUT ROWID;
CREATE TABLE webhook (digest BLOB PRIMARY KEY, heard_ms INTEGER NOT NULL) WITHOUT ROWID;
CREATE INDEX webhook_by_time ON webhook (heard_ms);
CREATE TABLE heard (connection TEXT PRIMARY KEY, at_ms INTEGER NOT NULL) WITHOUT ROWID;
"""

PAGE = """
CREATE TABLE tally (
  connection INTEGER NOT NULL REFERENCES connection (id), day INTEGER NOT NULL, stream TEXT NOT NULL,
  account TEXT NOT NULL, name TEXT NOT NULL, count INTEGER NOT NULL,
  PRIMARY KEY (connection, day, stream, account, name)
) WITHOUT ROWID;
CREATE INDEX conflict_open ON conflict (connection) WHERE resolution IS NULL;
CREATE INDEX failure_open ON failure (connection) WHERE dismissed IS NULL;
CREATE INDEX link_gone ON link (connection) WHERE gone IS NOT NULL;
CREATE INDEX held_by_connection ON held (connection);
CREATE INDEX run_by_time ON run (started_ms, id);
"""

OWED = """
CREATE TABLE owed (
  link INTEGER NOT NULL REFERENCES link (id) ON DELETE CASCADE, side TEXT NOT NULL, field TEXT NOT NULL,
  connection INTEGER NOT NULL REFERENCES connection (id), stream TEXT NOT NULL, value TEXT NOT NULL, run TEXT NOT NULL,
  PRIMARY KEY (link, field, side)
) WITHOUT ROWID;
CREATE INDEX owed_by_field ON owed (connection, side, field, link);
ALTER TABLE connection ADD COLUMN owed_known INTEGER NOT NULL DEFAULT 0;
"""

ADDRESSES = """
ALTER TABLE person ADD COLUMN more_emails TEXT;
CREATE TABLE address (
  email TEXT NOT NULL, connection INTEGER NOT NULL REFERENCES connection (id), side TEXT NOT NULL, id TEXT NOT NULL,
  PRIMARY KEY (email, connection, side, id)
) WITHOUT ROWID;
DELETE FROM cursor WHERE kind = 'indexed' AND stream = 'contacts';
"""
"""Since then, addresses, names and numbers are compared in another form: the index is read again before any create."""

KEPT_TIMES = """
ALTER TABLE link ADD COLUMN left_kept TEXT;
ALTER TABLE link ADD COLUMN right_kept TEXT;
"""
NUMBERS = """
CREATE TABLE conflict_numbered (
  id INTEGER PRIMARY KEY AUTOINCREMENT, connection INTEGER NOT NULL REFERENCES connection (id), stream TEXT NOT NULL,
  link INTEGER NOT NULL REFERENCES link (id) ON DELETE CASCADE, field TEXT NOT NULL, who TEXT NOT NULL,
  left_value TEXT NOT NULL, right_value TEXT NOT NULL, left_changed_ms INTEGER, right_changed_ms INTEGER,
  found_ms INTEGER NOT NULL, run TEXT NOT NULL, resolution TEXT, UNIQUE (link, field)
);
INSERT INTO conflict_numbered SELECT id, connection, stream, link, field, who, left_value, right_value,
  left_changed_ms, right_changed_ms, found_ms, run, resolution FROM conflict;
DROP TABLE conflict;
ALTER TABLE conflict_numbered RENAME TO conflict;
CREATE TABLE failure_numbered (
  id INTEGER PRIMARY KEY AUTOINCREMENT, connection INTEGER NOT NULL REFERENCES connection (id), stream TEXT NOT NULL,
  side TEXT NOT NULL, record_id TEXT NOT NULL, account TEXT NOT NULL, who TEXT NOT NULL, operation TEXT NOT NULL,
  reason TEXT NOT NULL, blockers TEXT NOT NULL, digest BLOB, attempts INTEGER NOT NULL,
  first_ms INTEGER NOT NULL, last_ms INTEGER NOT NULL, due_ms INTEGER NOT NULL, dismissed TEXT,
  UNIQUE (connection, stream, side, record_id)
);
INSERT INTO failure_numbered SELECT id, connection, stream, side, record_id, account, who, operation, reason, blockers,
  digest, attempts, first_ms, last_ms, due_ms, dismissed FROM failure;
DROP TABLE failure;
ALTER TABLE failure_numbered RENAME TO failure;
DELETE FROM sqlite_sequence WHERE name IN ('conflict', 'failure', 'conflict_numbered', 'failure_numbered');
INSERT INTO sqlite_sequence (name, seq) SELECT 'conflict', max((SELECT coalesce(max(id), 0) FROM conflict),
  (SELECT CASE WHEN count(*) THEN 9999 ELSE 0 END FROM run));
INSERT INTO sqlite_sequence (name, seq) SELECT 'failure', max((SELECT coalesce(max(id), 0) FROM failure),
  (SELECT CASE WHEN count(*) THEN 9999 ELSE 0 END FROM run))
"""
"""The number of a conflict or a failure is never used again. A file that had runs has used some numbers already, how
many is unknown: it goes on at 10000.
"""

LIFTED = """
CREATE TABLE lifted (digest BLOB NOT NULL, person INTEGER NOT NULL, PRIMARY KEY (digest, person)) WITHOUT ROWID;
"""

OPEN_AGAIN = """
CREATE INDEX IF NOT EXISTS conflict_open ON conflict (connection) WHERE resolution IS NULL;
CREATE INDEX IF NOT EXISTS failure_open ON failure (connection) WHERE dismissed IS NULL;
"""
"""A table that is dropped loses its indexes: migration 012 created both tables again."""

BARE_MARKERS = """
ALTER TABLE person ADD COLUMN bare_marker INTEGER NOT NULL DEFAULT 0;
UPDATE person SET bare_marker = 1 WHERE marker IS NOT NULL;
"""
"""Releases before this one wrote the id alone."""

PARKED = """
CREATE TABLE parked (
  link INTEGER NOT NULL REFERENCES link (id) ON DELETE CASCADE, side TEXT NOT NULL,
  connection INTEGER NOT NULL REFERENCES connection (id), since_ms INTEGER NOT NULL, back INTEGER NOT NULL,
  PRIMARY KEY (link, side)
) WITHOUT ROWID;
CREATE INDEX parked_of ON parked (connection);
"""

SCOPE_VERDICTS = """
CREATE TABLE scope_verdict (
  connection INTEGER NOT NULL REFERENCES connection (id), side TEXT NOT NULL, record_id TEXT NOT NULL,
  basis BLOB NOT NULL, holds INTEGER, PRIMARY KEY (connection, side, record_id)
) WITHOUT ROWID;
"""

APPROVALS = """
CREATE TABLE approval (
  connection INTEGER PRIMARY KEY REFERENCES connection (id), kind TEXT NOT NULL, run TEXT NOT NULL,
  asked_ms INTEGER NOT NULL, plan TEXT NOT NULL, approved_ms INTEGER, approved_by TEXT
);
CREATE TABLE pause (connection TEXT PRIMARY KEY, since_ms INTEGER NOT NULL, paused_by TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE activity (
  connection TEXT PRIMARY KEY, run TEXT NOT NULL, step TEXT NOT NULL, done INTEGER NOT NULL, total INTEGER,
  began_ms INTEGER NOT NULL, step_ms INTEGER NOT NULL, moved_ms INTEGER NOT NULL
) WITHOUT ROWID;
"""

FIGHTS = """
ALTER TABLE conflict ADD COLUMN reason TEXT
"""

CONTACT_LISTS = """
CREATE INDEX link_of ON link (connection, stream, id);
CREATE INDEX conflict_settled ON conflict (connection) WHERE resolution IS NOT NULL;
CREATE INDEX history_settled ON history (id) WHERE rule = 'settled'
"""

VERSION = 5
"""PRAGMA user_version of a file with all migrations: the number of the release, which may bring several migrations."""


MIGRATIONS = (
    ("001_contacts", SCHEMA),
    ("002_messages", MESSAGES),
    ("003_enrichment", ENRICHMENT),
    ("004_by_hand", BY_HAND),
    ("005_notify", NOTIFY),
    ("006_tokens", TOKENS),
    ("007_webhooks", WEBHOOKS),
    ("008_page", PAGE),
    ("009_owed", OWED),
    ("010_addresses", ADDRESSES),
    ("011_kept_times", KEPT_TIMES),
    ("012_numbers", NUMBERS),
    ("013_lifted", LIFTED),
    ("014_open_again", OPEN_AGAIN),
    ("015_bare_markers", BARE_MARKERS),
    ("016_parked", PARKED),
    ("017_scope_verdicts", SCOPE_VERDICTS),
    ("018_approvals", APPROVALS),
    ("019_fights", FIGHTS),
    ("020_contact_lists", CONTACT_LISTS),
)
"""Every migration in the order in which they are applied."""


def migrate(database: Any) -> None:
    """Bring an open sqlite_utils Database to VERSION; applied migrations are left alone."""
    from sqlite_utils import Migrations

    migrations = Migrations("growthsync")

    for name, script in MIGRATIONS:
        migrations(name=name)(_applying(script))
    migrations.apply(database)
    database["about"].upsert_all(({"name": name, "meaning": meaning} for name, meaning in TABLES.items()), pk="name")
    database.execute(f"PRAGMA user_version = {VERSION}")


def _applying(script: str) -> Callable[[Any], None]:
    return lambda db: _execute(db, script)


def _execute(db: Any, script: str) -> None:
    for statement in script.split(";"):
        if statement.strip():
            db.execute(statement)
