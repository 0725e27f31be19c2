"""Repair damaged cells: delete what the next run reads again, and have that read again.

Links, shadows and the history are never touched, nor is a decision of a user.
"""

from collections.abc import Sequence
from typing import Any

from state.damage import CLEARED, FOUND_AGAIN, READ_AGAIN, DamagedCell, row_condition
from state.database import Transaction


def repair_cells(transaction: Transaction, found: Sequence[DamagedCell]) -> None:
    """Delete the damaged cells that can be read again, and retry every failure, since a cell may have caused it."""
    if found:
        transaction.execute("UPDATE failure SET due_ms = 0, digest = NULL WHERE dismissed IS NULL")
    for fault in found:
        if not fault.is_repairable:
            continue
        where, values = row_condition(fault)
        if (fault.table, fault.column) in CLEARED:
            transaction.execute(f"UPDATE {fault.table} SET {fault.column} = NULL WHERE {where}", values)
            continue
        _read_again(transaction, fault.table, where, values)
        transaction.execute(f"DELETE FROM {fault.table} WHERE {where}", values)


def _read_again(transaction: Transaction, table: str, where: str, values: Sequence[Any]) -> None:
    """Have the next run read the stream of a row in full, and the link of a conflict again.

    The row, or the link of the conflict, gives stream and connection; where a damaged cell hides them, all are read. No
    value of the row is fetched: it may hold text that is not UTF-8.
    """
    if table not in READ_AGAIN and table not in FOUND_AGAIN:
        return
    if table == "conflict":
        _look_again(transaction, where, values)
    stream = f"'{READ_AGAIN[table]}'" if table in READ_AGAIN else "stream"
    homes = f"SELECT connection, {stream} AS stream FROM {table} WHERE {where}"
    if table == "conflict":
        named = f"SELECT link FROM conflict WHERE {where}"
        homes += f" UNION SELECT connection, stream FROM link WHERE id IN ({named})"
        values = [*values, *values]
    is_of_home = (
        "(home.connection = cursor.connection OR home.connection NOT IN (SELECT id FROM connection))"
        " AND (home.stream = cursor.stream OR home.stream NOT IN ('contacts', 'messages'))"
    )
    transaction.execute(f"DELETE FROM cursor WHERE EXISTS (SELECT 1 FROM ({homes}) AS home WHERE {is_of_home})", values)


def _look_again(transaction: Transaction, where: str, values: Sequence[Any]) -> None:
    """Have the next run read the link of a conflict again; every link, where a damaged cell hides which it is."""
    forget = "UPDATE link SET left_digest = NULL, right_digest = NULL"
    named = f"SELECT link FROM conflict WHERE {where}"
    known = transaction.execute(f"SELECT count(*) FROM link WHERE id IN ({named})", values).fetchone()[0]
    if known:
        transaction.execute(f"{forget} WHERE id IN ({named})", values)
    else:
        transaction.execute(forget)
