"""Sets that are merged element by element, and elements that stay where they are."""

from hypothesis import given
from hypothesis import strategies as st

from sync.rules.sets import changes_of, reservation_of, with_all, without

NAMES = st.sampled_from(["via-growthsync", "Via-GrowthSync", "via-growthsync 2", "via", "stage:lost", "vip"])
SETS = st.lists(NAMES, max_size=5).map(lambda names: tuple(dict.fromkeys(names)) or None)


@given(SETS)
def test_an_element_that_is_reserved_as_a_whole_reserves_no_other(value: tuple[str, ...] | None) -> None:
    kept = without(value, (reservation_of("VIA-growthsync"),)) or ()
    assert [each for each in value or () if each.casefold() != "via-growthsync"] == list(kept)


@given(SETS, SETS)
def test_what_is_reserved_is_never_gained_nor_lost(base: tuple[str, ...] | None, now: tuple[str, ...] | None) -> None:
    gained, lost = changes_of(base, now, (reservation_of("via-growthsync"), "stage:"))
    assert {"via-growthsync", "stage:lost"}.isdisjoint({*gained, *lost})


def test_elements_are_added_once_whatever_their_case() -> None:
    assert with_all(None, ("b", "A")) == ("A", "b")
    assert with_all(("vip", "a"), ("A",)) == ("a", "vip")
    assert with_all(None, ()) is None
