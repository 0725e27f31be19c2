"""The state of all runs in one SQLite file: cursors, links, shadows, intents, conflicts, failures, history."""
