"""What is kept of a record that cannot be read."""

from hypothesis import given
from hypothesis import strategies as st

from state.indexed_contact import IndexedContact
from sync.contacts.page_records import united

TEXTS = st.none() | st.sampled_from(["a@example.com", "b@example.com"])
KEYS = st.tuples() | st.tuples(st.sampled_from(["+12125550123", "+12125550124"]))
KNOWN = st.builds(
    IndexedContact, st.just("1"), TEXTS, st.sampled_from(["", "ana", "bob"]), KEYS, TEXTS, st.none() | st.just(1)
)


@given(KNOWN, KNOWN)
def test_what_is_legible_now_counts_and_nothing_that_was_known_is_dropped(
    before: IndexedContact, shown: IndexedContact
) -> None:
    now = united(before, shown)
    for name in ("email", "name", "phones", "marker", "created_ms"):
        assert getattr(now, name) == (getattr(shown, name) or getattr(before, name))
