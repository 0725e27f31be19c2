"""The contacts of the contract: two values for every canonical field, in canonical form, and contacts with few of them.

Whatever a connector takes comes out of it as it went in, so nothing here needs rewriting by any system: tags, and
what can be one, are in lower case, numbers are E.164 and possible, addresses have the form of their network. All of it
is invented.
"""

from connectors.contact import FIELDS, Fields, Value

SAMPLE: Fields = {
    "first_name": "Ada",
    "last_name": "Byron",
    "email": "ada@example.com",
    "phone": "+12125550110",
    "mobile_phone": "+12125550111",
    "first_phone": "+12125550112",
    "work_phone": "+12125550113",
    "corporate_phone": "+12125550114",
    "home_phone": "+12125550115",
    "other_phone": "+442079460123",
    "company": "Example & Daughters",
    "title": "Head of Numbers",
    "website": "https://www.example.com/about",
    "linkedin_url": "https://www.linkedin.com/in/ada",
    "twitter_url": "https://twitter.com/ada",
    "facebook_url": "https://www.facebook.com/ada",
    "address": "1 Example Street\nSecond floor",
    "city": "Zürich",
    "state": "Kansas",
    "country": "CA",
    "postal_code": "00123",
    "industry": "Banking",
    "employee_count": "11-50",
    "annual_revenue": "$1-$10 million",
    "keywords": "engines, looms",
    "technologies": "Jacquard, Linux",
    "tags": ("customer", "vip"),
    "lists": ("autumn", "spring, late"),
    "stage": "replied",
    "status": "ongoing",
    "owner": "ann@example.com",
    "email_status": "valid",
    "email_confidence": "97",
    "do_not_contact": "true",
    **{f"custom{number}": f"Anything {number}" for number in range(1, 10)},
}
"""A value for every canonical field."""

OTHER: Fields = {
    **{name: f"{value} too" for name, value in SAMPLE.items() if isinstance(value, str)},
    "email": "byron@example.org",
    "phone": "+12125550120",
    "mobile_phone": "+12125550121",
    "first_phone": "+12125550122",
    "work_phone": "+12125550123",
    "corporate_phone": "+12125550124",
    "home_phone": "+12125550125",
    "other_phone": "+442079460456",
    "website": "http://example.org:8080",
    "linkedin_url": "https://www.linkedin.com/in/byron-%C3%A9",
    "twitter_url": "https://x.com/byron",
    "facebook_url": "https://www.facebook.com/byron",
    "country": "GB",
    "postal_code": "SW1A 1AA",
    "tags": ("prospect", "vip"),
    "lists": ("winter",),
    "owner": "bob@example.com",
    "email_confidence": "12",
    "do_not_contact": None,
}
"""Another value for each of them; what is set or not has no other than none."""

OWNERS = ("ann@example.com", "bob@example.com")
"""The users that a sandbox has to know, so that SAMPLE and OTHER can name them as owners."""

BRIEF: Fields = {
    "first_name": "Charles",
    "last_name": "Wheeler",
    "email": "charles@example.com",
    "phone": "+12125550130",
    "city": "Boston",
    "tags": ("cold",),
}
"""A contact with few values, for writes that add to them."""

NAMED: Fields = {"first_name": "Grace", "last_name": "Harbour", "company": "Example Navy"}
"""A contact with neither an e-mail address nor a number."""


def numbered(number: int) -> dict[str, Value]:
    """Return one of many contacts."""
    return {"first_name": "Person", "last_name": f"Number{number}", "email": f"person{number}@example.com"}


assert SAMPLE.keys() == OTHER.keys() == set(FIELDS)
