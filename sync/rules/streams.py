"""The names of the streams in state, reports and config.

A module of its own, so that `sync status` loads little else.
"""

from typing import Final

CONTACTS: Final = "contacts"
MESSAGES: Final = "messages"
