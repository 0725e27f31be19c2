"""The types by which every other module holds the state file's database: only `state` knows that it is SQLite."""

import sqlite3
from typing import NewType

Database = sqlite3.Connection
"""An open database, to read from."""

Transaction = NewType("Transaction", sqlite3.Connection)
"""The database within a transaction: whoever has one may write. Only `StateFile.atomic` and its kin create one."""

DatabaseError = sqlite3.Error
"""The errors of the database: about the file as a whole, and (see RECORD_ERRORS) about single values."""

RECORD_ERRORS = (sqlite3.IntegrityError, sqlite3.DataError, sqlite3.ProgrammingError, sqlite3.InterfaceError)
"""Errors about the values of one record: a row breaks a constraint, or a value can't be stored."""
