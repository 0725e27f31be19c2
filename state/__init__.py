"""What is remembered: cursors, links, shadows, intents, conflicts, failures, runs. One SQLite file."""
