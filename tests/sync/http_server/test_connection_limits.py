"""How much of an address callers may take: places and memory, of one and in all."""

from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.http_server.connection_limits import Callers, Limits, origin_of

SMALL = Limits(places=4, places_of_one=3, held=100, held_by_one=60)


@dataclass(eq=False)
class Line:
    """A connection that notes whether it was closed."""

    address: str = "192.0.2.1"
    is_open: bool = True

    def hang_up(self) -> None:
        self.is_open = False


@dataclass
class House:
    """Callers of small limits, and every connection that came."""

    callers: Callers = field(default_factory=lambda: Callers(SMALL))
    lines: list[Line] = field(default_factory=list)

    def come(self, *addresses: str) -> list[Line]:
        new = [Line(address) for address in addresses]
        self.lines += new
        for line in new:
            if not self.callers.add(line):
                line.hang_up()
        return new


def opened(lines: list[Line]) -> list[bool]:
    return [line.is_open for line in lines]


def test_a_new_connection_takes_the_place_of_the_one_that_waited_longest() -> None:
    house = House()
    lines = house.come("192.0.2.1", "192.0.2.1", "192.0.2.2", "192.0.2.2")
    (new,) = house.come("192.0.2.3")
    assert opened([*lines, new]) == [False, True, True, True, True]


def test_one_address_takes_a_place_of_its_own_only() -> None:
    house = House()
    (other,) = house.come("192.0.2.9")
    lines = house.come(*["192.0.2.1"] * 6)
    assert other.is_open
    assert opened(lines) == [False, False, False, True, True, True]


def test_a_connection_with_a_request_under_way_is_never_closed() -> None:
    house = House()
    busy = house.come("192.0.2.1", "192.0.2.2", "192.0.2.3", "192.0.2.4")
    for line in busy:
        house.callers.wait(line, waits=False)
    (new,) = house.come("192.0.2.5")
    assert opened([*busy, new]) == [True] * 4 + [False]
    house.callers.wait(busy[2], waits=True)
    (new,) = house.come("192.0.2.5")
    assert opened([*busy, new]) == [True, True, False, True, True]


def test_too_much_from_one_address_closes_its_own_oldest_connection() -> None:
    house = House()
    first, second, other = house.come("192.0.2.1", "192.0.2.1", "192.0.2.2")
    house.callers.hold(other, 30)
    house.callers.hold(first, 40)
    house.callers.hold(second, 30)
    assert opened([first, second, other]) == [False, True, True]
    house.callers.hold(second, 61)
    assert opened([first, second, other]) == [False, False, True]


def test_too_much_in_total_closes_the_oldest_connection_that_holds_bytes() -> None:
    house = House()
    empty, first, second = house.come("192.0.2.1", "192.0.2.2", "192.0.2.3")
    house.callers.hold(first, 55)
    house.callers.hold(second, 55)
    assert opened([empty, first, second]) == [True, False, True]
    house.callers.release(second)
    (third,) = house.come("192.0.2.4")
    house.callers.hold(third, 55)
    assert opened([empty, second, third]) == [True, True, True]


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("192.0.2.1", "192.0.2.1", True),
        ("192.0.2.1", "::ffff:192.0.2.1", True),
        ("192.0.2.1", "192.0.2.2", False),
        ("2001:db8::1", "2001:db8::ffff:2", True),
        ("2001:db8::1", "2001:db8:0:1::1", False),
        ("fe80::1%eth0", "fe80::2%eth0", True),
        ("", "", True),
    ],
)
def test_one_network_of_ipv6_is_one_caller(one: str, other: str, same: bool) -> None:
    assert (origin_of(one) == origin_of(other)) is same


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["come", "end", "wait", "work", "hold", "release"]), st.integers(0, 9), st.integers(0, 70)
        ),
        max_size=60,
    )
)
def test_no_order_of_events_exceeds_a_limit_while_a_caller_waits(events: list[tuple[str, int, int]]) -> None:
    house = House()
    held: dict[Line, int] = {}
    waiting: set[Line] = set()
    for kind, number, size in events:
        if kind == "come":
            waiting |= set(house.come(f"192.0.2.{number % 3}"))
        elif house.lines:
            line = house.lines[number % len(house.lines)]
            if kind == "end":
                house.callers.remove(line)
                line.hang_up()
            elif kind in ("wait", "work"):
                house.callers.wait(line, waits=kind == "wait")
                (waiting.add if kind == "wait" else waiting.discard)(line)
            elif kind == "hold":
                held[line] = held.get(line, 0) + size
                house.callers.hold(line, size)
            else:
                held.pop(line, None)
                house.callers.release(line)
        live = [line for line in house.lines if line.is_open]
        sums = [sum(held.get(line, 0) for line in live if line.address == f"192.0.2.{one}") for one in range(3)]
        assert len(live) <= SMALL.places
        assert all(sum(line.address == f"192.0.2.{one}" for line in live) <= SMALL.places_of_one for one in range(3))
        if not any(line in waiting and held.get(line, 0) for line in live):
            continue
        assert sum(sums) <= SMALL.held
