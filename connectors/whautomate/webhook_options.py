"""The key of the table [webhooks] for Whautomate: what a secret is recognised by.

Whautomate signs no event. So an event counts only if it brings a secret of 32 random bytes, as 64 hexadecimal digits:
at the end of the path, or in a header that the webhook sends. The config file has the hash of the secret alone.
"""

import re
from typing import Annotated, Final

from pydantic import BeforeValidator

from connectors.account_options import SHOWN, OptionsTable

HASH_HELP: Final = "the SHA-256 of the secret in hexadecimal digits, from: printf %s SECRET | sha256sum"


def _hash(value: object) -> str:
    if not isinstance(value, str) or re.fullmatch(r"[0-9a-f]{64}", value) is None:
        raise ValueError(HASH_HELP)
    return value


class WhautomateWebhookKeys(OptionsTable):
    """The hash of the secret of Whautomate's webhooks. Without it no event of Whautomate is taken."""

    whautomate_key_sha256: Annotated[str, BeforeValidator(_hash), SHOWN] | None = None
