"""The price of a plan is the number of calls that are then made, where a server answers as documented."""

import pytest

from connectors.contact import Fields, Value
from tests.contract.operations import a_contact, naming
from tests.contract.sample_contacts import BRIEF, NAMED, OTHER, SAMPLE
from tests.contract.subject import Place

TAGS: tuple[Value, ...] = (("cold",), ("cold", "vip"), ("vip",), ("COLD",), None)


@pytest.mark.parametrize("fields", [SAMPLE, OTHER, BRIEF, NAMED], ids=["sample", "other", "brief", "named"])
def test_a_create_costs_what_was_said(typical: Place, fields: Fields) -> None:
    a_contact(typical)
    calls = len(typical.sandbox.calls)
    sent = {name: value for name, value in fields.items() if name in typical.writable() - {"mobile_phone"}}
    sent |= {"email": "new@example.com", "phone": "+12125550177"}
    priced = typical.account.count_write_calls(None, sent)
    writes = typical.account.call_counts.writes
    typical.account.create_contact(typical.whole(sent), "4711")
    assert typical.account.call_counts.writes - writes == priced
    assert len(typical.sandbox.calls) - calls == priced + typical.reads_before.get("create", 0)


def test_an_update_costs_what_was_said(typical: Place) -> None:
    raw = a_contact(typical)
    record_id = typical.account.to_contact(raw, {}).id
    changes: list[Fields] = [{name: SAMPLE[name]} for name in sorted(typical.writable() - {"tags"})]
    changes += [{"tags": tags} for tags in TAGS] + [{"city": "Rome", "tags": tags} for tags in TAGS]
    changes += [{name: None} for name in sorted({*BRIEF, *typical.account.never_empty})]
    for each in changes:
        with naming(typical, each):
            typical.edit(record_id, BRIEF)
            current = typical.got(record_id)
            priced = typical.account.count_write_calls(current, each)
            writes, calls = typical.account.call_counts.writes, len(typical.sandbox.calls)
            typical.account.update_contact(current, {}, each, None)
            assert typical.account.call_counts.writes - writes == priced
            # At most it is read once for what was not shown.
            reads = 1 + typical.reads_before.get("update", 0) + ("phone" in typical.looked_for and "phone" in each)
            assert len(typical.sandbox.calls) - calls <= priced + reads


def test_the_marker_alone_costs_what_was_said(typical: Place) -> None:
    raw = a_contact(typical)
    writes = typical.account.call_counts.writes
    typical.account.update_contact(raw, {}, {}, "4711")
    assert typical.account.call_counts.writes - writes == (
        typical.account.count_write_calls(raw, {}) if typical.account.has_markers else 0
    )


@pytest.mark.parametrize(
    "sent", [BRIEF, NAMED, {"email": "solo@example.com"}, {"phone": "+12125550140"}, SAMPLE], ids=len
)
def test_a_look_up_costs_what_was_said_the_first_time_and_after(typical: Place, sent: Fields) -> None:
    a_contact(typical)
    account = typical.connect()
    for asked in (False, True, True):
        calls = len(typical.sandbox.calls)
        account.find_candidates(sent, "4711", None)
        assert len(typical.sandbox.calls) - calls == account.count_lookups(sent, asked=asked)


def test_prices_are_reported_without_a_call(typical: Place) -> None:
    raw = a_contact(typical)
    calls = len(typical.sandbox.calls)
    account = typical.account
    for fields in (BRIEF, NAMED, SAMPLE, {"tags": None}):
        account.count_write_calls(None, fields)
        account.count_write_calls(raw, fields)
        account.count_lookups(fields, asked=False)
    assert len(typical.sandbox.calls) == calls
