"""The account as the engine sees it: users, digests, look-ups, findings."""

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from connectors.errors import AuthError, RecordGone, ServerTrouble
from connectors.growthgenius import mapping
from connectors.growthgenius.sandbox.server import Behaviour
from connectors.records import Window
from connectors.sandbox.base import Call
from connectors.sandbox.faults import Fault
from tests.connectors.growthgenius.account import World
from tests.end_to_end.changed_answers import rewrite

if TYPE_CHECKING:
    from connectors.connector import Connector

USERS = [{"id": 78, "email": "Dev@example.com", "email_bcc": "bcc@example.com"}, {"id": 81, "email": "b@example.com"}]


def test_it_keeps_the_contract() -> None:
    with World() as world:
        account: Connector = world.account
        assert account.system == "growthgenius"
        assert account.has_markers is False
        assert account.read_only == {"lists", "email_status", "email_confidence"}
        assert account.read_only <= account.fields
        assert account.create_places(account.fields) == account.missing_places(account.fields) == []
        assert account.count_write_calls(None, {}) == account.count_write_calls({}, {}) == 1
        assert account.identity() == {"user_ids": ["78"]}


def test_a_record_is_read_by_id_with_the_servers_time() -> None:
    with World() as world:
        record_id = world.sandbox.add(first_name="Tony")
        page = world.account.read_record(record_id)
        assert page.records[0]["first_name"] == "Tony"
        assert page.served_at == world.clock.now()


def test_a_record_that_is_gone_is_gone_for_every_user() -> None:
    with World(user_ids=(78, 81), users=USERS) as world:
        with pytest.raises(RecordGone):
            world.account.read_record("7")
        assert [call.query["user_id"] for call in world.sandbox.calls] == ["78", "81"]


def test_null_in_place_of_a_record_is_gone() -> None:
    with World() as world:
        world.sandbox.faults.append(Fault("status", status=200, body={"contact": None}, times=2))
        with pytest.raises(RecordGone):
            world.account.read_record("7")
        assert len(world.asked()) == 2


def test_null_in_place_of_a_record_is_believed_when_it_comes_twice() -> None:
    with World() as world:
        record_id = world.sandbox.add(first_name="Tony")
        world.sandbox.faults.append(Fault("status", status=200, body={"contact": None}))
        assert world.account.read_record(record_id).records[0]["first_name"] == "Tony"


def test_null_in_place_of_a_list_is_believed_when_it_comes_twice() -> None:
    """An answer that broke once must not tell that an account holds no contacts: all of them would be created."""
    with World() as world:
        world.populate(3)
        world.sandbox.faults.append(Fault("status", status=200, body={"contact": None}))
        assert len(world.read(Window(world.clock.now() - timedelta(days=400)))) == 3


@pytest.mark.parametrize("body", [{"contact": {"id": 8}}, {"error": "no"}, None, ["x"]])
def test_an_answer_about_another_contact_or_no_contact_is_trouble(body: Any) -> None:
    with World() as world:
        world.sandbox.faults.append(Fault("status", status=200, body=body, times=None))
        with pytest.raises(ServerTrouble):
            world.account.read_record("7")


def test_a_run_that_finds_nothing_makes_one_call() -> None:
    with World(user_ids=(78,)) as world:
        world.populate(3)
        now = world.clock.now()
        assert world.read(Window(now - timedelta(seconds=100))) == {}
        assert world.asked() == [("GET", "/contacts")]


def test_users_are_requested_once_a_day_and_only_for_an_owner() -> None:
    with World() as world:
        for user in (None, 78, 78):
            record_id = world.sandbox.add(first_name="Tony", user_id=user)
            raw = world.sandbox.person(record_id)
            expected = None if user is None else "dev@example.com"
            assert world.account.to_contact(raw, {}).fields["owner"] == expected
        assert world.connect().to_contact(raw, {}).fields["owner"] == "dev@example.com"
        assert world.asked() == [("GET", "/users/")]


@pytest.mark.parametrize(("kind", "calls"), [("one", ["/users/", "/users/"]), ("list", ["/users/", "/users/"])])
def test_users_are_read_one_by_one_or_as_a_list(kind: Any, calls: list[str]) -> None:
    with World(Behaviour(users=kind), user_ids=(78, 81), users=USERS) as world:
        raw = world.sandbox.person(world.sandbox.add(first_name="Tony", user_id=81))
        assert world.account.to_contact(raw, {}).fields["owner"] == "b@example.com"
        assert [path for _, path in world.asked()] == calls


def test_a_user_outside_the_directory_is_unmapped_and_without_directory_unknown() -> None:
    with World() as world:
        raw = world.sandbox.person(world.sandbox.add(first_name="Tony", user_id=999))
        person = world.account.to_contact(raw, {})
        assert ("owner" in person.fields, dict(person.unmapped)) == (False, {"owner": "999"})
    with World(Behaviour(users="hidden")) as world:
        raw = world.sandbox.person(world.sandbox.add(first_name="Tony", user_id=78))
        person = world.account.to_contact(raw, {})
        assert ("owner" in person.fields, dict(person.unmapped)) == (False, {})
        assert [path for _, path in world.asked()] == ["/users/", "/users"]


def test_the_directory_is_tried_without_the_slash_too() -> None:
    with World() as world:
        world.sandbox.faults.append(Fault("status", path="/users/$", status=404))
        world.sandbox.behaviour.users = "list"
        raw = world.sandbox.person(world.sandbox.add(first_name="Tony", user_id=78))
        assert world.account.to_contact(raw, {}).fields["owner"] == "dev@example.com"


def test_a_digest_changes_with_the_record_and_not_with_its_times_or_order_of_keys() -> None:
    with World() as world:
        raw = world.sandbox.person(world.sandbox.add(first_name="Tony"))
        digest = world.account.digest(raw)
        assert len(digest) == 16
        assert world.account.digest({**dict(reversed(raw.items())), "updated_at": "later"}) == digest
        for field in mapping.KEYS:
            assert world.account.digest({**raw, field: "other"}) != digest
            assert world.account.digest({key: raw[key] for key in raw if key != field}) != digest


def test_whoever_was_created_since_is_found_by_email_number_or_name() -> None:
    with World() as world:
        sent_at = world.clock.now()
        world.sandbox.add(at=sent_at - timedelta(days=1), first_name="Tony", last_name="Old", email="tony@example.com")
        world.sandbox.edit(world.sandbox.add(at=sent_at - timedelta(days=1), email="tony@example.com"), title="Edited")
        by_mail = world.sandbox.add(email="TONY@example.com")
        by_number = world.sandbox.add(home_phone="(212) 555-0123")
        by_name = world.sandbox.add(first_name="tony", last_name="BARKLEY")
        world.sandbox.add(email="other@example.com", first_name="Tony")
        sent = {"first_name": "Tony", "last_name": "Barkley", "email": "tony@example.com", "phone": "+12125550123"}
        found = world.account.find_candidates(sent, None, sent_at)
        assert {str(raw["id"]) for raw in found} == {by_mail, by_number, by_name}
        assert world.asked() == [("GET", "/contacts")]


def test_a_create_that_took_effect_late_is_found_and_an_empty_contact_resembles_none() -> None:
    with World() as world:
        world.sandbox.add()
        assert world.account.find_candidates({"title": "CEO", "email": None}, None, world.clock.now()) == []


@pytest.mark.parametrize("row", [None, 5, {"id": None}])
def test_after_a_lost_create_a_row_that_cannot_be_read_may_be_the_contact_that_is_looked_for(row: Any) -> None:
    """To take it for missing would make the contact a second time; before a first create it is only a hint."""
    with World() as world:
        world.sandbox.add(email="tony@example.com")

        def change(call: Call, body: Any) -> Any:
            return {**body, "contacts": [row] if call.method == "GET" else []}

        rewrite(world.sandbox, change)
        with pytest.raises(ServerTrouble, match="may be in a part of the list that cannot be read"):
            world.account.find_candidates({"email": "tony@example.com"}, None, world.clock.now())
        assert world.account.find_candidates({"email": "tony@example.com"}, None, None) == []


def test_looking_before_creating_costs_one_window_per_run() -> None:
    with World() as world:
        world.populate(3, ending=60.0)
        world.read()
        world.sandbox.calls.clear()
        for n in range(5):
            found = world.account.find_candidates({"email": f"person{n}@example.com"}, None, None)
            assert len(found) == (1 if n < 3 else 0)
        assert world.asked() == [("GET", "/contacts")]
        world.read()
        world.sandbox.calls.clear()
        world.account.find_candidates({"email": "x@example.com"}, None, None)
        assert world.asked() == [("GET", "/contacts")]


def test_check_finds_nothing_wrong_with_a_good_account() -> None:
    with World() as world:
        assert all(finding.ok for finding in world.account.check_account(fix=False))
        assert {method for method, _ in world.asked()} == {"GET"}


def test_check_says_what_to_fix_for_a_wrong_key() -> None:
    with World() as world:
        account = world.connect(key="revoked-key-0123")
        (finding,) = account.check_account(fix=False)
        account.close()
        assert (finding.ok, finding.fatal) == (False, True)
        assert "api_key" in finding.mend
        assert "revoked-key-0123" not in finding.problem


def test_check_calls_a_hidden_directory_advice() -> None:
    with World(Behaviour(users="hidden")) as world:
        window, users = world.account.check_account(fix=True)
        assert (window.ok, users.ok, users.fatal) == (True, False, False)


def test_the_key_goes_raw_into_the_header_and_nowhere_else() -> None:
    with World() as world:
        world.read()
        call = world.sandbox.calls[0]
        assert call.headers["Authorization"] == "gg-sandbox-key"
        assert "gg-sandbox-key" not in f"{call.path}{call.query}{call.body}"


def test_a_wrong_key_is_an_auth_error() -> None:
    with World() as world:
        account = world.connect(key="revoked-key-0123")
        with pytest.raises(AuthError):
            list(account.read_window(Window(world.clock.now())))
        account.close()
