#!/usr/bin/env python3
"""Send an event of growthsync as an e-mail.

With --password, a file with the password, it begins TLS and logs in as the sender; without, it hands the letter to a
mail server of this machine or network as it is.
"""

import argparse
import json
import smtplib
import ssl
import sys
from email.message import EmailMessage
from pathlib import Path


def main() -> int:
    """Send the event on standard input; return 0 when the server has taken it."""
    options = _options()
    event = json.load(sys.stdin)
    letter = EmailMessage()
    letter["From"], letter["To"] = options.sender, options.to
    letter["Subject"] = f"growthsync: {event['event']}{' is over' if event['over'] else ''}"
    letter.set_content(f"{event['text']}\n\nnext: {event['command']}\nsince: {event.get('since', '')}\n")
    host, _, port = options.server.rpartition(":")
    with smtplib.SMTP(host, int(port), timeout=8) as server:
        if options.password is not None:
            server.starttls(context=ssl.create_default_context())
            server.login(options.sender, options.password.read_text(encoding="utf-8").strip())
        server.send_message(letter)
    return 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--server", required=True, metavar="HOST:PORT")
    parser.add_argument("--from", dest="sender", required=True)
    parser.add_argument("--to", required=True)
    parser.add_argument("--password", type=Path, metavar="FILE")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
