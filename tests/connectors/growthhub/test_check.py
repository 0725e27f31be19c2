from collections.abc import Sequence
from datetime import timedelta

from connectors.connector import Connector, Finding
from connectors.growthhub.messages import MessageStyle
from connectors.growthhub.sandbox.messages import PROVIDER
from connectors.sandbox.faults import Fault
from tests.connectors.growthhub.world import EXPORT, World

NOTES = MessageStyle()
LOGGED = MessageStyle(as_note=False, provider_id=PROVIDER)


def problems(findings: Sequence[Finding]) -> dict[str, Finding]:
    return {finding.what: finding for finding in findings if not finding.ok}


def fatal(findings: Sequence[Finding]) -> list[Finding]:
    return [finding for finding in findings if not finding.ok and finding.fatal]


def test_a_fresh_location_lacks_custom_fields_and_nothing_fatal(world: World) -> None:
    world.sandbox.add_user("rep@example.com")
    findings = world.hub.check_account(fix=False)
    assert fatal(findings) == []
    (missing,) = problems(findings).values()
    assert missing.fixable
    assert "contact.job_title" in missing.problem
    assert "locations/customFields.write" in missing.mend
    assert world.sandbox.fields == {}


def test_fixing_makes_all_custom_fields_and_the_next_check_is_clean(world: World) -> None:
    world.sandbox.add_user("rep@example.com")
    assert problems(world.hub.check_account(fix=True)) == {}
    assert world.sandbox.field("contact.growthgenius_id")
    made = len(world.sandbox.fields)
    assert problems(world.connect().check_account(fix=True)) == {}
    assert len(world.sandbox.fields) == made


def test_a_wrong_token_is_fatal_and_says_how_to_make_another(world: World) -> None:
    (finding,) = world.connect(token="pit-wrong").check_account(fix=False)
    assert not finding.ok
    assert finding.fatal
    assert "Invalid JWT" in finding.problem
    assert "Private Integrations" in finding.mend
    assert "pit-wrong" not in finding.problem + finding.mend


def test_a_token_of_another_location_is_distinguished(world: World) -> None:
    (finding,) = world.connect(location_id="another").check_account(fix=False)
    assert finding.fatal
    assert "location_id" in finding.mend


def test_a_missing_scope_to_make_fields_is_named_after_a_try(world: World) -> None:
    world.sandbox.quirks.scopes_missing = frozenset({"locations/customFields.write"})
    missing = next(each for each in world.hub.check_account(fix=True) if "contact.job_title" in each.problem)
    assert "locations/customFields.write" in missing.mend
    assert not missing.fixable
    assert not missing.fatal


def test_a_check_tries_again_what_an_earlier_run_was_refused(world: World) -> None:
    world.sandbox.quirks.scopes_missing = frozenset({"locations/customFields.write"})
    world.hub.create_places(frozenset({"title"}))
    world.sandbox.quirks.scopes_missing = frozenset()
    world.hub.check_account(fix=True)
    assert "title" in world.hub.fields
    assert world.sandbox.field("contact.job_title")


def test_missing_reading_scopes_are_advice_and_named(world: World) -> None:
    scopes = frozenset({"locations.readonly", "locations/customFields.readonly", "users.readonly"})
    world.sandbox.quirks.scopes_missing = scopes
    findings = world.hub.check_account(fix=True)
    assert fatal(findings) == []
    mends = " ".join(finding.mend for finding in problems(findings).values())
    assert all(scope in mends for scope in scopes)


def test_a_location_that_allows_duplicates_is_noted(world: World) -> None:
    world.sandbox.allow_duplicates = True
    assert any(
        "allowDuplicateContact" in each.problem and not each.fatal for each in world.hub.check_account(fix=False)
    )


def test_an_account_is_its_location(world: World) -> None:
    connector: Connector = world.hub
    assert (connector.account, connector.system, connector.has_markers) == ("growthhub", "growthhub", True)
    assert world.hub.identity() == {"location": world.sandbox.location_id}
    assert world.calls() == []


def test_the_servers_clock_is_measured(world: World) -> None:
    assert world.hub.clock_offset() == 0.0
    world.sandbox.clock_offset = timedelta(seconds=90)
    for _ in range(5):
        world.hub.check_account(fix=False)
    assert abs(world.hub.clock_offset() - 90) <= 1


def test_messages_are_tried_only_where_they_are_configured(world: World) -> None:
    asked = [call for call in _checked(world, None) if "/conversations" in call or "/notes" in call]
    assert asked == []
    for style, calls in ((NOTES, [f"GET {EXPORT}"]), (LOGGED, [f"GET {EXPORT}", "GET /conversations/search"])):
        assert [call for call in _checked(world, style) if "/conversations" in call] == calls


def _checked(world: World, style: MessageStyle | None) -> list[str]:
    world.calls()
    world.connect(messages=style).check_account(fix=False)
    return world.calls()


def test_scopes_that_messages_need_are_named_and_not_fatal(world: World) -> None:
    world.sandbox.quirks.scopes_missing = frozenset({"conversations/message.readonly", "conversations.readonly"})
    findings = world.connect(messages=LOGGED).check_account(fix=False)
    assert fatal(findings) == []
    mends = {what: finding.mend for what, finding in problems(findings).items()}
    assert "conversations/message.readonly" in mends["messages readable"]
    (recording,) = (mend for what, mend in mends.items() if "record messages" in what)
    assert all(
        scope in recording
        for scope in ("conversations.readonly", "conversations.write", "conversations/message.write", "contacts.write")
    )


def test_messages_that_may_be_read_are_said_to_be(world: World) -> None:
    whats = {finding.what for finding in world.connect(messages=LOGGED).check_account(fix=False) if finding.ok}
    assert {"messages readable", "conversations readable, to record messages in them"} <= whats


def test_an_export_that_is_refused_is_advice(world: World) -> None:
    world.sandbox.faults.append(Fault("status", path=EXPORT, status=404, body={"message": "Cannot GET"}))
    finding = problems(world.connect(messages=NOTES).check_account(fix=False))["messages readable"]
    assert "Cannot GET" in finding.problem
    assert not finding.fatal
