"""GET /companies/find: what GrowthGenius knows of a company, in the words in which a contact has it.

Rules kept here:
- one question per domain, in one spelling: GrowthGenius charges once in 30 days for each unique request (documented);
- no attribute is guaranteed, and what is missing is null (documented); `size_range` is the employee_count of a contact;
- the place, the profiles and the tags of a company are none of a person's, and are left out;
- the answer has no envelope (newest documents); one with a `company` in it is understood as well.
"""

import html
from collections.abc import Mapping
from typing import Any, Final

from connectors.companies import FILLED
from connectors.contact import Fields
from connectors.growthgenius.client import GrowthGeniusClient
from connectors.records import Raw
from connectors.values import text, web

KEYS: Final[Mapping[str, str]] = {"company": "name", "employee_count": "size_range"}
"""The key of a field, where it is not the field's own name."""


class GrowthGeniusCompanies:
    """The companies that one account can look up."""

    def __init__(self, client: GrowthGeniusClient) -> None:
        self._client = client

    def find_company(self, domain: str) -> Fields | None:
        """Return what is known of the company, None of an unknown one."""
        raw = self._client.company(domain)
        return None if raw is None else fields_of(raw)


def fields_of(raw: Raw) -> Fields:
    """Return the fields that a company gives to the people who work there."""
    readings = {name: _read(name, raw.get(KEYS.get(name, name))) for name in FILLED}
    return {name: value for name, value in readings.items() if isinstance(value, str)}


def _read(name: str, value: Any) -> Any:
    plain = html.unescape(value) if isinstance(value, str) else value
    return web.website(plain) if name == "website" else text.clean_line(plain)
