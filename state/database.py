"""The types by which every other module holds the state file's database: only `state` knows that it is SQLite."""

import sqlite3
from typing import NewType

Database = sqlite3.Connection
"""An open database, to read from."""

Transaction = NewType("Transaction", sqlite3.Connection)
"""The database within a transaction: whoever has one may write. Only `StateFile.atomic` and its kin create one."""

DatabaseError = sqlite3.Error
