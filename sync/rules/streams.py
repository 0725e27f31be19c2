"""The names of the streams, and of the field of a message, in state, reports and config.

A module of its own, so that `sync status` loads little else.
"""

from typing import Final

CONTACTS: Final = "contacts"
MESSAGES: Final = "messages"
TEXT: Final = "text"
"""The field of a conflict between a message and its copy."""
