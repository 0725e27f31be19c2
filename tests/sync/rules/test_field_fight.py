from hypothesis import given
from hypothesis import strategies as st

from sync.rules.field_fight import MOVING, RETURNING, SPAN_MS, WrittenChange, is_fight

NOW_MS = 10 * SPAN_MS


def changes(*written: tuple[str, str], apart_ms: int = 300_000) -> list[WrittenChange]:
    """Return changes, the latest first, so far apart."""
    return [
        WrittenChange(account, value, NOW_MS - number * apart_ms) for number, (account, value) in enumerate(written)
    ]


def back_and_forth(count: int, values: int) -> list[tuple[str, str]]:
    return [(("left", "right")[number % 2], str(number % values)) for number in range(count)]


def test_two_values_that_replace_each_other_six_times_within_a_day_are_a_fight() -> None:
    assert is_fight(changes(*back_and_forth(RETURNING, 2)), NOW_MS)
    assert not is_fight(changes(*back_and_forth(RETURNING - 1, 2)), NOW_MS)


def test_values_that_never_return_are_a_fight_only_after_many_changes() -> None:
    assert not is_fight(changes(*back_and_forth(MOVING - 1, MOVING)), NOW_MS)
    assert is_fight(changes(*back_and_forth(MOVING, MOVING)), NOW_MS)


def test_changes_of_one_side_are_no_fight() -> None:
    assert not is_fight(changes(*[("left", str(number % 2)) for number in range(40)]), NOW_MS)


def test_changes_of_more_than_a_day_are_no_fight() -> None:
    assert not is_fight(changes(*back_and_forth(RETURNING, 2), apart_ms=SPAN_MS // 5), NOW_MS)


@given(st.lists(st.tuples(st.sampled_from(["left", "right"]), st.text(max_size=2)), max_size=RETURNING - 1))
def test_a_few_changes_are_never_a_fight(written: list[tuple[str, str]]) -> None:
    assert not is_fight(changes(*written), NOW_MS)
