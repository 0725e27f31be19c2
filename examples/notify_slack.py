#!/usr/bin/env python3
"""Send an event of growthsync to a channel of Slack (or of Mattermost), by an incoming webhook.

Use: notify_slack.py FILE, where FILE holds the address of the webhook.
"""

import json
import sys
import urllib.request
from pathlib import Path


def main() -> int:
    """Send the event on standard input; return 0 when Slack has taken it."""
    address = Path(sys.argv[1]).read_text(encoding="utf-8").strip()
    event = json.load(sys.stdin)
    sign = ":white_check_mark:" if event["over"] else ":warning:"
    text = f"{sign} {event['text']}"
    if not event["over"]:
        text += f"\nNext: `{event['command']}`"
    request = urllib.request.Request(  # noqa: S310 - the user's own address
        address, json.dumps({"text": text}).encode(), {"Content-Type": "application/json"}
    )
    with urllib.request.urlopen(request, timeout=8) as answer:  # noqa: S310 - as above
        return 0 if answer.status == 200 else 1  # noqa: PLR2004 - what Slack answers


if __name__ == "__main__":
    sys.exit(main())
