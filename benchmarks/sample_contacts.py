"""Invented contacts, as complete as real prospects: about 1.7 kB of JSON each at GrowthGenius."""

from typing import Any

FIRST = ("Ada", "Ben", "Cleo", "Dana", "Emil", "Fay", "Gus", "Hana", "Ivo", "June", "Kai", "Lea", "Max", "Nora")
LAST = ("Ash", "Brook", "Cliff", "Dale", "Elm", "Field", "Grove", "Hill", "Isle", "Lake", "Marsh", "North")
CITIES = (("Auckland", "Auckland", "New Zealand"), ("Austin", "Texas", "USA"), ("Leeds", "England", "UK"))
TITLES = ("CEO", "Head of Sales", "Software Engineer", "Office Manager", "Marketing Director")


def prospect(number: int) -> dict[str, Any]:
    """Return the record of a contact at GrowthGenius, by wire key, with its own address and number."""
    first, last = FIRST[number % len(FIRST)], LAST[number // len(FIRST) % len(LAST)]
    city, state, country = CITIES[number % len(CITIES)]
    company = f"Company {number // 7}"
    return {
        "first_name": first,
        "last_name": last,
        "full_name": f"{first} {last}",
        "name": f"{first} {last}",
        "email": f"{first}.{last}.{number}@example.com".lower(),
        "email_status": "Verified",
        "email_confidence": "0.97",
        "mobile_phone": f"+1 212 {200 + number // 10_000:03} {number % 10_000:04}",
        "work_phone": f"(646) {200 + number // 10_000:03}-{number % 10_000:04}",
        "title": TITLES[number % len(TITLES)],
        "company_name": company,
        "company_name_informal": company,
        "company_city": city,
        "company_state": state,
        "company_country": country,
        "company_linkedin_url": f"http://www.linkedin.com/company/company-{number // 7}",
        "website": f"http://www.company-{number // 7}.example.com",
        "linkedin_url": f"http://www.linkedin.com/in/{first}-{last}-{number}".lower(),
        "linkedin_username": f"{first}-{last}-{number}".lower(),
        "city": city,
        "state": state,
        "country": country,
        "industry": "information technology & services",
        "employee_count": str(10 + number % 900),
        "annual_revenue": str(1_000_000 + number),
        "keywords": "cloud, crm, sales engagement, lead generation",
        "technologies": "Gmail, Google Apps, WordPress.org, Google Analytics",
        "seo_description": f"{company} makes and sells what its customers ask for, in {city} and elsewhere.",
        "label_names": ["prospect", f"batch {number % 10}"],
        "stage": "Cold",
        "status": "Active",
        "custom1": f"note {number}",
    }
