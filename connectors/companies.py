"""What the engine asks of a system that knows companies: the contract beside connectors.connector."""

from typing import Final, Protocol

from connectors.contact import Fields

FILLED: Final = ("company", "website", "industry", "employee_count", "annual_revenue")
"""The fields of a person that are the company's, not the person's own."""


class CompanyDirectory(Protocol):
    """The companies that one account can look up."""

    def find_company(self, domain: str) -> Fields | None:
        """Return what is known of the company with this domain: those of FILLED that it has. None of an unknown one.

        `domain` is as `connectors.values.company_domain` has it. The look-up may be charged for, once in 30 days for
        the same
        domain. Raises RecordRefused (the domain makes no sense there), AuthError, TransientError.
        """
