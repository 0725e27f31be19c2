"""GET /companies/find: what is asked, what is understood, and what a look-up is charged for."""

from datetime import timedelta
from typing import Any

import pytest

from connectors.errors import AuthError, RecordRefused, ServerTrouble
from connectors.growthgenius.companies import fields_of
from connectors.growthgenius.sandbox.companies import COMPANY_FIELDS, SPAN
from connectors.sandbox.faults import Fault
from tests.connectors.growthgenius.account import World


def test_a_company_gives_its_contacts_what_is_not_their_own() -> None:
    raw: dict[str, Any] = {
        "name": "Acme &amp; Sons", "website": "acme.example.com", "industry": " looms ", "size_range": "11-50",
        "size": 27, "annual_revenue": "$1-$10 million", "linkedin_url": "linkedin.com/company/acme",
        "location": {"country": "united states"}, "tags": ["weaving"],
    }  # fmt: skip
    assert fields_of(raw) == {
        "company": "Acme & Sons",
        "website": "https://acme.example.com",
        "industry": "looms",
        "employee_count": "11-50",
        "annual_revenue": "$1-$10 million",
    }


def test_what_is_missing_or_makes_no_sense_is_left_out() -> None:
    assert fields_of({"name": None, "website": "see below", "industry": "NaN", "size_range": ""}) == {}


def test_a_company_is_requested_by_its_domain_as_the_first_user() -> None:
    with World(user_ids=(78, 81)) as world:
        world.sandbox.companies.add("acme.example.com", size_range="11-50")
        assert world.account.companies.find_company("acme.example.com") == {
            "company": "acme",
            "website": "https://acme.example.com",
            "employee_count": "11-50",
        }
        assert world.asked() == [("GET", "/companies/find")]
        assert world.sandbox.calls[0].query == {"domain": "acme.example.com", "user_id": "78"}


def test_a_company_that_is_not_known_is_none() -> None:
    with World() as world:
        assert world.account.companies.find_company("nowhere.example.com") is None


@pytest.mark.parametrize("body", [b'{"company": null}', b"{}", b"null"])
def test_an_answer_that_says_so_is_none_too(body: bytes) -> None:
    with World() as world:
        world.sandbox.faults.append(Fault("status", path="/companies/find", status=200, body=body))
        assert world.account.companies.find_company("acme.example.com") is None


def test_an_answer_with_an_envelope_is_understood() -> None:
    with World() as world:
        body = b'{"company": {"name": "Acme"}}'
        world.sandbox.faults.append(Fault("status", path="/companies/find", status=200, body=body))
        assert world.account.companies.find_company("acme.example.com") == {"company": "Acme"}


def test_an_answer_that_holds_something_else_is_no_company() -> None:
    with World() as world:
        body = b'{"contact": {"id": 7, "first_name": "Tony"}}'  # the older documents show a contact here
        world.sandbox.faults.append(Fault("status", path="/companies/find", status=200, body=body))
        with pytest.raises(ServerTrouble, match="holds no company"):
            world.account.companies.find_company("acme.example.com")


@pytest.mark.parametrize(("status", "error"), [(401, AuthError), (403, AuthError), (422, RecordRefused)])
def test_a_look_up_that_is_refused_is_an_error(status: int, error: type[Exception]) -> None:
    with World() as world:
        world.sandbox.faults.append(Fault("status", path="/companies/find", status=status))
        with pytest.raises(error):
            world.account.companies.find_company("acme.example.com")


def test_the_sandbox_charges_once_in_thirty_days_for_each_spelling_of_a_request() -> None:
    with World() as world:
        world.sandbox.companies.add("acme.example.com")
        for asked in ("acme.example.com", "acme.example.com", "www.ACME.example.com", "nowhere.example.com"):
            world.account.companies.find_company(asked)
        assert world.sandbox.companies.charged == ["acme.example.com", "www.ACME.example.com", "nowhere.example.com"]
        world.clock.pass_by((SPAN - timedelta(seconds=1)).total_seconds())
        world.account.companies.find_company("acme.example.com")
        assert len(world.sandbox.companies.charged) == 3
        world.clock.pass_by(2)
        world.account.companies.find_company("acme.example.com")
        assert len(world.sandbox.companies.charged) == 4


def test_the_sandbox_shows_every_documented_key() -> None:
    with World() as world:
        world.sandbox.companies.add("acme.example.com", industry="looms")
        shown = world.sandbox.companies.by_domain["acme.example.com"]
        assert tuple(shown) == COMPANY_FIELDS
        assert len(COMPANY_FIELDS) == 23
