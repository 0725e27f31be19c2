"""Find the domain of a contact's company in a web address or an e-mail address.

Rules kept here:
- one spelling for one domain: lower case, no scheme, no "www.", no port, no path, ASCII (IDNA), because GrowthGenius
  charges for each request with another spelling;
- a domain with public addresses or pages says nothing about a company.
"""

import re
from typing import Final

from connectors.values import domain, web

PUBLIC_MAIL: Final = frozenset({
    "126.com", "163.com", "aol.com", "att.net", "bellsouth.net", "bigpond.com", "bluewin.ch", "bt.com",
    "btinternet.com", "charter.net", "comcast.net", "cox.net", "duck.com", "email.com", "fastmail.com", "fastmail.fm",
    "free.fr", "freenet.de", "gmail.com", "gmx.at", "gmx.ch", "gmx.com", "gmx.de", "gmx.net", "googlemail.com",
    "hey.com", "hotmail.co.uk", "hotmail.com", "hotmail.de", "hotmail.es", "hotmail.fr", "hotmail.it", "icloud.com",
    "inbox.com", "laposte.net", "libero.it", "live.ca", "live.co.uk", "live.com", "live.fr", "live.nl", "mac.com",
    "mail.com", "mail.ru", "mailbox.org", "me.com", "msn.com", "naver.com", "ntlworld.com", "optonline.net",
    "orange.fr", "outlook.com", "outlook.de", "outlook.fr", "pm.me", "posteo.de", "proton.me", "protonmail.com",
    "qq.com", "rediffmail.com", "rocketmail.com", "rogers.com", "sbcglobal.net", "sfr.fr", "shaw.ca", "sky.com",
    "sympatico.ca", "t-online.de", "talktalk.net", "tiscali.it", "tutanota.com", "uol.com.br", "verizon.net",
    "virgilio.it", "virginmedia.com", "wanadoo.fr", "web.de", "xtra.co.nz", "yahoo.ca", "yahoo.co.in", "yahoo.co.jp",
    "yahoo.co.uk", "yahoo.com", "yahoo.com.au", "yahoo.com.br", "yahoo.de", "yahoo.es", "yahoo.fr", "yahoo.in",
    "yahoo.it", "yandex.com", "yandex.ru", "ymail.com", "zoho.com",
})  # fmt: skip
"""Domains with public e-mail addresses."""

PUBLIC_PAGES: Final = frozenset({
    "about.me", "blogspot.com", "calendly.com", "crunchbase.com", "facebook.com", "fb.com", "github.com", "github.io",
    "google.com", "instagram.com", "linkedin.com", "linktr.ee", "medium.com", "notion.site", "pinterest.com",
    "substack.com", "t.me", "tiktok.com", "twitter.com", "vimeo.com", "weebly.com", "wixsite.com", "wordpress.com",
    "x.com", "xing.com", "youtube.com",
})  # fmt: skip
"""Domains with public pages."""

_END_OF_HOST = re.compile(r"[/?#:]")


def of_website(address: str) -> str | None:
    """Return the domain of a canonical web address, None where it shows no company."""
    return _canonical(_END_OF_HOST.split(web.key(address), maxsplit=1)[0], PUBLIC_PAGES)


def of_email(address: str) -> str | None:
    """Return the domain of a canonical e-mail address, None where it shows no company."""
    return _canonical(address.rpartition("@")[2], PUBLIC_MAIL)


def _canonical(host: str, public: frozenset[str]) -> str | None:
    name = domain.canonical(host)
    if name is None or any(f".{name}".endswith(f".{each}") for each in public):
        return None
    return domain.key(name.removeprefix("www."))
