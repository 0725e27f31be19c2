"""Answers are unwrapped from every documented shape, and from no other."""

from typing import Any

import pytest

from connectors.errors import Malformed
from connectors.growthgenius.envelope import identity, listing, one

ELON = {"id": "d54c54ad-40be-4305-8a34-0ab44710b90d", "fist_name": "Elon", "last_name": "Musk", "//": "..."}
TIDY = {"id": ELON["id"], "first_name": "Elon", "last_name": "Musk"}


@pytest.mark.parametrize(
    "body",
    [
        pytest.param({"contacts": [ELON]}, id="flat"),
        pytest.param({"contacts": [{"contact": ELON}]}, id="wrapped"),
        pytest.param({"contact": ELON}, id="one"),
        pytest.param({"contact": [ELON]}, id="list under the singular"),
        pytest.param([ELON], id="bare list"),
        pytest.param([{"contact": ELON}], id="bare list of wrapped"),
        pytest.param(ELON, id="bare object"),
    ],
)
def test_every_documented_list_shows_its_records(body: Any) -> None:
    assert list(listing(body).records) == [TIDY]


@pytest.mark.parametrize("body", [{"contacts": []}, {"contact": None}, []])
def test_an_empty_list_is_empty(body: Any) -> None:
    assert list(listing(body).records) == []


@pytest.mark.parametrize(
    "body",
    [None, "Hello world!", 7, {}, {"error": "no"}, {"contacts": "none"}, {"contact": "none"}, {"contact": {}}],
)
def test_what_holds_no_contacts_is_not_mistaken_for_an_empty_list(body: Any) -> None:
    with pytest.raises(Malformed):
        listing(body)


@pytest.mark.parametrize("row", [None, 7, "x", [], {}, {"id": None}, {"id": True}, {"id": " "}, {"id": 0}, {"id": "0"}])
@pytest.mark.parametrize("wrap", [lambda rows: rows, lambda rows: {"contacts": rows}])
def test_rows_that_are_no_records_are_counted_and_the_others_are_shown(row: Any, wrap: Any) -> None:
    shown = listing(wrap([row, ELON, row]))
    assert (list(shown.records), shown.broken, shown.rows) == ([TIDY], 2, 3)


def test_pagination_is_read_from_numbers_and_from_text() -> None:
    said = {"page": "1", "per_page": "25", "total_entries": 60, "total_pages": "3"}
    answer = listing(
        {"contacts": [], "pagination": said, "partial_results_limit": 10_000, "partial_results_only": True}
    )
    assert (answer.total, answer.pages, answer.per_page, answer.limit, answer.partial) == (60, 3, 25, 10_000, True)


@pytest.mark.parametrize("pagination", [None, [], {}, {"total_entries": None}, {"total_entries": -1}])
def test_no_pagination_is_no_pagination(pagination: Any) -> None:
    answer = listing({"contacts": [], "pagination": pagination})
    assert (answer.total, answer.pages, answer.per_page) == (None, None, None)


@pytest.mark.parametrize("body", [{"contact": {"id": 2, "name": "Max"}}, {"id": 2, "name": "Max"}])
def test_one_record_is_shown_wrapped_or_bare(body: Any) -> None:
    assert one(body) == {"id": 2, "name": "Max"}


def test_no_record_is_said_with_null() -> None:
    assert one({"contact": None}) is None


@pytest.mark.parametrize("body", [None, [], {}, {"contact": []}, {"error": "no"}, {"contact": {"name": "Max"}}])
def test_what_holds_no_record_is_malformed(body: Any) -> None:
    with pytest.raises(Malformed):
        one(body)


@pytest.mark.parametrize(("raw_id", "key"), [(1102755, "1102755"), ("5da8ce", "5da8ce")])
def test_ids_are_strings_inside(raw_id: Any, key: str) -> None:
    assert identity({"id": raw_id}) == key


def test_first_name_is_not_overwritten_by_its_misspelling() -> None:
    assert one({"id": 1, "first_name": "Tony", "fist_name": "Elon"}) == {"id": 1, "first_name": "Tony"}
