from state.scope_verdicts import ScopeVerdict, ScopeVerdicts
from tests.state.files import opened


def test_the_latest_verdict_about_a_record_counts_and_each_connection_and_side_has_its_own() -> None:
    with opened() as state:
        verdicts = ScopeVerdicts(state.db, 1)
        unknown = ScopeVerdict("2", b"a", holds=None)
        with state.atomic() as transaction:
            verdicts.put_verdicts(transaction, "left", [ScopeVerdict("1", b"a", holds=False), unknown])
            verdicts.put_verdicts(transaction, "left", [ScopeVerdict("1", b"b", holds=True)])
        found = {"1": ScopeVerdict("1", b"b", holds=True), "2": unknown}
        assert verdicts.of_records("left", ["1", "2", "3"]) == found
        assert verdicts.of_records("right", ["1"]) == ScopeVerdicts(state.db, 2).of_records("left", ["1"]) == {}
