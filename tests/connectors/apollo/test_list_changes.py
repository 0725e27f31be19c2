"""Which lists change for a contact, and in how few calls for many."""

from connectors.apollo.list_changes import changed_lists, in_few_calls, list_changes
from tests.connectors.apollo.parts import LISTS, directory_of

ON_LOOMS = {"label_ids": ["l1"]}


def test_only_what_differs_is_added_and_removed_in_any_case() -> None:
    lists = directory_of(LISTS)
    assert list_changes(ON_LOOMS, ["LOOMS", "new"], lists) == (("new",), ())
    assert list_changes(ON_LOOMS, [], lists) == ((), ("Looms",))


def test_all_lists_after_a_change_are_unknown_where_one_has_no_name() -> None:
    lists = directory_of(LISTS)
    assert changed_lists(ON_LOOMS, ("vip",), lists, adding=True) == ["Looms", "vip"]
    assert changed_lists(ON_LOOMS, ("looms",), lists, adding=False) == []
    assert changed_lists({"label_ids": ["l1", "l9"]}, ("vip",), lists, adding=True) is None


def test_contacts_share_calls_by_their_sets_of_lists_or_by_list_where_that_is_fewer() -> None:
    assert in_few_calls([(("a", "b"), 1), (("a", "b"), 2), ((), 3)]) == {("a", "b"): [1, 2]}
    found = in_few_calls([(("a", "b"), 1), (("a",), 2), (("b",), 3)])
    assert found == {("a",): [1, 2], ("b",): [1, 3]}
