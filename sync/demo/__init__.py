"""`sync demo`: two sandboxes on this machine, filled with invented contacts and synced while you watch.

Rules kept here: engine, HTTP and SQLite are the real ones, only the servers are sandboxes. What the demo shows of a
sync was read from the servers or from the state file. The contacts are the same each time.
"""

from sync.demo.kept_servers import sandbox
from sync.demo.pair_walkthrough import pair_demo
from sync.demo.walkthrough import demo

__all__ = ["demo", "pair_demo", "sandbox"]
