"""Custom fields that values need (R23), `check`, and giving connections back."""

import time

from tests.contract.operations import naming
from tests.contract.sample_contacts import BRIEF
from tests.contract.subject import SECRET, Place, Subject


def test_what_is_missing_is_what_is_created_once(typical: Place) -> None:
    names = typical.account.mappable_fields
    missing = list(typical.account.missing_places(names))
    assert typical.account.call_counts.writes == 0
    assert list(typical.account.create_places(names)) == missing
    assert typical.account.call_counts.writes == len(missing) == len(set(missing))
    for account in (typical.account, typical.connect()):
        assert list(account.missing_places(names)) == list(account.create_places(names)) == []
    assert typical.account.call_counts.writes == len(missing)
    assert typical.account.fields == names


def test_only_the_places_that_are_requested_are_created(typical: Place) -> None:
    everything = list(typical.account.missing_places(typical.account.mappable_fields))
    made: list[str] = []
    for name in sorted(typical.account.mappable_fields):
        with naming(typical, name):
            missing = list(typical.account.missing_places(frozenset({name})))
            assert list(typical.account.create_places(frozenset({name}))) == missing
            made += missing
    assert sorted(made) == sorted(everything)


def test_places_that_another_process_created_are_not_created_again(typical: Place) -> None:
    typical.make_places()
    assert list(typical.account.missing_places(typical.account.mappable_fields)) == []
    assert list(typical.account.create_places(typical.account.mappable_fields)) == []
    assert typical.account.call_counts.writes == 0


def test_a_place_that_cannot_be_created_is_no_field_and_breaks_nothing(
    typical: Place,
) -> None:
    typical.forbid_new_places()
    missing = typical.account.missing_places(typical.account.mappable_fields)
    made = typical.account.create_places(typical.account.mappable_fields)
    assert list(made) == []
    assert list(typical.account.missing_places(typical.account.mappable_fields)) == []
    assert bool(missing) == (typical.account.fields < typical.account.mappable_fields)
    answer = typical.account.create_contact(typical.whole(BRIEF), "4711")
    assert answer.refused == frozenset()
    record_id = typical.account.to_contact(answer.raw, {}).id
    assert {name: typical.person(record_id).fields[name] for name in BRIEF} == BRIEF


def test_what_has_no_place_is_refused_by_name_and_the_rest_is_written(place: Place, subject: Subject) -> None:
    place.forbid_new_places()
    place.account.create_places(place.account.mappable_fields)
    homeless = subject.sample.keys() - place.account.fields
    answer = place.account.create_contact(place.whole(subject.sample), None)
    assert answer.refused == homeless
    kept = place.person(place.account.to_contact(answer.raw, {}).id).fields
    assert {name: kept.get(name) for name in subject.sample} == {
        name: None if name in homeless else value for name, value in subject.sample.items()
    }


def test_a_good_account_is_found_good_and_not_touched(place: Place) -> None:
    record_id = place.add(BRIEF)
    place.settle()
    before, people = place.account.digest(place.got(record_id)), sorted(place.ids())
    missing = list(place.account.missing_places(place.account.mappable_fields))
    calls = len(place.sandbox.calls)
    findings = place.account.check_account(fix=False)
    assert findings
    assert all(finding.ok or (finding.problem and finding.mend and not finding.fatal) for finding in findings)
    made = place.sandbox.calls[calls:]
    probes = [call for call in made if call.method not in {"GET", "POST"}]
    assert {call.method for call in probes} <= {"PUT"}, "nothing is deleted or patched"
    assert not any(known in call.path for call in probes for known in people), "a probe names no contact that exists"
    assert place.account.call_counts.writes <= 1, "one call that must be refused shows what the credentials may write"
    assert sorted(place.ids()) == people
    assert list(place.connect().missing_places(place.account.mappable_fields)) == missing
    assert place.account.digest(place.got(record_id)) == before


def test_what_check_can_fix_is_fixed_and_stays_so(place: Place) -> None:
    place.account.check_account(fix=True)
    assert [finding for finding in place.account.check_account(fix=False) if finding.fixable] == []
    assert [finding.what for finding in place.connect().check_account(fix=False) if not finding.ok] == []


def test_wrong_credentials_are_a_fatal_finding_that_says_how_to_fix_it(place: Place) -> None:
    wrong = "another+secret/0815"
    findings = place.connect(secret=wrong).check_account(fix=True)
    assert any(finding.fatal and not finding.ok and finding.mend for finding in findings)
    result = repr(findings)
    assert wrong not in result
    assert SECRET not in result


def test_a_closed_account_holds_no_connection(typical: Place) -> None:
    typical.account.read_record(typical.add(BRIEF))
    assert typical.sandbox.connections == 1
    typical.account.close()
    for _ in range(500):  # the server hears of it a moment later
        if typical.sandbox.connections == 0:
            break
        time.sleep(0.01)
    assert typical.sandbox.connections == 0
