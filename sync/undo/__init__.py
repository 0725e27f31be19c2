"""Undo one run: plan what is put back, then write it like any run (R26)."""
