"""Unknown outcomes are settled one by one, and wait for `settle`."""

import pytest

from connectors.errors import AuthError, RecordGone, RecordRefused
from state.intents import CopyDeletionIntent
from sync.messages.context import MessageContext
from sync.streams.connection import Side
from sync.streams.recovery import SettleTime, is_gone, settle_each
from tests.sync.contacts.memory_world import SETTLE
from tests.sync.messages.memory_world import MessageWorld, reasons


def intent(context: MessageContext, source_id: str) -> CopyDeletionIntent:
    sent_ms = context.connection.right.server_now_ms(context.run.clock)
    return CopyDeletionIntent(side="right", source_id=source_id, sent_ms=sent_ms, record="c", contact="ann", old=None)


def test_an_error_in_one_record_is_listed_and_the_others_are_settled(world: MessageWorld) -> None:
    settled = []

    def settle(target: Side, one: CopyDeletionIntent) -> None:
        if one.source_id == "bad":
            raise RecordRefused(target.account, "it is too long")
        settled.append((target.name, one.source_id))

    with world.context() as context:
        sent = [intent(context, source_id) for source_id in ("bad", "good")]
        unsettled = settle_each(context.connection, context.boundary, sent, "create", settle)
        assert [one.source_id for one in unsettled] == ["bad"]
        assert settled == [("right", "good")]
        assert reasons(context) == ["message bad: it is too long"]


def test_an_error_of_the_account_is_raised(world: MessageWorld) -> None:
    def settle(target: Side, _one: CopyDeletionIntent) -> None:
        raise AuthError(target.account, "401")

    with world.context() as context, pytest.raises(AuthError):
        settle_each(context.connection, context.boundary, [intent(context, "any")], "create", settle)


def test_settle_time_counts_from_when_the_write_was_sent(world: MessageWorld) -> None:
    with world.context() as context:
        sent, time, target = (
            intent(context, "any"),
            SettleTime(context.run, context.connection),
            context.connection.right,
        )
        assert not time.has_passed(target, sent)
        assert time.ends_ms(target, sent) == context.run.now_ms() + context.connection.settle_ms
        world.memory.clock.pass_by(SETTLE.total_seconds())
        assert time.has_passed(target, sent)
        assert time.ends_ms(target, sent) == context.run.now_ms()


def test_only_an_answer_that_says_so_shows_that_a_record_is_gone() -> None:
    def gone() -> None:
        raise RecordGone("two", "404")

    assert is_gone(gone)
    assert not is_gone(lambda: "a record")
