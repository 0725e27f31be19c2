"""The output of a run: its report, its progress, its log, and text formats."""
