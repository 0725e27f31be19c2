"""Decisions about windows: what an answer proves, and where to split."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.growthgenius import windows
from connectors.growthgenius.envelope import Listing
from connectors.growthgenius.windows import Span, WindowProof

SPANS = st.tuples(st.integers(0, 2_000), st.integers(5, 3_000)).map(lambda pair: Span(pair[0], pair[0] + pair[1]))


def rows(count: int) -> list[dict[str, int]]:
    return [{"id": n} for n in range(count)]


@pytest.mark.parametrize(
    ("answer", "verdict"),
    [
        pytest.param(Listing(rows(0)), WindowProof.COMPLETE, id="nothing"),
        pytest.param(Listing(rows(137)), WindowProof.COMPLETE, id="no pagination, no round count"),
        pytest.param(Listing(rows(100)), WindowProof.DOUBTFUL, id="no pagination, round count"),
        pytest.param(Listing(rows(1), single=True), WindowProof.DOUBTFUL, id="one where a list was asked for"),
        pytest.param(Listing([], single=True), WindowProof.COMPLETE, id="none where a list was asked for"),
        pytest.param(Listing(rows(25), total=25, pages=1), WindowProof.COMPLETE, id="one page of one"),
        pytest.param(
            Listing(rows(2), total=1, pages=1, limit=10_000), WindowProof.COMPLETE, id="documented sample, a double"
        ),
        pytest.param(Listing(rows(25), total=26, pages=2), WindowProof.PAGED, id="more pages"),
        pytest.param(Listing(rows(25), pages=2), WindowProof.PARTIAL, id="more pages, no total to prove them by"),
        pytest.param(Listing(rows(3), partial=True), WindowProof.PARTIAL, id="partial by its own words"),
        pytest.param(Listing(rows(7), limit=7), WindowProof.DOUBTFUL, id="as many as its limit"),
        pytest.param(
            Listing(rows(2), total=90, limit=50, partial=True), WindowProof.PAGED, id="pages beyond its limit"
        ),
    ],
)
def test_an_answer_is_believed_as_far_as_it_proves_itself(answer: Listing, verdict: WindowProof) -> None:
    assert windows.proof_of(answer, 0) is verdict


def test_a_round_count_is_no_cap_where_a_larger_answer_was_seen() -> None:
    assert windows.proof_of(Listing(rows(100)), 101) is WindowProof.COMPLETE
    assert windows.proof_of(Listing(rows(100)), 100) is WindowProof.DOUBTFUL


@given(SPANS, st.lists(st.integers(0, 5_000)))
def test_the_halves_of_a_window_cover_it_and_are_shorter(span: Span, times: list[int]) -> None:
    halves = windows.split(span, times)
    if halves is None:
        return
    older, newer = halves
    assert (older.start, newer.end) == (span.start, span.end)
    assert newer.start == older.end - windows.OVERLAP
    assert span.start < newer.start
    assert older.end < span.end


@given(SPANS, st.lists(st.integers(0, 5_000), min_size=1))
def test_no_half_holds_all_times_again_where_they_differ(span: Span, times: list[int]) -> None:
    inside = [time for time in times if span.start <= time < span.end]
    halves = windows.split(span, times)
    if inside and max(inside) - min(inside) > 2 * windows.OVERLAP:
        assert halves is not None
        for half in halves:
            assert not all(half.start <= time < half.end for time in inside)


@given(SPANS, st.lists(st.integers(0, 5_000), min_size=1), st.integers(1, 4))
def test_splitting_ends_with_every_time_in_a_part_that_fits_or_is_narrow(
    span: Span, times: list[int], fitting: int
) -> None:
    inside = [time for time in times if span.start <= time < span.end]
    pending, covered, questions = [span], set(), 0
    while pending:
        part = pending.pop()
        questions += 1
        shown = [time for time in inside if part.start <= time < part.end]
        halves = windows.split(part, shown[:fitting]) if len(shown) >= fitting else None
        if halves is None:
            assert len(shown) < fitting or part.end - part.start <= 8 * windows.OVERLAP
            covered.update(shown)
        pending += halves or ()
    assert covered == set(inside)
    assert questions <= 40 * (len(inside) + 1)


@given(SPANS, st.lists(st.integers(0, 5_000)), st.integers(30_001, 200_000))
def test_chunks_cover_the_window_in_order(span: Span, times: list[int], total: int) -> None:
    chunks = windows.cut(span, Listing(rows(200), total=total, per_page=200), times)
    assert (chunks[0].start, chunks[-1].end) == (span.start, span.end)
    for older, newer in pairwise(chunks):
        assert newer.start == older.end - windows.OVERLAP
        assert older.start < older.end
