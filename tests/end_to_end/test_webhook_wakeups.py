"""A stream of the daemon beside what it has heard: when it may be woken, what is left, and how seldom it polls."""

from datetime import timedelta

import pytest

from connectors.sandbox.faults import Fault
from sync.daemon.stream import Stream
from tests.end_to_end.daemons import stream_of
from tests.end_to_end.test_hints import Post
from tests.end_to_end.world import World

HOUR = timedelta(hours=1)
TABLE = '[webhooks]\nlisten = "127.0.0.1:0"\n'


@pytest.fixture
def world(world: World) -> World:
    world.gh.add(firstName="Ann", email="ann@example.com")
    world.run()
    world.run()
    world.options |= {"every": '"6h"', "reconcile": '"off"'}
    world.tables = TABLE
    return world


def tick(stream: Stream) -> bool:
    """Run a stream as the daemon does, and return whether hints are left that another run should look at soon."""
    ended = stream.run()
    stream.conclude(ended)
    return stream.look_for_hints(ended) and stream.can_be_woken


def test_a_run_leaves_no_hint_but_those_that_came_meanwhile(world: World) -> None:
    post, stream = Post(world), stream_of(world)
    post.bring("missing")
    assert not tick(stream)
    post.bring("contact")
    world.gh.before_answer = lambda _call: post.bring("contact-else")
    assert tick(stream)
    world.gh.before_answer = None
    assert not tick(stream)
    assert post.waiting() == []


def test_without_webhooks_no_run_looks_for_hints(world: World) -> None:
    world.tables = ""
    stream = stream_of(world)
    world.gh.before_answer = lambda _call: Post(world).bring("contact")
    assert not tick(stream)


def test_while_an_account_is_down_a_stream_is_not_woken(world: World) -> None:
    stream = stream_of(world)
    Post(world).bring("missing")
    world.gh.faults.append(Fault("status", method="POST", path="/contacts/search", status=503, times=999))
    assert not tick(stream)
    assert not stream.can_be_woken
    world.gh.faults.clear()
    assert not tick(stream)
    assert stream.can_be_woken


def test_while_the_guard_stops_its_runs_a_stream_is_not_woken(world: World) -> None:
    world.contacts["max_changed"] = "0"
    stream, post = stream_of(world), Post(world)
    right = str(world.gh.people()[0]["id"])
    world.gh.edit(right, city="Lyon")
    world.clock.skip(2)
    post.bring(right)
    assert not tick(stream)
    assert not stream.can_be_woken
    assert post.waiting() == [right]
    world.run(unguarded=True)
    assert not tick(stream)
    assert stream.can_be_woken


def test_a_stream_that_is_under_way_is_not_woken(world: World) -> None:
    stream = stream_of(world)
    seen: list[bool] = []
    world.gh.before_answer = lambda _call: seen.append(stream.can_be_woken)
    tick(stream)
    assert set(seen) == {False}
    assert stream.can_be_woken


@pytest.mark.parametrize(
    ("every", "heard", "slower"), [("", True, 0), ('every = "24h"\n', False, 0), ('every = "24h"\n', True, 24)]
)
def test_a_stream_polls_more_seldom_while_webhooks_are_heard_and_the_config_says_so(
    world: World, every: str, heard: bool, slower: int
) -> None:
    world.tables += every
    if heard:
        Post(world).bring("missing")
    stream = stream_of(world)
    tick(stream)
    assert stream.slower == slower * HOUR


def test_a_stream_that_polls_more_seldom_does_not_count_as_one_that_stands_still(world: World) -> None:
    world.tables += 'every = "24h"\n'
    Post(world).bring("missing")
    stream = stream_of(world)
    tick(stream)
    for hours, stands in ((20, False), (51, False), (2, True)):
        world.clock.skip(hours * 3600)
        assert (stream.stalled_since() is not None) is stands
