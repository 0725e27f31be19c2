"""Source ids of several accounts stand in the fields of one location without a collision (R31)."""

import pytest

from connectors.growthhub.source_places import EARLIER, MARKER, shown_source_id, source_keys, written_ids
from connectors.source_id import NO_ACCOUNT, SourceAccount

SERVER = "https://api.example.com/v1"
FIRST = SourceAccount.of("growthgenius", SERVER, (78,))
SECOND = SourceAccount.of("growthgenius", SERVER, (81,), has_own_field=True)
HUB = SourceAccount.of("growthhub", SERVER, ("loc1",))
ACCOUNTS = (FIRST, SECOND, HUB)


def places(sources: SourceAccount) -> dict[str, str]:
    return source_keys(sources, "contact.")


def test_each_account_writes_to_a_field_of_its_own() -> None:
    assert places(FIRST)[MARKER] == places(NO_ACCOUNT)[MARKER] == EARLIER
    assert places(SECOND)[MARKER] == f"contact.growthgenius_id_{SECOND.marks[0]}"
    assert places(HUB)[MARKER] == "contact.growthhub_id"


@pytest.mark.parametrize("account", ACCOUNTS)
def test_what_an_account_wrote_is_read_whichever_of_its_fields_holds_it(account: SourceAccount) -> None:
    """The order of the connections in the config may change after the source ids were written."""
    others = [one for one in ACCOUNTS if one is not account]
    assert len(places(account)) >= 2
    for name in places(account):
        values = {name: account.written("4711")}
        assert account.read(shown_source_id(values, account)) == "4711"
        foreign = {one: other.written("4711") for one, other in zip(places(account), others, strict=False)}
        assert shown_source_id(foreign, account) is None
        assert shown_source_id({**foreign, **values}, account) == values[name]


def test_an_id_alone_counts_only_in_the_field_that_is_named_after_the_system() -> None:
    assert shown_source_id({MARKER: "4711"}, FIRST) == "4711"
    assert shown_source_id(dict.fromkeys(places(SECOND), "4711"), SECOND) is None
    assert shown_source_id({name: "4711" for name in places(HUB) if name != MARKER}, HUB) is None
    spellings = written_ids(["title", *places(FIRST)], "4711", FIRST)
    assert (MARKER, "4711") in spellings
    assert (MARKER, FIRST.written("4711")) in spellings
    assert all(name in places(FIRST) for name, _ in spellings)
    assert "4711" not in [each for _, each in written_ids(places(SECOND), "4711", SECOND)]
