"""Command results as text for people."""
