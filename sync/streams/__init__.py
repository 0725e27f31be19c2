"""What both streams share: run, connection, tables, windows, hints, recovery, errors of writes, comparison."""
