"""The contract of a company look-up: what the engine asks of a system that knows companies."""

from typing import Final, Protocol

from connectors.contact import Fields

FILLED: Final = ("company", "website", "industry", "employee_count", "annual_revenue")
"""The fields of a contact that describe its company."""


class CompanyDirectory(Protocol):
    """The companies that one account can look up."""

    def find_company(self, domain: str) -> Fields | None:
        """Return what is known of the company with this domain: those of FILLED that it has. None if it is unknown.

        `domain` is as connectors.values.company_domain returns it. The look-up may be charged for, once in 30 days for
        the same domain. Raises RecordRefused (the domain is not possible there), AuthError, TransientError.
        """
