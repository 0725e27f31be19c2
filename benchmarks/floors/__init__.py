"""Floors: the same work done by a few lines of requests, json and sqlite3, without any promise."""
