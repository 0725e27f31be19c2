"""The daemon: run every connection on its schedule until a signal ends it.

APScheduler starts the runs; `sync.rules.schedule` decides what follows from the end of a run. Runs are those of
`sync run`, under the same lock. Each connection has one thread, so that its streams take turns and an account that is
down or slow delays only its own connections.
"""
