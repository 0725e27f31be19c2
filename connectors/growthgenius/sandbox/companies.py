"""The companies of the GrowthGenius sandbox, and what their look-ups cost.

Rules kept here (documented): a company is flat, without an envelope. No attribute is guaranteed, and a missing one is
null. A request is charged once in 30 days, and one in another spelling is another request. The answer for an unknown
domain is not documented: 404 here.
"""

from datetime import datetime, timedelta
from typing import Any, Final

from connectors.sandbox.base import Call, SandboxResponse

COMPANY_FIELDS: Final = (
    "size", "id", "website", "name", "founded", "size_range", "location", "industry", "facebook_url", "twitter_url",
    "crunchbase_url", "linkedin_url", "linkedin_id", "email_domains", "ticker", "type", "profiles", "tags", "summary",
    "headline", "alternative_names", "alternative_domains", "affiliated_profiles",
)  # fmt: skip
"""The documented keys of a company, in the documented order."""

SPAN: Final = timedelta(days=30)


class SandboxCompanies:
    """Companies by domain. `charged` are the requests that were charged, in order."""

    def __init__(self) -> None:
        self.by_domain: dict[str, dict[str, Any]] = {}
        self.charged: list[str] = []
        self._last: dict[str, datetime] = {}

    def add(self, domain: str, **fields: Any) -> None:
        """Add a company, by its domain in lower case."""
        own = {"id": domain.partition(".")[0], "website": domain, "name": domain.partition(".")[0]}
        self.by_domain[domain] = dict.fromkeys(COMPANY_FIELDS) | own | fields

    def serve(self, call: Call) -> SandboxResponse:
        """GET /companies/find."""
        asked = call.query.get("domain")
        if call.method != "GET" or not asked:
            return SandboxResponse(422, {"errors": ["param is missing or the value is empty: domain"]})
        if asked not in self._last or call.at - self._last[asked] >= SPAN:
            self._last[asked] = call.at
            self.charged.append(asked)
        found = self.by_domain.get(asked.lower().removeprefix("www."))
        return SandboxResponse(404, {"error": "Not Found"}) if found is None else SandboxResponse(200, found)
