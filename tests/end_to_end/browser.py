"""A browser for logins: opens the consent page, chooses, and goes where it is sent. Run as `browser.py CHOICE ADDRESS`.

CHOICE is what is clicked on: Location, Company, no; or "forged", which brings a code of its own first.
"""

import re
import sys
import urllib.error
import urllib.request
from html import unescape
from urllib.parse import parse_qs, urljoin, urlsplit


def main(choice: str, address: str) -> None:
    """Consent, or not."""
    if choice == "forged":
        redirect = parse_qs(urlsplit(address).query)["redirect_uri"][0]
        try:
            urllib.request.urlopen(f"{redirect}?code=forged&state=forged", timeout=60)  # noqa: S310 - on loopback
        except urllib.error.HTTPError as refused:
            print("forged:", refused.code, file=sys.stderr)  # noqa: T201 - for the test to see
        choice = "Location"
    page = urllib.request.urlopen(address, timeout=60).read().decode()  # noqa: S310 - on loopback
    (link,) = re.findall(rf'href="([^"]+)">{choice}<', page)
    urllib.request.urlopen(urljoin(address, unescape(link)), timeout=60).read()  # noqa: S310 - on loopback


if __name__ == "__main__":
    main(*sys.argv[1:])
