"""What the state, the reports and the config call the streams. Apart, since `sync status` needs no more of them."""

from typing import Final

CONTACTS: Final = "contacts"
MESSAGES: Final = "messages"
