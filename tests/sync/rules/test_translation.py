from hypothesis import given
from hypothesis import strategies as st

from connectors.contact import Value
from sync.rules.translation import NO_TRANSLATION, Members, TranslationTable, terms

STAGES = terms({"Replied": "Engaged", "Not Interested": "Lost", "Bounced": "Lost"})
WORDS = st.sampled_from(("New", "new", "Open", "Won", "LOST", "Straße", "İstanbul"))
MAPS = st.dictionaries(WORDS, WORDS, min_size=1).filter(
    lambda pairs: len({each.casefold() for each in pairs}) == len(pairs)
)


def test_a_value_goes_over_in_the_words_of_the_other_side_whatever_its_case() -> None:
    assert STAGES.carried("replied", "right") == "Engaged"
    assert STAGES.carried("ENGAGED", "left") == "Replied"
    assert STAGES.carried("Bounced", "right") == "Lost"


def test_what_the_map_does_not_have_is_nameless() -> None:
    assert STAGES.carried("Engaged", "right") is NO_TRANSLATION
    assert STAGES.carried("Replied", "left") is NO_TRANSLATION


def test_a_word_that_stands_for_several_is_never_guessed_backwards() -> None:
    assert STAGES.carried("Lost", "left") is NO_TRANSLATION
    assert STAGES.same("Bounced", "lost")
    assert STAGES.same("Not Interested", "Lost")


def test_several_values_where_one_is_meant_are_nameless() -> None:
    for exchange in (STAGES, TranslationTable()):
        assert exchange.carried(("engaged", "lost"), "left") is NO_TRANSLATION
        assert not exchange.same("Replied", ("engaged", "lost"))


def test_without_a_map_every_value_is_synced_as_it_is_and_is_compared_without_case() -> None:
    exchange = terms(None)
    assert exchange.carried("Replied", "right") == "Replied"
    assert exchange.same("Replied", "replied")
    assert not exchange.same("Replied", None)


def test_a_user_that_the_other_side_does_not_know_is_nameless_and_no_owner_is_read() -> None:
    users = Members(frozenset({"ann@example.com"}), None)
    assert users.carried("Ann@Example.com", "left") == "Ann@Example.com"
    assert users.carried("bob@example.com", "left") is NO_TRANSLATION
    assert users.carried("bob@example.com", "right") == "bob@example.com"  # not asked yet
    assert users.same("Bob@example.com", "bob@example.com")


@given(st.one_of(st.none(), st.just(terms({"a": "b"})), st.just(Members(frozenset(), frozenset()))))
def test_empty_is_empty_on_both_sides(exchange: TranslationTable | Members | None) -> None:
    for each in (exchange or TranslationTable(),):
        assert each.carried(None, "left") is None
        assert each.carried(None, "right") is None
        assert each.same(None, None)
        assert not each.same(None, "a")


@given(MAPS, WORDS)
def test_what_goes_over_and_back_is_what_it_was(pairs: dict[str, str], word: str) -> None:
    exchange = terms(pairs)
    for there, back in (("right", "left"), ("left", "right")):
        carried = exchange.carried(word, there)
        if carried is NO_TRANSLATION:
            continue
        again = exchange.carried(carried, back)
        assert again is NO_TRANSLATION or str(again).casefold() == word.casefold()
        assert exchange.same(*((word, carried) if there == "right" else (carried, word)))


@given(MAPS, WORDS | st.none(), WORDS | st.none())
def test_same_values_are_those_of_which_one_is_called_so_on_the_other_side(
    pairs: dict[str, str], left: Value, right: Value
) -> None:
    exchange = terms(pairs)
    carried = exchange.carried(left, "right")
    equal = carried is not NO_TRANSLATION and str(carried).casefold() == str(right).casefold()
    assert exchange.same(left, right) == equal
