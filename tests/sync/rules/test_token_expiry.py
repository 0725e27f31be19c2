from hypothesis import given
from hypothesis import strategies as st

from sync.rules.token_expiry import MARGIN_MS, YOUNG_MS, TokenLifetime, missing_scopes, need, new_token_may_help

DAY_MS = 86_399_000
times = st.integers(0, 4_000_000_000_000)
lives = st.integers(1, 400 * 86_400_000)


def lease(got_ms: int, life_ms: int | None) -> TokenLifetime:
    return TokenLifetime("t", got_ms, None if life_ms is None else got_ms + life_ms)


@given(got=times, life=lives, now=times)
def test_a_token_is_renewed_before_it_expires_and_not_much_before(got: int, life: int, now: int) -> None:
    left = got + life - now
    margin = min(MARGIN_MS, life // 10)
    assert need(lease(got, life), now) == ("now" if left <= 0 else "soon" if left <= margin else "none")


@given(got=times, life=lives)
def test_a_token_that_was_just_got_needs_nothing_however_short_its_life(got: int, life: int) -> None:
    assert need(lease(got, life), got) == "none"


@given(got=times, life=lives, first=times, second=times)
def test_a_need_only_grows(got: int, life: int, first: int, second: int) -> None:
    order = ("none", "soon", "now")
    early, late = (order.index(need(lease(got, life), moment)) for moment in sorted((first, second)))
    assert early <= late


@given(got=times, now=times)
def test_a_token_without_a_reported_end_is_good_until_it_is_refused(got: int, now: int) -> None:
    assert need(lease(got, None), now) == "none"


@given(got=times, now=times)
def test_a_refusal_leads_to_another_token_but_where_that_is_new_itself(got: int, now: int) -> None:
    assert new_token_may_help(lease(got, DAY_MS), "it answered 401: Invalid JWT", now) == (
        not 0 <= now - got < YOUNG_MS
    )
    assert not new_token_may_help(
        lease(got, DAY_MS), "it answered 401: The token is not authorized for this Scope.", now
    )


def test_scopes_are_missing_where_some_were_reported_and_not_these() -> None:
    assert missing_scopes(("a", "b", "c"), ("c", "a")) == ("b",)
    assert missing_scopes(("a",), ()) == ()
