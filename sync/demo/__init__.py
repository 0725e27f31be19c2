"""`sync demo`: both systems on this machine, filled with invented people, synced before your eyes.

Rules kept here: engine, HTTP and SQLite are the real ones, only the servers are sandboxes; what is shown of a sync was
read from the servers or from the state file; the people are the same each time.
"""

from sync.demo.walkthrough import demo

__all__ = ["demo"]
