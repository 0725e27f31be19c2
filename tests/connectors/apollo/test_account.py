"""What `check` says of a key, and which answers mean that a contact is deleted."""

from collections.abc import Iterator

import pytest

from connectors.apollo.sandbox.server import ApolloQuirks
from connectors.errors import RecordGone, RecordRefused
from connectors.http.rate_headers import RateLimit
from connectors.sandbox.faults import Fault
from tests.connectors.clocks import FakeClock
from tests.contract.apollo import ApolloPlace
from tests.contract.sample_contacts import BRIEF


@pytest.fixture
def place() -> Iterator[ApolloPlace]:
    place = ApolloPlace(FakeClock(), ApolloQuirks())
    with place.sandbox:
        place.account = place.connect()
        yield place
        place.close()


@pytest.mark.parametrize(
    ("scope", "fatal"),
    [("contacts/search", True), ("contact_stages/index", False), ("users/search", False), ("labels/index", False),
     ("fields/index", False)],
)  # fmt: skip
def test_check_names_the_endpoint_that_the_key_lacks(place: ApolloPlace, *, scope: str, fatal: bool) -> None:
    place.make_places()
    assert all(one.ok for one in place.account.check_account(fix=False))
    place.sandbox.quirks.scopes_missing = frozenset({scope})
    (wrong,) = [one for one in place.account.check_account(fix=False) if not one.ok]
    assert f"api/v1/{scope}" in wrong.mend
    assert wrong.fatal is fatal


@pytest.mark.parametrize("endpoint", ["update", "bulk_create", "bulk_update", "update_stages"])
def test_check_names_the_endpoint_for_writes_that_the_key_lacks_and_writes_nothing(
    place: ApolloPlace, endpoint: str
) -> None:
    before = place.sandbox.people()
    assert place.account.check_writing().ok
    place.sandbox.quirks.scopes_missing = frozenset({f"contacts/{endpoint}"})
    wrong = place.account.check_writing()
    assert (wrong.ok, wrong.problem.startswith(f"{endpoint}: ")) == (False, True)
    assert endpoint in wrong.mend
    assert place.sandbox.people() == before


def test_check_says_what_the_plan_allows(place: ApolloPlace) -> None:
    place.sandbox.rate = RateLimit(200, 60.0, 2000, ((3600.0, 400), (86_400.0, 2000)))
    search = place.account.check_account(fix=False)[0]
    assert search.what == (
        "key may search contacts; its plan allows 200 calls a minute, 400 an hour, 399 left, 2000 a day, 1999 left"
    )


def test_check_says_that_the_stage_for_consent_is_missing(place: ApolloPlace) -> None:
    place.make_places()
    place.sandbox.stages = {"s1": "Cold"}
    (wrong,) = [one for one in place.account.check_account(fix=False) if not one.ok]
    assert "Do Not Contact" in wrong.problem


@pytest.mark.parametrize(
    ("said", "error"),
    [
        ("This contact has been deleted.", RecordGone),
        ("Oops! This contact does not exist in Apollo.", RecordRefused),
        ("You are not authorized to view this page.", RecordRefused),
    ],
)
def test_only_the_words_has_been_deleted_mean_a_deletion(place: ApolloPlace, said: str, error: type[Exception]) -> None:
    record_id = place.add(BRIEF)
    place.sandbox.faults.append(Fault("status", status=422, body={"error": said}))
    with pytest.raises(error):
        place.account.read_record(record_id)
