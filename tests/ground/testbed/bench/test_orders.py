"""What people order of a bench, with a bench process that only writes down what it is told."""

from math import inf
from types import SimpleNamespace
from typing import Any

import pytest
from msgspec import structs

from ground.testbed.bench.file import SpareFile, load_bench
from ground.testbed.bench.orders import PAUSE, BenchOrders
from ground.testbed.operating.run_control import Order
from ground.testbed.record.inputs import InputRefused
from sim_hw.bench.port import BenchPort

ARM = Order("arm", "anna", "rover.wheels", 60.0)


class Process:
    """Does at once what it is told, or says nothing at all."""

    gone = False

    def __init__(self) -> None:
        self.told: list[tuple[Any, ...]] = []
        self.says: list[list[Any]] = []
        self.mute = self.file = False

    def order(self, what: str, service: str, *values: Any) -> None:
        self.told.append((what, *values))
        if what == "stop":
            self.says.append(["interlock", "", values[0]])
        elif what == "release":
            self.says.append(["interlock", "", "not released: the file" if self.file else ""])
        self.says.append(["ordered", service, what, *values[:1]])

    def take(self, wait: float = 0.0) -> list[Any] | None:
        return self.says.pop(0) if self.says and not self.mute else None


class Orders(BenchOrders):
    def __init__(self) -> None:
        path, bench = load_bench("wheels_on_a_pty")
        self._process: Any = Process()
        wall = iter(range(10**9))
        self._bench: Any = SimpleNamespace(
            bench=bench, file=path, outside=SimpleNamespace(now=lambda: next(wall) / 10)
        )
        self._last, self._stopped, self._by_hand, self._wants = {}, "", {}, {}
        self.port = BenchPort(list(bench.wired), lambda packet: None)
        self._wanted = inf
        self.events: list[tuple[str, str]] = []
        self._happenings: Any = SimpleNamespace(told=lambda *told: self.events.append(told))
        self.paces: list[tuple[float, int | None]] = []
        self._bench_loop: Any = SimpleNamespace(time_ns=lambda: 100, set_pace=self._set)

    def _set(self, rate: float, until_ns: int | None) -> None:
        if until_ns is not None and until_ns < 100:
            raise ValueError("the run cannot run to that")
        self.paces.append((rate, until_ns))

    def _put(self, told: list[Any]) -> None:
        if told[0] == "interlock":
            self._stopped = told[2]

    def _keep_pace(self) -> None:
        pass


def test_on_the_way_to_an_instant_whoever_arms_moves_nothing() -> None:
    orders = Orders()
    orders.pace_asked(500.0, 200)
    assert [each[:2] for each in orders._process.told] == [("inhibit", PAUSE)]
    assert orders.paces == [(500.0, 200)]
    orders.pace_asked(500.0, None)
    assert orders._process.told[1:] == [("allow", PAUSE)]


def test_an_instant_that_is_past_changes_nothing() -> None:
    orders = Orders()
    with pytest.raises(ValueError, match="cannot run to that"):
        orders.pace_asked(500.0, 99)
    assert orders._process.told == [] and orders.paces == [] and orders._wanted == inf


def test_a_bench_that_does_not_say_that_it_is_safe_lets_no_run_jump_or_stand() -> None:
    for rate, until_ns in ((0.0, None), (500.0, 200)):
        orders = Orders()
        orders._process.mute = True
        with pytest.raises(InputRefused, match="does not say that all is safe"):
            orders.pace_asked(rate, until_ns)
        assert orders.paces == [] and orders._process.told[-1] == ("allow", PAUSE)


def test_during_a_stop_nobody_arms_and_a_stop_or_release_that_is_not_heard_is_told() -> None:
    orders = Orders()
    orders.ordered(Order("stop", "ben"))
    with pytest.raises(InputRefused, match="stopped by ben: release that first"):
        orders.ordered(ARM)
    orders._process.file = True
    with pytest.raises(InputRefused, match="not released: the file"):
        orders.ordered(Order("release", "ben"))
    orders._process.file = False
    orders.ordered(Order("release", "ben"))
    orders.ordered(ARM)  # at once
    assert orders._process.told[-1] == ("arm", 60.0, "anna")
    orders._process.mute = True
    for order in ("stop", "release"):
        with pytest.raises(InputRefused, match="does not say"):
            orders.ordered(Order(order, "ben"))


@pytest.mark.parametrize("order", ["arm", "release", "inject", "heal", "swap"])
def test_what_nobody_waits_for_any_more_lets_nothing_move(order: str) -> None:
    """A run that hung for long hears what it was told meanwhile all at once."""
    asked = Order(order, "anna", "rover.wheels", 60.0, "open", until=1.0)  # type: ignore[arg-type]
    orders = Orders()
    clock = SimpleNamespace(now=lambda: 1.1)
    orders._bench.outside = clock
    with pytest.raises(InputRefused, match=r"late: nobody has waited for it for 0.1 s"):
        orders.ordered(asked)
    assert orders._process.told == []
    times = iter(range(10**9))
    clock.now = lambda: 1.1 + next(times) / 10
    for stops in ("stop", "safe"):
        orders.ordered(structs.replace(asked, order=stops))
    assert [each[0] for each in orders._process.told] == ["stop", "safe"]


def test_an_order_that_is_heard_as_its_time_ends_is_done() -> None:
    orders = Orders()
    orders._bench.outside = SimpleNamespace(now=lambda: 1.0)
    orders.ordered(structs.replace(ARM, until=1.0))
    assert orders._process.told == [("arm", 60.0, "anna")]


@pytest.mark.parametrize("state", ["absent", "lost", "refused"])
def test_what_is_not_there_or_is_another_is_armed_by_nobody(state: str) -> None:
    orders = Orders()
    orders._last["rover.wheels"] = state
    with pytest.raises(InputRefused, match=f"rover.wheels is {state}: it is armed when"):
        orders.ordered(ARM)
    assert orders._process.told == []


def test_a_line_is_broken_by_hand_as_the_bench_file_allows() -> None:
    orders = Orders()
    orders.ordered(Order("inject", "anna", "rover.wheels", kind="delay", figure=0.3))
    orders.ordered(Order("inject", "anna", "rover.wheels", kind="open"))
    assert orders._by_hand == {"rover.wheels": "open"}
    orders.ordered(Order("heal", "anna", "rover.wheels"))
    assert orders._by_hand == {}
    assert orders._process.told == [
        ("fault", "begin", "by hand", "delay", 0.3), ("fault", "begin", "by hand", "open", 0.0),
        ("fault", "heal", "by hand"),
    ]  # fmt: skip
    for order, words in (
        (Order("inject", "anna", kind="open"), "inject: one service"),
        (Order("inject", "anna", "rover.wheels", kind="melt"), "allowed is one of open, short"),
        (Order("heal", "anna", "rover.wings"), "allowed is one of rover.wheels"),
    ):
        with pytest.raises(InputRefused, match=words):
            orders.ordered(order)
    assert len(orders._process.told) == 3


@pytest.mark.requirement("HIL-10")
def test_only_a_conductor_arms_releases_and_breaks_and_all_that_was_asked_is_told() -> None:
    orders = Orders()
    for order in ("arm", "release", "inject", "heal", "swap"):
        for roles in ((), ("observer",), ("operator", "director", "engineer", "admin", "trainer")):
            asked = structs.replace(ARM, order=order, kind="open", roles=roles)
            with pytest.raises(InputRefused, match=f"to {order} needs the role conductor; anna"):
                orders.ordered(asked)
    assert orders._process.told == [] and len(orders.events) == 15
    name, words = orders.events[0]
    assert name == "bench_order_refused"
    assert "anna (no roles) orders of the bench: arm rover.wheels open for 60 s; refused" in words
    orders.ordered(Order("safe", "eve", "rover.wheels", roles=("observer",)))
    orders.ordered(structs.replace(ARM, roles=("conductor",)))
    orders.ordered(ARM)
    assert orders._process.told[-1] == ("arm", 60.0, "anna")
    assert orders.events[-2:] == [
        ("bench_ordered", "anna (conductor) orders of the bench: arm rover.wheels for 60 s"),
        ("bench_ordered", "anna (at its terminal) orders of the bench: arm rover.wheels for 60 s"),
    ]
    with pytest.raises(InputRefused, match="allowed is up to"):
        orders.ordered(structs.replace(ARM, seconds=80_000.0, roles=("conductor",)))
    assert orders.events[-1][0] == "bench_order_refused"  # also what cannot be


def swaps(serial: str, service: str = "rover.wheels") -> Order:
    return Order("swap", "anna", service, kind=serial)


def with_spares(orders: Orders, *serials: str) -> None:
    device = orders._bench.bench.devices["rover.wheels"]
    device = structs.replace(device, spares=[SpareFile(each) for each in serials])
    orders._bench.bench = structs.replace(orders._bench.bench, devices={"rover.wheels": device})


def test_a_spare_of_the_bench_file_is_put_in_and_the_other_one_again() -> None:
    orders = Orders()
    with_spares(orders, "SN2", "SN3")
    orders.ordered(swaps("SN2"))
    orders.ordered(swaps("SN0001"))
    orders.ordered(swaps("SN3"))
    told = [("swap", serial, "anna") for serial in ("SN2", "SN0001", "SN3")]
    assert orders._process.told == told
    assert orders.events[0] == (
        "bench_ordered", "anna (at its terminal) orders of the bench: swap rover.wheels SN2",
    )  # fmt: skip


def test_what_cannot_be_put_in_is_refused() -> None:
    orders = Orders()
    with pytest.raises(InputRefused, match=r"has no devices\.rover\.wheels\.spares"):
        orders.ordered(swaps("SN2"))
    with_spares(orders, "SN2")
    for order, words in (
        (swaps("SN2", ""), "one service"),
        (swaps("SN9"), "serial = 'SN9': allowed is one of SN2; SN0001 is wanted there now"),
        (swaps("SN0001"), "allowed is one of SN2; SN0001 is wanted there now"),
    ):
        with pytest.raises(InputRefused, match=words):
            orders.ordered(order)
    orders.port.lines["rover.wheels"].moving.add(7)
    with pytest.raises(InputRefused, match="is in motion: wait until it stands"):
        orders.ordered(swaps("SN2"))
    orders.port.lines["rover.wheels"].moving.clear()
    assert orders._process.told == []
    orders._process.mute = True
    with pytest.raises(InputRefused, match="does not say that it is taken out"):
        orders.ordered(swaps("SN2"))
    orders._process.mute = False
    orders.ordered(swaps("SN2"))  # it was not put in
    with pytest.raises(InputRefused, match="allowed is one of SN0001; SN2 is wanted"):
        orders.ordered(swaps("SN2"))
