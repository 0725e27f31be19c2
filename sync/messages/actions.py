"""The kinds of planned actions and of failures of messages, as the state stores them."""

from typing import Final

LINK: Final = "link"
"""Link two messages that exist at both sides."""
CREATE: Final = "create"
"""Copy a message."""
UPDATE: Final = "amend"
"""Make a copy show what its original shows now."""
DELETE: Final = "delete"
"""Delete a copy because its original was deleted."""
WAIT: Final = "wait"
"""List a message until its contact is linked."""
