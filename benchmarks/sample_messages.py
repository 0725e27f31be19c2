"""Invented messages, as long as short business e-mails: about 400 bytes each."""

BODY = (
    "Thank you for the time on the phone. As promised, here is what we talked about: two seats to begin with, the "
    "price of last year, and a colleague, who calls in the first week. Tell me whether Thursday suits you; if it does "
    "not, any other day of that week will do. Best regards, and until soon."
)


def text(number: int) -> str:
    """Return the text of a message; no two are the same."""
    return f"Message {number}.\n\n{BODY}"
