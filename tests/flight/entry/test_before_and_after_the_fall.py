"""What the capsule does until it is let go, and by which time it lives afterwards."""

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest

from flight.core.activities import ActivityFailed
from flight.core.chart.statechart import Signal
from flight.core.commanding.commands import CommandRejected
from flight.core.custody.ledger import CustodyStatus
from flight.core.exchanges import ExchangeFailed
from flight.entry import flying, sensing
from flight.entry.node import EntryCapsule, run_checks
from flight.entry.vehicle import EntryVehicle
from flight.icd.devices.base import DeviceFault
from flight.icd.devices.entry_capsule import (
    ImpactState,
    PayloadState,
    TimerState,
)
from flight.icd.exchanges import EntryTime
from tests.flight.entry.alone import (
    DUE,
    MUTE,
    TUBE,
    Capsule,
    felt,
    of,
    switch,
    with_tube,
)
from tests.flight.lander.descent_bench import Answers

SIGNAL = Signal("x")


# ------------------------------------------------------------------------- to and fro


async def test_it_sleeps_until_half_an_hour_before_the_entry() -> None:
    node = of(elapsed=100.0)
    assert await flying.sleep_until_entry(node, SIGNAL) == "done"
    assert node.elapsed == pytest.approx(DUE - 1_800.0)
    node = of(elapsed=100.0, entry_time=None)
    node.timer.answers["state"] = [MUTE]
    assert await flying.sleep_until_entry(node, SIGNAL) == "done"
    assert node.elapsed == pytest.approx(432_000.0 - 1_800.0, abs=1.0), "never set: the longest"


@pytest.mark.parametrize(
    ("by_timer", "used"), [(1_060.0, 1_060.0), (1_060.1, 1_000.0), (0.0, 1_000.0)]
)
async def test_a_timer_off_by_more_than_the_clock_can_be_is_not_believed(
    by_timer: float, used: float
) -> None:
    node = of(elapsed=1_000.0)
    state = TimerState(separated=[True, True], since_separation=by_timer, entry_after=DUE)
    node.timer.answers["state"] = [state]
    assert await sensing.since_separation(node) == pytest.approx(used)
    node.timer.answers["state"] = [MUTE]
    assert await sensing.since_separation(node) == pytest.approx(1_000.0)
    node.released_at = None
    assert await sensing.since_separation(node) == 0.0
    node.timer.answers["state"] = [state]
    assert await sensing.since_separation(node) == by_timer


@pytest.mark.parametrize(("late", "noted"), [(3_700.0, 3_700.0), (3_700.1, 0.0), (-1.0, 0.0)])
async def test_a_separation_is_noted_as_late_as_it_can_have_been_seen(
    late: float, noted: float
) -> None:
    node = of(elapsed=0.0)
    sensing.note_separation(node, late)
    assert node.clock.count() - node.released_at == pytest.approx(noted)


async def test_the_release_is_told_once_and_the_tubes_fall() -> None:
    node = of(elapsed=50.0, release_noted=False)
    with_tube(node, falls=False)
    await flying.note_release(node)
    assert node.told("released_from_orbiter") == [{"due": 259_200}] and node.separated
    assert node.ledger.record(TUBE).status is CustodyStatus.IN_TRANSIT
    assert node.elapsed - (node.released_at - node._began) == pytest.approx(50.0)
    await flying.note_release(node)
    assert len(node.told("released_from_orbiter")) == 1


@pytest.mark.parametrize(
    ("seated", "latched", "present"),
    [([True, True], False, True), ([True, False], True, True), ([True, False], False, False),
     ([False, False], True, False)],
)  # fmt: skip
async def test_two_of_three_switches_say_that_the_container_sits_in_its_bay(
    seated: list[bool], latched: bool, present: bool
) -> None:
    node = of()
    node.payload_bay.answers["state"] = [
        PayloadState(seated=seated, latched=latched, temperature=280.0)
    ]
    assert (await sensing.verify_payload(node, TUBE, 0, True)).present is present


@pytest.mark.parametrize(
    ("released", "cut", "back"), [(None, False, True), (0.0, False, False), (None, True, False)]
)
async def test_what_was_not_let_go_is_held_again(
    released: float | None, cut: bool, back: bool
) -> None:
    node = of(released_at=released)
    with_tube(node, falls=True)
    wires = TimerState(separated=[cut, cut], since_separation=0.0, entry_after=DUE)
    node.timer.answers["state"] = [wires]
    work = asyncio.ensure_future(flying.rest_in_the_orbiter(node, SIGNAL))
    await asyncio.sleep(1.0)
    work.cancel()
    held = node.ledger.record(TUBE).status is CustodyStatus.HELD
    assert held is back


async def test_safe_in_flight_the_timer_alone_brings_the_beacon() -> None:
    node = of(elapsed=DUE - 1e5)
    assert await flying.live_by_the_timer(node, SIGNAL) == "overdue"
    assert node.elapsed == pytest.approx(DUE + 900.0, abs=31.0)
    node = of(elapsed=DUE + 5_000.0)
    assert await flying.live_by_the_timer(node, SIGNAL) == "overdue"
    assert node.elapsed == pytest.approx(DUE + 5_030.0), "never at once"
    node = of(elapsed=0.0)
    attached = TimerState(separated=[False, False], since_separation=0.0, entry_after=DUE)
    node.timer.answers["state"] = [attached]
    work = asyncio.ensure_future(flying.live_by_the_timer(node, SIGNAL))
    await asyncio.sleep(1e6)
    assert not work.done()
    work.cancel()


@pytest.mark.parametrize(
    ("peak", "kept"), [(2_449.0, True), (2_450.0, False), (None, False)]
)
async def test_a_peak_that_a_landing_has_covered_is_not_that_of_the_entry(
    peak: float | None, kept: bool
) -> None:
    node = of()
    node.note_peak(peak)
    assert bool(node.told("braking_over")) is kept


# ------------------------------------------------------------------------ before the release


GOOD: dict[str, Any] = {
    "g_switch": switch(), "accelerometer": felt(2.0), "timer": TimerState(
        separated=[False, False], since_separation=0.0, entry_after=0.0),
    "impact_sensor": ImpactState(torn=False, latched=False),
    "battery": SimpleNamespace(valid=True, state_of_charge=0.9, current=0.0),
}  # fmt: skip


@pytest.mark.parametrize(
    ("device", "answer", "fault"),
    [
        ("g_switch", switch(), ""), ("g_switch", switch(True), "g-switch says True"),
        ("g_switch", MUTE, "g-switch says None"), ("accelerometer", felt(-2.01), "2.01 m/s2"),
        ("accelerometer", MUTE, "shows None"),
        ("impact_sensor", ImpactState(torn=True, latched=True), "wires of the impact sensor"),
        ("impact_sensor", ImpactState(torn=False, latched=False, valid=False), "nobody can tell"),
        ("timer", TimerState(separated=[False, True], since_separation=0.0, entry_after=0.0),
         "separation wires"),
        ("timer", TimerState(separated=[False, False], since_separation=0.0, entry_after=0.0,
                             valid=False), "separation wires"),
        ("battery", SimpleNamespace(valid=True, state_of_charge=0.8999), "battery at 0.90"),
        ("battery", SimpleNamespace(valid=False, state_of_charge=1.0), "battery at 1.00"),
    ],
)  # fmt: skip
async def test_what_speaks_at_rest_would_vote_wrongly_later(
    device: str, answer: Any, fault: str
) -> None:
    node = of()
    for name, good in {**GOOD, device: answer}.items():
        getattr(node, name).answers["state"] = [good]
    found = await sensing.check_items(node)
    assert len(found) == bool(fault) and fault in "".join(found)
    if not fault:
        assert (await run_checks(node, SIGNAL)).name == "done" and node.checked
    else:
        with pytest.raises(ActivityFailed):
            await run_checks(node, SIGNAL)
        assert not node.checked


class Armed(Capsule):
    """What of the node itself sets its timer."""

    state = "armed"
    _in_time = EntryCapsule._in_time
    _allowed_times = EntryCapsule._allowed_times
    _take_entry = EntryCapsule._take_entry
    _keep_entry = EntryCapsule._keep_entry
    _set_timer = EntryCapsule._set_timer
    arm = EntryCapsule.arm


@pytest.mark.parametrize(
    ("source", "seconds", "state", "why"),
    [
        ("orbiter", 1_800.001, "armed", ""), ("orbiter", 3.0e6, "armed", ""),
        ("orbiter", 1_800.0, "armed", "allowed is more than"),
        ("orbiter", 3_000_000.1, "armed", "allowed is more than"),
        ("orbiter", None, "armed", "allowed is more than"),
        ("lander", 9_000.0, "armed", "does not carry"), ("orbiter", 9_000.0, "stowed", "not armed"),
    ],
)  # fmt: skip
async def test_its_carrier_alone_sets_the_time_of_an_armed_capsule(
    source: str, seconds: float | None, state: str, why: str
) -> None:
    node: Any = Armed()
    node.state, node.entry_predicted, node.entry_time = state, False, None
    node.is_in = lambda asked: asked == state
    kept = TimerState(separated=[False, False], since_separation=0.0, entry_after=seconds or 0.0)
    node.timer = Answers(state=[kept], set_entry=[None])
    if why:
        with pytest.raises(ExchangeFailed, match=why):
            await node._take_entry(source, EntryTime(seconds))
        assert not node.timer.asked and node.entry_time is None
    else:
        answer = await node._take_entry(source, EntryTime(seconds))
        assert answer.entry_after == node.entry_time == seconds and node.entry_predicted


@pytest.mark.parametrize(("off", "tries"), [(1.0, 1), (-1.0, 1), (1.01, 3)])
async def test_a_time_that_the_timer_does_not_keep_to_a_second_is_set_three_times_and_kept_on_board(
    off: float, tries: int
) -> None:
    node: Any = Armed()
    node.entry_time = None
    kept = TimerState(separated=[False, False], since_separation=0.0, entry_after=9_000.0 + off)
    node.timer = Answers(state=[kept], set_entry=[None])
    if tries == 1:
        await node._keep_entry(9_000.0, predicted=False)
        assert node.entry_time == 9_000.0 + off and not node.entry_predicted
    else:
        await node._keep_entry(9_000.0, predicted=True)
        assert node.entry_time == node.entry_after == 9_000.0 and node.entry_predicted
        assert len(node.told("result_unconfirmed")) == 3
        assert "not 9000 s" in node.told("device_trouble")[-1]["reason"]
    assert node.timer.of("set_entry") == [(9_000.0,)] * tries


async def test_a_timer_that_says_nothing_or_runs_already_is_not_taken_for_set() -> None:
    for error, tries in ((DeviceFault("no_power", "dark"), 3), (DeviceFault("running", "late"), 1)):
        node: Any = Armed()
        node.entry_time = None
        node.timer = Answers(set_entry=[error])
        with pytest.raises(DeviceFault, match=str(error)):
            await node._keep_entry(9_000.0, predicted=True)
        assert node.entry_time is None and len(node.timer.of("set_entry")) == tries


async def test_it_is_armed_checked_in_time_with_a_tube_and_nothing_open() -> None:
    node: Any = Armed()
    node.checked = False
    kept = TimerState(separated=[False, False], since_separation=0.0, entry_after=9_000.0)
    node.timer = Answers(state=[kept], set_entry=[None])
    with pytest.raises(CommandRejected, match="have not passed"):
        node.arm(9_000.0)
    node.checked = True
    with pytest.raises(CommandRejected, match="allowed is more than"):
        node.arm(1_800.0)
    with pytest.raises(CommandRejected, match="holds no tube"):
        node.arm(9_000.0)
    with_tube(node, falls=False)
    assert await node.arm(9_000.0) == {"entry_after": 9_000.0}
    assert node.ledger.record(TUBE).status is CustodyStatus.IN_TRANSIT and node.told("post")
    with pytest.raises(CommandRejected, match="not settled"):
        node.arm(9_000.0)


async def test_a_trouble_is_told_when_it_is_new() -> None:
    node = of()
    for reason in ("silent", "silent", "noisy", "silent"):
        node.trouble("timer", reason)
    node.trouble("beacon", "silent")
    told = [(each["what"], each["reason"]) for each in node.told("device_trouble")]
    assert told == [
        ("timer", "silent"), ("timer", "noisy"), ("timer", "silent"), ("beacon", "silent"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("state", "cut", "posted"),
    [("stowed", True, True), ("checking", True, True), ("armed", True, True), ("safe", True, True),
     ("armed", False, False), ("released", True, False), ("landed", True, False)],
)  # fmt: skip
async def test_while_it_is_attached_each_look_at_itself_asks_whether_it_was_let_go(
    state: str, cut: bool, posted: bool
) -> None:
    node = of()
    node.state, node.is_in = state, lambda asked: asked == state
    wires = TimerState(separated=[cut, cut], since_separation=0.0, entry_after=DUE)
    node.timer.answers["state"] = [wires]
    node.battery.answers["state"] = [
        SimpleNamespace(valid=True, current=-0.5, state_of_charge=0.93456)
    ]
    node.payload_bay.answers["state"] = [
        PayloadState(seated=[True, False], latched=True, temperature=280.123)
    ]
    with_tube(node, falls=True)
    await EntryCapsule.sample(node)
    assert (("post", ("separated",)) in node.said) is posted
    assert (node.payload_seated, node.payload_temperature) == (True, 280.12)
    assert (node.state_of_charge, node.tubes_held) == (0.9346, 1)
    node.battery.answers["state"] = [
        SimpleNamespace(valid=False, current=-0.5, reason="noise")
    ]
    node.payload_bay.answers["state"] = [
        PayloadState(seated=[True, False], latched=False, temperature=280.0)
    ]
    await EntryCapsule.sample(node)
    assert node.state_of_charge is None and node.payload_seated is False


@pytest.mark.parametrize(
    ("released", "landed", "hears"),
    [(None, False, True), (0.0, False, False), (0.0, True, True)],
)
async def test_in_flight_nobody_is_heard_over_a_wire_that_is_cut(
    monkeypatch: pytest.MonkeyPatch, released: float | None, landed: bool, hears: bool
) -> None:
    heard: list[Any] = []
    monkeypatch.setattr(EntryVehicle, "_arrived", lambda self, peer, message: heard.append(peer))
    node: Any = object.__new__(EntryCapsule)
    monkeypatch.setattr(EntryVehicle, "is_released", lambda self: released is not None)
    monkeypatch.setattr(EntryCapsule, "is_in", lambda self, state: landed)
    node._arrived(b"orbiter", None)
    assert (heard == [b"orbiter"]) is hears


async def test_it_waits_for_the_wires_and_looks_each_ten_seconds() -> None:
    node = of()
    whole = TimerState(separated=[False, False], since_separation=0.0, entry_after=DUE)
    cut = TimerState(separated=[True, True], since_separation=0.0, entry_after=DUE)
    node.timer.answers["state"] = [whole, whole, cut]
    began = asyncio.get_running_loop().time()
    assert await flying.wait_for_separation(node, SIGNAL) == "separated"
    assert asyncio.get_running_loop().time() - began == 20.0


async def test_dormant_it_asks_the_time_each_six_hours() -> None:
    node = of(elapsed=0.0)
    node.entry_time = 1_800.0 + 3 * 21_600.0
    assert await flying.sleep_until_entry(node, SIGNAL) == "done"
    asked = len(node.timer.of("state"))
    assert asked == 1 + 3, "once to begin with and after each sleep"


async def test_samples_are_written_sixteen_at_a_time() -> None:
    node = of()
    samples = flying.SampleBuffer(node, "braking")
    seen = await sensing.look(node)
    for number in range(15):
        samples.add(float(number), seen)
    assert node.samples == []
    samples.add(15.0, seen)
    assert len(node.samples) == 16 and node.samples[3] == ["braking", 3.0, 0.0, False]
    samples.flush()
    assert len(node.samples) == 16
