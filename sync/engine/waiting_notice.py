"""Say that an account is waited for, before a person wonders whether anything happens."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

FIRST: Final = 2.5
"""Seconds of silence before the first notice, so that it is there within 3 s."""
AGAIN: Final = 10.0
"""Seconds between two notices."""

Wait = Callable[[threading.Event, float], bool]
"""Waits for an event, for so many seconds at most; returns whether the event has come."""


@contextmanager
def telling_while_waiting(what: str, tell: Callable[[str], None], wait: Wait = threading.Event.wait) -> Iterator[None]:
    """Tell after some seconds, and then again and again, that the block still waits for `what`."""
    ended = threading.Event()

    def watch() -> None:
        silence = FIRST
        while not wait(ended, silence):
            tell(f"still waiting for {what}; a call that is not answered is repeated, Ctrl-C ends it")
            silence = AGAIN

    watcher = threading.Thread(target=watch, name=f"waiting for {what}", daemon=True)
    watcher.start()
    try:
        yield
    finally:
        ended.set()
        watcher.join()
