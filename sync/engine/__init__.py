"""Runs of connections, one after the other, each under its lock, with its accounts, over its streams."""
