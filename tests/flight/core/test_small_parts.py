"""Small parts of the kernel by themselves: arrivals, channels, limits, throttling, orders."""

import asyncio
import math
from types import SimpleNamespace
from typing import Any

import pytest

from flight.core.arrivals import Arrivals
from flight.core.chart.statechart import ANY, On, State, Statechart
from flight.core.commanding.dispatch import Dispatcher
from flight.core.custody.handover_active import ActiveHandover
from flight.core.custody.ledger import Outcome
from flight.core.keeping.storage import StorageError
from flight.core.mailbox import CommandArrived
from flight.core.telling.channels import Channel, ChannelTable
from flight.core.telling.limits import Limits, LimitState, classify
from flight.core.telling.throttling import EventThrottle
from flight.icd.codec import encode
from flight.icd.messages import Cancel, Command, Exchange, Packet, Rung, Severity
from ground.testbed.rig import Rig
from tests.flight.core.toy_node import toy

# --------------------------------------------------------------------------- arrivals


def arriving() -> tuple[Arrivals, list[Any]]:
    told: list[Any] = []
    node: Any = SimpleNamespace(
        name="rover",
        mailbox=SimpleNamespace(post=lambda item, urgent: told.append((item, urgent))),
        communications=SimpleNamespace(accept=lambda packet: told.append(("packet", packet))),
        exchanges=SimpleNamespace(receive=lambda exchange: told.append(("exchange", exchange))),
        message_malformed=lambda stream, reason: told.append((stream, reason)),
    )  # fmt: skip
    return Arrivals(node), told


@pytest.mark.parametrize(
    ("name", "urgent"), [("enter_safe", True), ("abort_activity", True), ("drive", False)]
)
def test_what_makes_safe_goes_before_all_that_waits_whatever_way_it_came(
    name: str, urgent: bool
) -> None:
    arrivals, told = arriving()
    order = Command("c", "rover", name, {}, "ground")
    arrivals.by_bus(order)
    arrivals.by_link(Packet("ground", "rover", 0, encode(order)))
    assert told == [(CommandArrived(order), urgent)] * 2


def test_what_is_nothing_for_a_node_is_told_with_where_it_came_from() -> None:
    arrivals, told = arriving()
    question, packet = Exchange("arm", "topic", {"id": "x"}), Packet("arm", "rover", 0, b"x")
    arrivals.by_bus(packet)
    arrivals.by_bus(question)
    arrivals.by_bus(Cancel(1))
    arrivals.by_link(Packet("arm", "rover", 0, encode(question)))
    arrivals.by_link(Packet("arm", "rover", 0, encode(Cancel(1))))
    assert told == [
        ("packet", packet), ("rover.node", "Exchange"), ("rover.node", "Cancel"),
        ("exchange", question), ("arm", "Cancel"),
    ]  # fmt: skip
    arrivals.by_link(packet)
    assert told[-1][0] == "arm" and told[-1][1] != "Packet"


# ------------------------------------------------------------------ channels and limits


@pytest.mark.parametrize(
    ("limits", "good"),
    [
        ({"red": (5.0, None)}, True), ({"red": (None, 5.0)}, True), ({"yellow": (5.0, None)}, True),
        ({"yellow": (1.0, 2.0), "red": (1.0, 2.0)}, True), ({"red": (2.0, 2.0)}, False),
        ({"yellow": (1.0, None), "red": (1.0001, None)}, False),
        ({"yellow": (None, 2.0), "red": (None, 1.9999)}, False),
        ({"yellow": (0.0, 1.0), "hysteresis": 0.4999}, True),
        ({"yellow": (None, 1.0), "red": (0.0, None), "hysteresis": 0.5}, False),
        ({"hysteresis": math.inf}, False), ({"hysteresis": -1e-9}, False),
        ({"persistence": math.nan}, False), ({"persistence": math.inf}, False),
        ({"hysteresis": 0.0, "persistence": 0.0, "stale_after": 1e-9}, True),
        ({"stale_after": math.nan}, False), ({"red": (math.nan, None)}, False),
        ({"red": (None, math.nan)}, False),
    ],
)  # fmt: skip
def test_limits_that_can_be_kept_are_taken_and_no_others(limits: Any, good: bool) -> None:
    if good:
        Limits(**limits)
    else:
        with pytest.raises(ValueError, match=r"allowed|must lie"):
            Limits(**limits)


def test_a_limit_clears_at_its_hysteresis_exactly() -> None:
    both = Limits(yellow=(1.0, 9.0), red=(0.0, 10.0), hysteresis=0.5)
    for value, before, state in (
        (8.5, LimitState.YELLOW, LimitState.OK), (8.51, LimitState.YELLOW, LimitState.YELLOW),
        (9.5, LimitState.RED, LimitState.YELLOW), (9.51, LimitState.RED, LimitState.RED),
        (1.5, LimitState.RED, LimitState.OK), (1.49, LimitState.YELLOW, LimitState.YELLOW),
        (9.0, LimitState.STALE, LimitState.OK), (10.0, LimitState.INVALID, LimitState.YELLOW),
    ):  # fmt: skip
        assert classify(value, both, before) is state, (value, before)


def table(**channels: Channel[Any]) -> tuple[ChannelTable, list[Any], list[str], Any]:
    for name, channel in channels.items():
        channel.__set_name__(object, name)
    crossed: list[Any] = []
    changed: list[str] = []
    clock = SimpleNamespace(now=5.0)
    made = ChannelTable(channels, lambda: clock.now, crossed.append)
    made.on_change = changed.append
    return made, crossed, changed, clock


def test_a_channel_has_an_age_a_change_and_a_snapshot_once_it_was_set() -> None:
    made, _, changed, clock = table(
        speed=Channel(float, doc="x"), name=Channel(str, doc="x"), on=Channel(bool, doc="x")
    )
    assert made.age("speed") == math.inf and made.snapshot() == {} and made.take_changed() == {}
    tell = made.teller("speed")
    made.set("speed", 2)
    made.set("on", True)
    clock.now = 8.0
    assert made.value("speed") == 2.0 and type(made.value("speed")) is float and tell() == 2.0
    assert made.age("speed") == 3.0 and made.take_changed() == {"speed": 2.0, "on": True}
    made.set("speed", 2.0)
    assert made.take_changed() == {} and made.age("speed") == 0.0
    made.set("speed", math.nan)
    assert made.take_changed() == {"speed": None} and tell() is None
    assert made.snapshot() == {"speed": None, "on": True}
    assert changed == ["speed", "on", "speed", "speed"]
    for name, wrong in (("speed", True), ("name", 3), ("on", 1)):
        with pytest.raises(TypeError, match=f"channel {name} = "):
            made.set(name, wrong)


def test_what_is_pinned_stays_and_can_be_pinned_anew_until_it_is_released() -> None:
    made, _, _, _ = table(speed=Channel(float, doc="x"))
    made.override("speed", 1.0)
    made.override("speed", 2.0)
    made.set("speed", 3.0)
    assert made.value("speed") == 2.0
    made.release("speed")
    assert made.value("speed") == 2.0
    made.set("speed", 3.0)
    assert made.value("speed") == 3.0


def test_where_it_is_normal_to_know_nothing_that_is_no_crossing() -> None:
    def quiet(*, normal: bool) -> list[Any]:
        made, crossed, _, clock = table(
            t=Channel(float, doc="x", red=(None, 5.0), stale_after=10.0, unknown_is_normal=normal)
        )
        made.set("t", 1.0)
        made.set("t", None)
        made.set("t", 1.0)
        clock.now += 10.0
        made.look_for_stale()
        return [each.state for each in crossed]

    assert quiet(normal=True) == [LimitState.STALE]
    assert quiet(normal=False) == [LimitState.INVALID, LimitState.OK, LimitState.STALE]


@pytest.mark.parametrize(
    ("burst", "refill", "capacity"), [(0, 1.0, 1), (1, 0.0, 1), (1, math.nan, 1), (1, 1.0, 0)]
)
def test_a_throttle_that_lets_nothing_through_is_refused(
    burst: int, refill: float, capacity: int
) -> None:
    with pytest.raises(ValueError, match="allowed are burst and capacity of at least 1"):
        EventThrottle(burst, refill, lambda: 0.0, capacity=capacity)
    EventThrottle(1, 1e-9, lambda: 0.0, capacity=1)


def test_256_kinds_of_events_are_counted_apart_and_to_ask_counts_nothing() -> None:
    throttle = EventThrottle(1, 1.0, lambda: 0.0)
    for number in range(300):
        throttle.admit(f"event {number}", Severity.WARNING_LO)
    assert len(throttle) == 257, "all others share one"
    other = EventThrottle(1, 1.0, lambda: 0.0)
    assert all(other.may("slip", Severity.WARNING_LO) for _ in range(5)) and len(other) == 0
    other.admit("slip", Severity.WARNING_LO, "left")
    assert not other.may("slip", Severity.WARNING_LO, "left")
    assert other.may("slip", Severity.WARNING_LO, "right") and other.may("slip", Severity.FATAL)


def test_one_of_a_flood_that_is_told_late_counts_as_one_that_was_not_suppressed() -> None:
    clock = SimpleNamespace(now=0.0)
    throttle = EventThrottle(2, 1.0, lambda: clock.now)
    for _ in range(5):
        throttle.admit("slip", Severity.WARNING_LO)
    assert throttle.suppressed_total == 3
    clock.now = 1.0
    assert throttle.admit("slip", Severity.WARNING_LO, late=True).admitted
    assert throttle.suppressed_total == 2
    clock.now = 9.0
    [notice] = throttle.collect()
    assert notice.suppressed == 2 and throttle.collect() == []
    throttle.admit("slip", Severity.WARNING_LO, late=True)
    assert throttle.suppressed_total == 2, "of another flood there is none"


# -------------------------------------------------------------------------- orders, chart


@pytest.mark.parametrize(("used", "ended"), [(10.0, Rung.TIMED_OUT), (9.999, "started")])
async def test_a_command_whose_deadline_is_met_exactly_after_a_boot_is_over(
    used: float, ended: str
) -> None:
    told: list[Any] = []
    found: Any = object.__new__(Dispatcher)
    entry = SimpleNamespace(
        ended=False, rung=Rung.STARTED, accepted_ns=5_000_000_000,
        command=Command("c", "rover", "drive", {}, "ground"),
    )  # fmt: skip
    spec = SimpleNamespace(deadline=10.0)
    found.ladder = SimpleNamespace(
        entry=lambda identifier: entry, step=lambda *given: told.append(given[1])
    )
    clock = SimpleNamespace(count_ns=lambda: round((5.0 + used) * 1e9))
    found._node = SimpleNamespace(commands={"drive": spec}, clock=clock)
    found._check = lambda order, resumed: (spec, {})

    async def start(order: Any, spec: Any, arguments: Any) -> None:
        told.append("started")

    found._start = start
    await found.resume(entry.command)
    assert told == [ended]


def test_names_that_may_come_from_anywhere_are_not_remembered() -> None:
    chart = Statechart(State("a", initial=True), State("b"), transitions=[On("go", ANY, "b")])
    for number in range(100):
        assert chart.transitions_from("a", f"nonsense {number}") == ()
        assert not chart.handles("a", f"nonsense {number}")
    assert chart.handles("a", "go") and len(chart._candidates) == 1


def test_whether_a_transfer_is_open_is_no_question_to_a_store_that_is_closed() -> None:
    found: Any = object.__new__(ActiveHandover)
    records: dict[str, Any] = {
        "open": SimpleNamespace(transfer_id="A#1", outcome=Outcome.OPEN),
        "over": SimpleNamespace(transfer_id="A#1", outcome=Outcome.CONFIRMED),
        "none": SimpleNamespace(transfer_id=None, outcome=None), "unknown": None,
    }  # fmt: skip
    found.ledger = SimpleNamespace(record=records.get)
    assert [found._open_record(each) for each in records] == [True, False, False, False]

    def closed(tube: str) -> None:
        raise StorageError("closed")

    found.ledger.record = closed
    assert found._open_record("open") is False


@pytest.mark.parametrize(
    ("stage", "withdrawn", "seen", "begun"),
    [
        ("run", "", ["drive"], True), ("arm", "", [], True), ("fire", "", [], True),
        ("run", "its sequence has ended", [], False), ("arm", "its sequence has ended", [], False),
    ],
)  # fmt: skip
async def test_an_order_disarms_unless_it_arms_or_fires_or_was_withdrawn(
    stage: str, withdrawn: str, seen: list[str], begun: bool
) -> None:
    found: Any = object.__new__(Dispatcher)
    noticed: list[str] = []
    did: list[Any] = []
    found._node = SimpleNamespace(sequences=SimpleNamespace(why_withdrawn=lambda name: withdrawn))
    found._guard = SimpleNamespace(command_seen=noticed.append)
    found.ladder = SimpleNamespace(
        receive=lambda order: True, step=lambda *given: did.append(given[1:])
    )

    async def begin(order: Command) -> None:
        did.append("begun")

    found._begin = begin
    order = Command("c", "rover", "drive", {}, "rover.sequence", stage=stage)
    await found.dispatch(order, from_sequence=True)
    assert noticed == seen
    assert did == (["begun"] if begun else [(Rung.ABORTED, withdrawn)])
    noticed.clear()
    await found.dispatch(order)
    assert did[-1] == "begun", "what no sequence issued is not withdrawn"


async def test_what_a_node_says_tells_of_which_boot_it_is(rig: Rig) -> None:
    await asyncio.sleep(1.0)
    await rig.kill("toy")
    await rig.restart("toy")
    await asyncio.sleep(700.0)
    toy(rig).chatter(number=1)
    await asyncio.sleep(1.0)
    boots = [event.boot for event in rig.events]
    assert boots[0] == 1 and boots[-1] == 2 and sorted(boots) == boots

