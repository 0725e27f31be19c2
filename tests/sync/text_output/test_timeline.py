from typing import Any

from sync.text_output.timeline import explanation_lines

EVENT: dict[str, Any] = {
    "at": "2026-11-20T14:30:00Z", "run": "r1", "account": "gh", "field": "city", "old": "Oslo", "new": "Rome",
    "rule": "carried", "id": "hub-1", "source": "gg:1", "stream": "contacts",
}  # fmt: skip
PERSON: dict[str, Any] = {
    "ids": {"gg": "1", "gh": "hub-1"}, "who": "ann@example.com", "connection": "sales", "linked": True,
    "deleted_from": None, "history": [EVENT], "agreed": {}, "owed": [], "held": [], "refused": [], "unmapped": {},
    "parked": [], "conflicts": [], "failures": [], "unanswered": [], "left_out": "",
}  # fmt: skip


def shown(*events: dict[str, Any], **changed: Any) -> list[str]:
    person = PERSON | {"history": [EVENT | event for event in events]} | changed
    return list(explanation_lines({"people": [person], "forgotten": False}))


def test_each_event_says_when_where_what_from_where_why_and_in_which_run() -> None:
    lines = shown(
        {},
        {"rule": "undo", "old": "Rome", "new": "Oslo", "source": None, "run": "u1", "undoes": "r1"},
        {"rule": "refused", "field": "country", "old": "NO", "new": None},
        {"rule": "carried", "shown": "ROME"},
        {"rule": "some policy"},
    )
    assert lines[0] == "ann@example.com (sales): gg:1, gh:hub-1"
    words = [" ".join(line.split()) for line in lines[1:]]
    assert words == [
        '2026-11-20 14:30:00+00:00 gh city: "Oslo" -> "Rome", from gg:1, changed there run r1',
        '2026-11-20 14:30:00+00:00 gh city: "Rome" -> "Oslo", restored by an undo, as before run r1 run u1',
        '2026-11-20 14:30:00+00:00 gh country: "NO" -> (empty) was refused, from gg:1 run r1',
        '2026-11-20 14:30:00+00:00 gh city: "Oslo" -> "Rome", shown as "ROME", from gg:1, changed there run r1',
        '2026-11-20 14:30:00+00:00 gh city: "Oslo" -> "Rome", from gg:1, some policy run r1',
    ]


def test_an_event_of_a_whole_record_says_what_happened_to_it() -> None:
    whole = {"field": "*", "old": None, "new": None}
    lines = shown(
        whole | {"rule": "created"},
        whole | {"rule": "found deleted", "source": None},
        whole | {"rule": "undo"},
        whole | {"rule": "dismissed", "new": "a test", "run": "", "source": None},
        whole | {"rule": "created", "stream": "messages", "id": "note-1"},
    )
    words = [" ".join(line.split()[2:]) for line in lines[1:]]
    assert words == [
        "gh created, from gg:1 run r1",
        "gh found deleted run r1",
        "gh deleted by an undo run r1",
        'gh failure removed from the list: "a test" by hand',
        "gh, message note-1 created, from gg:1 run r1",
    ]


def test_open_items_follow_the_timeline() -> None:
    lines = shown(
        {},
        agreed={"city": {"gg": "Rome", "gh": "Oslo"}, "title": {"gg": "CEO", "gh": "CEO"}, "tags": {"gg": ["a", "b"]}},
        held=[{"field": "city", "values": {}, "since": "2026-11-21T00:00:00Z", "run": "u1"}],
        refused=[{"account": "gh", "field": "country", "value": None, "at": ""}],
        unmapped={"gg": {"phone": "12"}},
        conflicts=[{"id": 3, "field": "email"}],
        failures=[{"id": 4, "operation": "update", "reason": "no"}],
    )
    assert [line.rstrip() for line in lines[2:]] == [
        "  both sides last agreed on:",
        '    city   gg "Rome", gh "Oslo"  held since 2026-11-21 00:00:00+00:00',
        '    title  "CEO"',
        '    tags   gg "a, b"',
        "  in conflict: email, see: sync conflicts show 3",
        "  failed: update, no (failure 4)",
        "  refused by gh: country (empty)",
        '  means nothing on the other side: phone "12" at gg',
    ]


def test_the_link_state_is_in_the_first_line() -> None:
    assert shown({}, deleted_from="gh")[0].endswith("; deleted from gh")
    assert shown({}, linked=False)[0].endswith("; read but not linked: left out, or not synced yet")
    assert shown({}, linked=False, failures=[{"id": 4, "operation": "create", "reason": "no"}])[0].endswith(
        "; could not be synced"
    )
    assert shown({}, linked=False, unanswered=[{}])[0].endswith("; a create was sent and never answered")
    assert shown(history=[])[1] == "  nothing was written"


def test_an_unknown_contact_is_reported_and_a_forgotten_one_can_be_synced_again() -> None:
    assert list(explanation_lines({"people": [], "forgotten": False})) == ["no contact matches"]
    lines = list(explanation_lines({"people": [], "forgotten": True}))
    assert lines[1].endswith("sync forget WHO --lift")


def test_what_a_terminal_would_obey_is_spelled_out() -> None:
    lines = shown({"new": "Ro\x1b[31mme", "source": "gg:\x07"}, who="ann\x1b[0m@example.com")
    assert "\x1b" not in "".join(lines)
    assert "\x07" not in "".join(lines)
