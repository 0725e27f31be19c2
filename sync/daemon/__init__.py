"""The daemon: every connection on its schedule until it is told to stop.

APScheduler says when; what follows from the end of a run is decided in `sync.rules.schedule`. Runs are those of
`sync run`, under the same lock. A connection has one thread, so that its streams take turns, and an account that is
down or slow holds up nobody else's.
"""
