from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from sync.rules.kept_times import decode, encode, of_view, open_fields, still_shown, without
from sync.rules.merge_result import SideView
from tests.sync.people_model import NAMES, some_fields, values

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
LATER = NOON + timedelta(hours=1)


def test_a_field_is_open_until_both_sides_show_what_they_agreed_on() -> None:
    left = SideView({"city": "Rome", "email": "a@example.com"}, {"city": "Rome", "email": "a@example.com"})
    assert open_fields(["city", "email"], left, left) == frozenset()
    assert open_fields(["city"], SideView({"city": "Oslo"}, {"city": "Rome"}), left) == {"city"}
    assert open_fields(["city"], SideView({"city": "Rome"}, {}), left) == {"city"}
    assert open_fields(["tags"], SideView({"tags": ("a",)}, {}), SideView({}, {})) == frozenset()


def test_a_kept_time_counts_for_the_value_that_was_shown_then_and_for_no_other() -> None:
    kept = of_view(SideView({"city": "Rome", "title": "CEO"}, {}, NOON), ["city", "title", "state"])
    assert kept == {"city": ("Rome", NOON), "title": ("CEO", NOON)}
    assert still_shown(kept, {"city": "Rome", "title": "CFO"}) == {"city": NOON}
    assert of_view(SideView({"city": "Rome"}, {}, NOON), ["city"], {"city": "Oslo"}) == {}


def test_a_time_that_counts_for_a_field_is_kept_rather_than_that_of_the_record() -> None:
    view = SideView({"city": "Rome", "title": "CEO"}, {}, LATER, times={"city": NOON})
    assert of_view(view, ["city", "title"]) == {"city": ("Rome", NOON), "title": ("CEO", LATER)}


def test_a_blank_is_kept_where_a_user_has_emptied_the_field() -> None:
    assert of_view(SideView({"city": None}, {}, NOON), ["city"]) == {}
    assert of_view(SideView({"city": None}, {"city": "Rome"}, NOON), ["city"]) == {"city": (None, NOON)}


def test_what_has_no_time_is_not_kept() -> None:
    assert of_view(SideView({"city": "Rome"}, {}), ["city"]) == {}
    assert encode({}, 0.0) is None
    assert decode(None, 0.0) == {}


@given(some_fields(), st.sets(st.sampled_from(NAMES)), st.integers(0, 10**9), st.integers(-9, 9))
def test_a_link_gives_back_what_was_kept(
    now: dict[str, object], names: set[str], milliseconds: int, offset: int
) -> None:
    moment = NOON + timedelta(milliseconds=milliseconds)
    kept = of_view(SideView(now, {}, moment), NAMES)  # type: ignore[arg-type]
    assert decode(encode(kept, offset), offset) == kept
    assert without(kept, names).keys() == kept.keys() - names


def test_what_is_kept_is_a_servers_time_so_that_our_clock_may_be_set_meanwhile() -> None:
    text = encode({"city": ("Rome", NOON)}, 7200.0)
    assert decode(text, 0.0) == {"city": ("Rome", NOON + timedelta(hours=2))}
    assert decode(text, 7200.0) == {"city": ("Rome", NOON)}


@given(values("city"), values("city"))
def test_an_open_field_has_changed_on_a_side_or_was_never_agreed_on(now: str | None, base: str | None) -> None:
    left = SideView({"city": now}, {"city": base})
    assert (open_fields(["city"], left, SideView({}, {"city": base})) == {"city"}) == left.changed("city")
